// @ts-check
// The attention explorer. What is chosen (layer, head, quantity, token) is the card's state; the
// looked-at token and what the pointer is on are its own.
import { makeAttentionText } from "./attention_text.js";
import { all, data, make, maybe, one } from "./dom.js";
import { describeHead } from "./heads.js";
import { VECTORS, makeGrid } from "./grid.js";
import { MAP_STEPS, openMaps } from "./maps.js";
import { withSign } from "./numbers.js";
import { labelsWidth, makePanel } from "./panels.js";
import { makeScales } from "./scales.js";
import { choose, point, stateOf } from "./state.js";
import { makeTiles } from "./tiles.js";

/** @import { Cell, Choice, ExplorerData, LevelMap, MapView, Piece } from "./types" */
/** @import { PanelActions } from "./panels.js" */

/**
 * @param {number} value
 * @param {number} size
 */
const within = (value, size) => Math.max(0, Math.min(size - 1, value));

/** @param {Piece[]} pieces */
const namesOf = (pieces) => pieces.map((piece) => piece[3] || piece[1]);

/** @param {HTMLElement} section */
export function explore(section) {
  const info = /** @type {ExplorerData} */ (data(section));
  const card = /** @type {HTMLElement} */ (section.closest("article.card"));
  const rows = namesOf(info.rows);
  const columns = info.columns ? namesOf(info.columns) : rows;
  const maps = openMaps(section, info, [rows.length, columns.length]);
  const scales = makeScales(info, [rows.length, columns.length]);
  const form = one(".picks", section);
  const [pickView, pickKind, pickLayer, pickHead] = ["view", "kind", "layer", "head"].map((name) =>
    one(`[name="${name}"]`, form, HTMLSelectElement));
  const large = one(".large", section);
  const at = { layer: info.first[0], head: info.first[1], kind: info.order[0],
    query: info.start[0], key: info.start[1] };
  /** @type {MapView} */
  let view = "head";
  let output = info.order.find((name) => info.quantities[name].signed);
  /** @type {Cell | null} */
  let over = null; // the cell under the pointer
  let enlarged = false;
  let telling = false;
  /** @type {Record<string, LevelMap>} */
  let drawn = {}; // the maps on the panels, by quantity

  const shown = () =>
    info.order.filter((name) => !info.quantities[name].signed || name === output);
  /** @type {PanelActions} */
  const act = {
    over(cell) {
      over = cell;
      tell(!cell || !info.own ? null : info.own === "rows" ? cell.query : cell.key);
      mark();
    },
    pick({ query, key }) {
      at.query = query;
      at.key = key;
      if (info.own) choose(card, { token: info.own === "rows" ? query : key });
      else mark();
    },
    step(down, right) {
      over = null;
      act.pick({ query: within(at.query + down, rows.length),
        key: within(at.key + right, columns.length) });
    },
    enlarge(name) {
      enlarged = !enlarged || name !== at.kind;
      if (name !== at.kind) choose(card, { map: name });
      layOut();
    },
  };
  const panels = shown().map(() => makePanel(one(".panels", section), rows, columns, act));
  const looks = one(".looks", section);
  const looksTitle = make("h4", "", looks);
  const legend = make("p", "", looks);
  legend.className = "legend";
  const tiles = makeTiles(section, info, scales, (place) => choose(card, place));
  const grid = makeGrid(section, info, { rows, columns }, maps, scales, {
    over(cell, say) {
      act.over(cell);
      if (say) one(".readout", section).textContent = say;
    },
    pick(cell, token) {
      over = null;
      if (token === null) act.pick(cell);
      else act.pick(info.own === "rows" ? { ...at, query: token } : { ...at, key: token });
    },
    open: (place) => choose(card, { ...place, view: null }),
  });
  const rowText = makeAttentionText(looks, info.rows, "The token that looks", {
    over: (i) => act.over(i === null ? null : { query: i, key: at.key }),
    pick: (i) => act.pick({ query: i, key: at.key }) });
  if (info.columns) make("p", "The tokens looked at", looks).className = "tag";
  const columnText = info.columns && makeAttentionText(looks, info.columns, "The token looked at", {
    over: (i) => act.over(i === null ? null : { query: at.query, key: i }),
    pick: (i) => act.pick({ query: at.query, key: i }) });

  /** @param {number | null} token */
  function tell(token) {
    telling = true;
    point(card, token);
    telling = false;
  }

  /** @param {string} name */
  function writeScale(name) {
    legend.replaceChildren();
    const end = scales.end(name, at);
    const signed = scales.signed(name, at);
    make("span", signed ? withSign(-end) : "0", legend);
    const ramp = make("span", "", legend);
    ramp.className = "ramp";
    ramp.setAttribute("aria-hidden", "true");
    for (let here = signed ? -MAP_STEPS : 0; here <= MAP_STEPS; here += 1) {
      make("i", "", ramp).className = shade(name, here, 1);
    }
    const unit = info.quantities[name].title.toLowerCase();
    make("span", `${scales.write(end, name, at)} ${unit}, square-root scale`, legend);
  }

  /** @type {(name: string, here: number, factor: number) => string} */
  function shade(name, here, factor) {
    const step = Math.min(9, Math.round((9 * factor * Math.abs(here)) / MAP_STEPS));
    if (!step) return "";
    const signs = at.head ? (here < 0 ? "n" : "p") : "m";
    return { attention: "a", norm: "v", signed: signs }[info.quantities[name].ink] + step;
  }

  // What changes with the token and the pointer: no map is drawn again.
  function mark() {
    const cell = over || at;
    const { query, key } = cell;
    const name = at.kind;
    const names = shown();
    /** @param {string} kind */
    const told = (kind) => scales.told(kind, at, drawn[kind], cell);
    panels.forEach((panel, i) => panel.mark(cell, told(names[i])));
    grid.mark(cell, info.own === "columns" ? key : query);
    one(".readout", section).textContent = view === "head"
      ? `“${rows[query]}” ${info.quantities[name].verb} “${columns[key]}”: ${told(name)}` : "";
    const block = drawn[name].block[0];
    looksTitle.textContent = block === 1 ? `Where “${rows[query]}” looks`
      : `Where the ${block} tokens around “${rows[query]}” look (pooled)`;
    const factor = scales.factor(name, at);
    const shades = columns.map((_, i) =>
      shade(name, scales.level(drawn[name], { query, key: i }), factor));
    rowText.color(columnText ? null : shades, query, at.query);
    if (columnText) columnText.color(shades, key, at.key);
  }

  function draw() {
    const names = shown();
    const asked = names.map((name) => maps.whole(name, at.layer, at.head));
    drawn = {};
    names.forEach((name, i) => {
      drawn[name] = asked[i].map || maps.pooled(name, at.layer, at.head);
      const { title, colors, signed } = info.quantities[name];
      panels[i].draw(drawn[name], { title, colors, signed: signed && at.head > 0,
        sizes: signed && !at.head, end: scales.end(name, at), factor: scales.factor(name, at) });
    });
    const many = view === "head" ? [] : grid.draw(view, at.kind, at.layer, large.clientWidth);
    if (many.length) Promise.allSettled(many).then(drawAgain(place()));
    const missing = asked.filter(({ map }) => !map);
    const coming = missing.length > 0 && missing.every((map) => map.coming);
    if (coming) {
      const here = place();
      Promise.all(missing.map((map) => map.coming)).then(drawAgain(here), () => fail(here));
    }
    say(missing.length > 0, coming);
    describe();
    mark();
  }

  const place = () => `${at.layer} ${at.head} ${output} ${view} ${scales.of(at.kind)}`;

  /** @param {string} here */
  const drawAgain = (here) => () => { if (here === place()) draw(); };

  /** @param {string} asked */
  function fail(asked) {
    if (asked === place()) {
      one(".state", section).textContent =
        "The files of this head did not load: the pooled maps are shown. The folder “maps” belongs to the report.";
    }
  }

  /** @type {(pooled: boolean, coming: boolean) => void} */
  function say(pooled, coming) {
    const { block } = info.quantities[at.kind];
    const cell = `each cell is the strongest of ${block.join(" × ")}`;
    one(".state", section).textContent = !pooled ? ""
      : coming ? `Loading this head; until then ${cell}.`
      : `Pooled: ${cell}. This head is not on the page at full resolution; build the report as a site to have every head (report: {format: site}).`;
  }

  function describe() {
    const name = at.kind;
    const strongest = scales.exact(name, at).map(({ query, key, value }) => ({
      names: /** @type {[string, string]} */ ([rows[query], columns[key]]),
      value: scales.write(value, name, at), pick: () => act.pick({ query, key }) }));
    describeHead(one(".about-head", section), info, at, info.quantities[name].title, strongest);
    tiles.show(name, at);
    maps.rescale(name, (one) => scales.factor(name, one));
    writeScale(name);
  }

  function layOut() {
    const room = large.clientWidth;
    const names = shown();
    const left = labelsWidth(rows);
    grid.toggle(view !== "head");
    one(".panels", section).hidden = looks.hidden = view !== "head";
    one("h4", large).textContent = {
      head: "The same head, every quantity",
      heads: `Every head of layer ${at.layer + 1}: ${info.quantities[at.kind].title.toLowerCase()}`,
      layers: `Every layer, its heads together: ${info.quantities[at.kind].title.toLowerCase()}`,
      vectors: info.quantities[VECTORS]?.title || "",
    }[view];
    const small = room >= 700 ? names.length - (enlarged ? 1 : 0) : 1;
    const gap = 24;
    let placed = 0;
    names.forEach((name, i) => {
      const big = names.length === 1 || (enlarged && name === at.kind);
      const first = big || placed % small === 0;
      if (!big) placed += 1;
      panels[i].show(name, big, names.length === 1);
      const most = big ? 760 : (room - left - gap * (small - 1)) / small + (first ? left : 0);
      panels[i].layOut(Math.min(room, small === 1 && !big ? room : most), first);
    });
    draw();
  }

  /**
   * Take over what the card's state says about this explorer.
   * @param {Choice} state
   */
  function follow({ layer, head, map, token, view: asked, scale }) {
    view = /** @type {MapView} */ (pickView.querySelector(`[value="${asked}"]`) ? asked : "head");
    scales.choose(scale === "own" || scale === "shared" ? scale : undefined);
    if (layer !== undefined) at.layer = within(layer, info.layers);
    if (head !== undefined) at.head = within(head, info.heads + 1);
    if (map !== undefined && info.order.includes(map)) at.kind = map;
    if (info.quantities[at.kind].signed) output = at.kind;
    if (token !== undefined && info.own === "rows") at.query = within(token, rows.length);
    if (token !== undefined && info.own === "columns") at.key = within(token, columns.length);
    pickView.value = view;
    one(`[name="scale"][value="${scales.of(at.kind)}"]`, form, HTMLInputElement).checked = true;
    pickKind.value = at.kind;
    pickLayer.value = String(at.layer);
    pickHead.value = String(at.head);
  }

  /** @param {Choice} state */
  function apply(state) {
    const { kind } = at;
    const [before, names] = [place(), shown().join() + view];
    follow(state);
    const many = view !== "head" && (before !== place() || kind !== at.kind);
    if (many || names !== shown().join() + view || (enlarged && kind !== at.kind)) layOut();
    else if (before !== place() || kind !== at.kind) draw();
    else mark();
  }

  pickView.addEventListener("change", () =>
    choose(card, { view: pickView.value === "head" ? null : pickView.value }));
  for (const radio of all('[name="scale"]', form, HTMLInputElement)) {
    radio.addEventListener("change", () => choose(card, { scale: radio.value }));
  }
  pickKind.addEventListener("change", () => choose(card, { map: pickKind.value }));
  pickLayer.addEventListener("change", () => choose(card, { layer: Number(pickLayer.value) }));
  pickHead.addEventListener("change", () => choose(card, { head: Number(pickHead.value) }));
  form.addEventListener("submit", (event) => event.preventDefault());
  card.addEventListener("choose", (event) => { if (section.dataset.live) apply(event.detail.state); });
  card.addEventListener("point", (event) => {
    if (telling || !info.own || !section.dataset.live) return;
    const { token } = event.detail;
    const size = info.own === "rows" ? rows.length : columns.length;
    if (token === null || token >= size) over = null;
    else over = info.own === "rows" ? { query: token, key: at.key } : { query: at.query, key: token };
    mark();
  });

  const vectors = maybe(".vectors img", section, HTMLImageElement);
  Promise.all([tiles.ready, vectors?.decode()]).then(() => {
    form.hidden = large.hidden = one(".about-head", section).hidden = false;
    section.classList.add("live");
    follow(stateOf(card));
    layOut();
    section.dataset.live = "explorer";
    let width = large.clientWidth;
    new ResizeObserver(() => {
      if (large.clientWidth === width || !large.clientWidth) return;
      width = large.clientWidth;
      layOut();
    }).observe(large);
  }, (error) => console.error(error));
}

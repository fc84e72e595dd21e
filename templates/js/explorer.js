// @ts-check
// The attention explorer. What is chosen (layer, head, quantity, token) is the card's state; the
// looked-at token and what the pointer is on are its own.
import { makeAttentionText } from "./attention_text.js";
import { data, make, one } from "./dom.js";
import { describeHead } from "./heads.js";
import { MAP_STEPS, openMaps } from "./maps.js";
import { digitsOf, withSign } from "./numbers.js";
import { MAP_LEFT, makePanel } from "./panels.js";
import { choose, point, stateOf } from "./state.js";
import { makeTiles } from "./tiles.js";

/** @import { Cell, Choice, ExplorerData, LevelMap, Piece } from "./types" */
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
  const form = one(".picks", section);
  const [pickKind, pickLayer, pickHead] = ["kind", "layer", "head"].map((name) =>
    one(`[name="${name}"]`, form, HTMLSelectElement));
  const large = one(".large", section);
  const at = { layer: info.first[0], head: info.first[1], kind: info.order[0],
    query: info.start[0], key: info.start[1] };
  let output = info.order.find((name) => info.quantities[name].signed);
  /** @type {Cell | null} */
  let over = null; // the cell under the pointer
  let enlarged = false;
  let telling = false;
  /** @type {Record<string, LevelMap>} */
  let drawn = {}; // the maps on the panels, by quantity

  /** @param {string} name */
  const scaleOf = (name) => info.quantities[name][at.head ? "head_scale" : "together_scale"];
  /** @param {string} name */
  const signed = (name) => info.quantities[name].signed && at.head > 0;
  /** @type {(value: number, name: string, digits?: number) => string} */
  const write = (value, name, digits) =>
    (signed(name) ? withSign(value, digits) : digitsOf(value, digits));
  const shown = () =>
    info.order.filter((name) => !info.quantities[name].signed || name === output);
  /** @param {string} name */
  const cells = (name) => info.quantities[name].exact[at.layer][at.head];

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
  const tiles = makeTiles(section, info, (place) => choose(card, place));
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
    const end = scaleOf(name);
    make("span", signed(name) ? withSign(-end) : "0", legend);
    const ramp = make("span", "", legend);
    ramp.className = "ramp";
    ramp.setAttribute("aria-hidden", "true");
    for (let here = signed(name) ? -MAP_STEPS : 0; here <= MAP_STEPS; here += 1) {
      make("i", "", ramp).className = shade(name, here);
    }
    const unit = info.quantities[name].title.toLowerCase();
    make("span", `${write(end, name)} ${unit}, square-root scale`, legend);
  }

  /**
   * The level of a cell: at its own place, or that of its block where the map is pooled.
   * @param {string} name
   * @param {Cell} cell
   */
  function level(name, { query, key }) {
    const { columns: width, block, levels } = drawn[name];
    return levels[Math.floor(query / block[0]) * width + Math.floor(key / block[1])];
  }

  /** @type {(name: string, cell: Cell) => string} */
  function told(name, cell) {
    const list = cells(name);
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === cell.query * columns.length + cell.key) return write(list[i + 1], name);
    }
    const end = scaleOf(name);
    /** @param {number} steps */
    const size = (steps) => Math.min(1, (Math.max(0, steps) / MAP_STEPS) ** 2) * end;
    const here = level(name, cell);
    const steps = Math.abs(here);
    const most = size(steps + 0.5);
    if (Math.max(...drawn[name].block) > 1) return `at most ${digitsOf(most, 2)} in size (pooled)`;
    if (!steps) return `under ${digitsOf(most, 2)}${signed(name) ? " in size" : ""}`;
    const sign = here < 0 ? -1 : 1;
    const range = [sign * size(steps - 0.5), sign * most].sort((a, b) => a - b);
    const [low, high] = range.map((value) => write(value, name, 2));
    return `about ${write(sign * size(steps), name, 2)} (${low} to ${high})`;
  }

  /** @type {(name: string, here: number) => string} */
  function shade(name, here) {
    const step = Math.round((9 * Math.abs(here)) / MAP_STEPS);
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
    panels.forEach((panel, i) => panel.mark(cell, told(names[i], cell)));
    one(".readout", section).textContent =
      `“${rows[query]}” ${info.quantities[name].verb} “${columns[key]}”: ${told(name, cell)}`;
    const block = drawn[name].block[0];
    looksTitle.textContent = block === 1 ? `Where “${rows[query]}” looks`
      : `Where the ${block} tokens around “${rows[query]}” look (pooled)`;
    const shades = columns.map((_, i) => shade(name, level(name, { query, key: i })));
    rowText.color(columnText ? null : shades, query, at.query);
    if (columnText) columnText.color(shades, key, at.key);
  }

  function draw() {
    const names = shown();
    const asked = names.map((name) => maps.whole(name, at.layer, at.head));
    drawn = {};
    names.forEach((name, i) => {
      drawn[name] = asked[i].map || maps.pooled(name, at.layer, at.head);
      panels[i].draw(drawn[name], info.quantities[name], at.head);
    });
    const missing = asked.filter(({ map }) => !map);
    const coming = missing.length > 0 && missing.every((map) => map.coming);
    if (coming) {
      const here = place();
      Promise.all(missing.map((map) => map.coming)).then(
        () => { if (here === place()) draw(); }, () => fail(here));
    }
    say(missing.length > 0, coming);
    describe();
    mark();
  }

  const place = () => `${at.layer} ${at.head} ${output}`;

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
    const list = cells(name);
    /** @type {Parameters<typeof describeHead>[4]} */
    const strongest = [];
    for (let i = 0; i < list.length; i += 2) {
      const query = Math.floor(list[i] / columns.length);
      const key = list[i] % columns.length;
      strongest.push({ names: [rows[query], columns[key]], value: write(list[i + 1], name),
        pick: () => act.pick({ query, key }) });
    }
    describeHead(one(".about-head", section), info, at, info.quantities[name].title, strongest);
    tiles.show(name, at);
    writeScale(name);
  }

  function layOut() {
    const room = large.clientWidth;
    const names = shown();
    const small = room >= 700 ? names.length - (enlarged ? 1 : 0) : 1;
    const gap = 24;
    let placed = 0;
    names.forEach((name, i) => {
      const big = names.length === 1 || (enlarged && name === at.kind);
      const first = big || placed % small === 0;
      if (!big) placed += 1;
      panels[i].show(name, big, names.length === 1);
      const most = big ? 760 : (room - MAP_LEFT - gap * (small - 1)) / small + (first ? MAP_LEFT : 0);
      panels[i].layOut(Math.min(room, small === 1 && !big ? room : most), first);
    });
    draw();
  }

  /**
   * Take over what the card's state says about this explorer.
   * @param {Choice} state
   */
  function follow({ layer, head, map, token }) {
    if (layer !== undefined) at.layer = within(layer, info.layers);
    if (head !== undefined) at.head = within(head, info.heads + 1);
    if (map !== undefined && info.order.includes(map)) at.kind = map;
    if (info.quantities[at.kind].signed) output = at.kind;
    if (token !== undefined && info.own === "rows") at.query = within(token, rows.length);
    if (token !== undefined && info.own === "columns") at.key = within(token, columns.length);
    pickKind.value = at.kind;
    pickLayer.value = String(at.layer);
    pickHead.value = String(at.head);
  }

  /** @param {Choice} state */
  function apply(state) {
    const { kind } = at;
    const [before, names] = [place(), shown().join()];
    follow(state);
    if (names !== shown().join() || (enlarged && kind !== at.kind)) layOut();
    else if (before !== place() || kind !== at.kind) draw();
    else mark();
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

  tiles.ready.then(() => {
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

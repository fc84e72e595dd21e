// The attention explorer. What is chosen (layer, head, quantity, token) is the card's state; the
// looked-at token and what the pointer is on are its own.
function explore(section) {
  const info = data(section);
  const card = section.closest("article.card");
  const rows = info.rows.map((piece) => piece[3] || piece[1]);
  const columns = info.columns ? info.columns.map((piece) => piece[3] || piece[1]) : rows;
  const maps = openMaps(section, info, [rows.length, columns.length]);
  const form = one(".picks", section);
  const large = one(".large", section);
  const at = { layer: info.first[0], head: info.first[1], kind: info.order[0],
    query: info.start[0], key: info.start[1] };
  let output = info.order.find((name) => info.quantities[name].signed);
  let over = null; // the cell under the pointer
  let enlarged = false;
  let telling = false;
  let drawn = {}; // the maps on the panels, by quantity

  const within = (value, size) => Math.max(0, Math.min(size - 1, value));
  const scaleOf = (name) => info.quantities[name][at.head ? "head_scale" : "together_scale"];
  const signed = (name) => info.quantities[name].signed && at.head > 0;
  const write = (value, name, digits) =>
    (signed(name) ? withSign(value, digits) : digitsOf(value, digits));
  const shown = () =>
    info.order.filter((name) => !info.quantities[name].signed || name === output);
  const cells = (name) => info.quantities[name].exact[at.layer][at.head];

  const act = {
    over(query, key) {
      over = query === null ? null : { query, key };
      tell(over && { rows: query, columns: key }[info.own]);
      mark();
    },
    pick(query, key) {
      at.query = query;
      at.key = key;
      if (info.own) choose(card, { token: info.own === "rows" ? query : key });
      else mark();
    },
    step(down, right) {
      over = null;
      act.pick(within(at.query + down, rows.length), within(at.key + right, columns.length));
    },
    enlarge(name) {
      enlarged = !enlarged || name !== at.kind;
      if (name !== at.kind) choose(card, { map: name });
      layOut();
    },
  };
  const panels = shown().map(() => makePanel(one(".panels", section), rows, columns, act));
  const legend = makeLooks();
  const tiles = makeTiles(section, info, (place) => choose(card, place));
  const texts = {
    rows: makeAttentionText(one(".looks", section), info.rows, "The token that looks", {
      over: (i) => act.over(i, at.key), pick: (i) => act.pick(i, at.key) }),
  };
  if (info.columns) {
    make("p", "The tokens looked at", one(".looks", section)).className = "tag";
    texts.columns = makeAttentionText(one(".looks", section), info.columns, "The token looked at", {
      over: (i) => act.over(i === null ? null : at.query, i), pick: (i) => act.pick(at.query, i) });
  }

  function tell(token) {
    telling = true;
    point(card, token ?? null);
    telling = false;
  }

  function makeLooks() {
    const box = one(".looks", section);
    const title = make("h4", "", box);
    const scale = make("p", "", box);
    scale.className = "legend";
    return { title, scale };
  }

  function writeScale(name) {
    legend.scale.replaceChildren();
    const end = scaleOf(name);
    make("span", signed(name) ? withSign(-end) : "0", legend.scale);
    const ramp = make("span", "", legend.scale);
    ramp.className = "ramp";
    ramp.setAttribute("aria-hidden", "true");
    for (let here = signed(name) ? -MAP_STEPS : 0; here <= MAP_STEPS; here += 1) {
      make("i", "", ramp).className = shade(name, here);
    }
    const unit = info.quantities[name].title.toLowerCase();
    make("span", `${write(end, name)} ${unit}, square-root scale`, legend.scale);
  }

  // The level of a cell: at its own place, or that of its block where the map is pooled.
  function level(name, query, key) {
    const { columns: width, block, levels } = drawn[name];
    return levels[Math.floor(query / block[0]) * width + Math.floor(key / block[1])];
  }

  function told(name, query, key) {
    const list = cells(name);
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === query * columns.length + key) return write(list[i + 1], name);
    }
    const end = scaleOf(name);
    const size = (steps) => Math.min(1, (Math.max(0, steps) / MAP_STEPS) ** 2) * end;
    const here = level(name, query, key);
    const steps = Math.abs(here);
    const most = size(steps + 0.5);
    if (Math.max(...drawn[name].block) > 1) return `at most ${digitsOf(most, 2)} in size (pooled)`;
    if (!steps) return `under ${digitsOf(most, 2)}${signed(name) ? " in size" : ""}`;
    const sign = here < 0 ? -1 : 1;
    const range = [sign * size(steps - 0.5), sign * most].sort((a, b) => a - b);
    const [low, high] = range.map((value) => write(value, name, 2));
    return `about ${write(sign * size(steps), name, 2)} (${low} to ${high})`;
  }

  function shade(name, here) {
    const step = Math.round((9 * Math.abs(here)) / MAP_STEPS);
    if (!step) return "";
    const { ink } = info.quantities[name];
    const signs = at.head ? (here < 0 ? "n" : "p") : "m";
    return ({ attention: "a", norm: "v" }[ink] || signs) + step;
  }

  // What changes with the token and the pointer: no map is drawn again.
  function mark() {
    const { query, key } = over || at;
    const name = at.kind;
    const names = shown();
    panels.forEach((panel, i) => panel.mark(query, key, told(names[i], query, key)));
    one(".readout", section).textContent =
      `“${rows[query]}” ${info.quantities[name].verb} “${columns[key]}”: ${told(name, query, key)}`;
    const block = drawn[name].block[0];
    legend.title.textContent = block === 1 ? `Where “${rows[query]}” looks`
      : `Where the ${block} tokens around “${rows[query]}” look (pooled)`;
    const shades = columns.map((_, i) => shade(name, level(name, query, i)));
    if (texts.columns) {
      texts.rows.color(null, query, at.query);
      texts.columns.color(shades, key, at.key);
    } else texts.rows.color(shades, query, at.query);
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

  function fail(asked) {
    if (asked === place()) {
      one(".state", section).textContent =
        "The files of this head did not load: the pooled maps are shown. The folder “maps” belongs to the report.";
    }
  }

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
    const strongest = [];
    for (let i = 0; i < list.length; i += 2) {
      const query = Math.floor(list[i] / columns.length);
      const key = list[i] % columns.length;
      strongest.push({ names: [rows[query], columns[key]], value: write(list[i + 1], name),
        pick: () => act.pick(query, key) });
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

  // Take over what the card's state says about this explorer.
  function follow(state) {
    if ("layer" in state) at.layer = within(state.layer, info.layers);
    if ("head" in state) at.head = within(state.head, info.heads + 1);
    if (info.order.includes(state.map)) at.kind = state.map;
    if (info.quantities[at.kind].signed) output = at.kind;
    if ("token" in state && info.own === "rows") at.query = within(state.token, rows.length);
    if ("token" in state && info.own === "columns") at.key = within(state.token, columns.length);
    form.elements.kind.value = at.kind;
    form.elements.layer.value = at.layer;
    form.elements.head.value = at.head;
  }

  function apply(state) {
    const { kind } = at;
    const [before, names] = [place(), shown().join()];
    follow(state);
    if (names !== shown().join() || (enlarged && kind !== at.kind)) layOut();
    else if (before !== place() || kind !== at.kind) draw();
    else mark();
  }

  form.addEventListener("change", (event) => {
    const { name, value } = event.target;
    choose(card, name === "kind" ? { map: value } : { [name]: Number(value) });
  });
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

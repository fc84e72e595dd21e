// Made by 'npm run bundle' of the files beside it: change those.
"use strict";
(() => {
  // templates/js/dom.js
  function maybe(selector, root, type = (
    /** @type {new () => T} */
    HTMLElement
  )) {
    const found = root.querySelector(selector);
    return found instanceof type ? found : null;
  }
  function one(selector, root, type) {
    const found = maybe(selector, root, type);
    if (!found) throw new Error(`not on the page: ${selector}`);
    return found;
  }
  function all(selector, root = document, type = (
    /** @type {new () => T} */
    HTMLElement
  )) {
    const found = Array.from(root.querySelectorAll(selector));
    return (
      /** @type {T[]} */
      found.filter((element) => element instanceof type)
    );
  }
  function around(selector, event) {
    const found = event.target instanceof Element && event.target.closest(selector);
    return found instanceof HTMLElement ? found : null;
  }
  var data = (root) => JSON.parse(one('script[type="application/json"]', root).textContent);
  function make(tag, text, parent) {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  }
  function contextOf(canvas, settings) {
    const context = canvas.getContext("2d", settings);
    if (!context) throw new Error("this browser draws no canvas");
    return context;
  }
  function whenSeen(elements, act) {
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        observer.unobserve(entry.target);
        act(
          /** @type {T} */
          entry.target
        );
      }
    }, { rootMargin: "400px" });
    elements.forEach((element) => observer.observe(element));
  }

  // templates/js/charts.js
  var vega = null;
  function loadVega(config) {
    vega = vega || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const text = document.getElementById("vega");
      if (text) {
        script.textContent = text.textContent;
      } else if (config.dataset.vega) {
        script.src = config.dataset.vega;
        script.onload = () => resolve(window.vegaEmbed);
        script.onerror = () => reject(new Error(`not found: ${script.src}`));
      }
      document.head.append(script);
      if (!script.src) resolve(window.vegaEmbed);
    });
    return vega;
  }
  var valuesTip = null;
  function showValues(tip, column, title, chart) {
    tip.replaceChildren();
    for (const row of title.split("\n")) row.split("  ").forEach((part) => make("span", part, tip));
    tip.hidden = false;
    const place = column.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const left = [place.right + 8, place.left - 8 - width].find((x) => x > 0 && x + width < clientWidth);
    const top = left ? Math.min(place.top, clientHeight - height - 8) : chart.bottom + 4;
    Object.assign(tip.style, { left: `${left || 8}px`, top: `${top}px` });
  }
  function tellValues(figure) {
    const tip = valuesTip || make("p", "", document.body);
    if (!valuesTip) {
      valuesTip = tip;
      tip.className = "tip values";
      tip.hidden = true;
    }
    const plot = one(".plot", figure);
    for (const column of plot.querySelectorAll(".values rect")) {
      const title = column.querySelector("title")?.textContent || "";
      column.replaceChildren();
      column.addEventListener("mouseenter", () => {
        showValues(tip, column, title, plot.getBoundingClientRect());
      });
    }
    plot.addEventListener("mouseleave", () => {
      tip.hidden = true;
    });
    figure.dataset.live = "chart";
  }
  function drawChart(figure) {
    if (!figure.querySelector("script")) {
      tellValues(figure);
      return;
    }
    const plot = one(".plot", figure);
    const stage = document.createElement("div");
    const config = one("#chart-config", document);
    loadVega(config).then((embed) => embed && embed(stage, data(figure), {
      ast: true,
      renderer: "svg",
      actions: false,
      defaultStyle: false,
      config: data(config),
      tooltip: { disableDefaultStyle: true }
    }).then(() => {
      plot.removeAttribute("role");
      plot.removeAttribute("aria-label");
      plot.replaceChildren(stage);
      figure.dataset.live = "chart";
    })).catch((error) => console.error(error));
  }

  // templates/js/attention_text.js
  function makeAttentionText(parent, pieces, name, act) {
    const text = make("p", "", parent);
    text.className = "text looks-text";
    text.dir = "auto";
    text.setAttribute("role", "listbox");
    text.setAttribute("aria-label", name);
    const tokens = pieces.map(([gap, piece, special], i) => {
      if (gap) text.append(gap);
      const token = make("span", piece, text);
      token.setAttribute("role", "option");
      token.setAttribute("aria-selected", "false");
      token.tabIndex = i ? -1 : 0;
      token.dataset.i = String(i);
      return { token, base: special ? "special" : "" };
    });
    const place = (event) => {
      const token = around("[data-i]", event);
      return token ? Number(token.dataset.i) : null;
    };
    let chosenToken = 0;
    let before = null;
    function over(i) {
      if (i !== before) act.over(i);
      before = i;
    }
    text.addEventListener("pointerover", (event) => over(place(event)));
    text.addEventListener("pointerleave", () => over(null));
    text.addEventListener("click", (event) => {
      const i = place(event);
      if (i !== null) act.pick(i);
    });
    text.addEventListener("keydown", (event) => {
      const forward = getComputedStyle(text).direction === "rtl" ? -1 : 1;
      const last = tokens.length - 1;
      const places = {
        ArrowLeft: chosenToken - forward,
        ArrowRight: chosenToken + forward,
        ArrowUp: chosenToken - 1,
        ArrowDown: chosenToken + 1,
        Home: 0,
        End: last
      };
      const next = places[event.key];
      if (next === void 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      act.pick(Math.max(0, Math.min(last, next)));
      tokens[chosenToken].token.focus();
    });
    return {
      /**
       * Colour the tokens by classes; `marked` is looked from or at, `picked` chosen.
       * @param {string[] | null} shades
       * @param {number} marked
       * @param {number} picked
       */
      color(shades, marked, picked) {
        tokens[chosenToken].token.tabIndex = -1;
        tokens[chosenToken].token.setAttribute("aria-selected", "false");
        chosenToken = picked;
        tokens[picked].token.tabIndex = 0;
        tokens[picked].token.setAttribute("aria-selected", "true");
        tokens.forEach(({ token, base }, i) => {
          const name2 = `${base} ${shades ? shades[i] : ""} ${i === marked ? "from" : ""}`.trim();
          if (token.className !== name2) token.className = name2;
        });
      }
    };
  }

  // templates/js/numbers.js
  function digitsOf(value, digits = 3) {
    const rounded = Number(value.toPrecision(digits));
    if (!rounded) return "0";
    const size = Math.abs(rounded);
    const text = size >= 1e-4 && size < 1e6 ? rounded.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size)))) : rounded.toExponential(digits - 1).replace(/([+-])(\d)$/, "$10$2");
    return text.replaceAll("-", "−");
  }
  var withSign = (value, digits) => (value > 0 ? "+" : "") + digitsOf(value, digits);

  // templates/js/heads.js
  var headName = (info, { layer, head }) => `Layer ${layer + 1}, ${head ? `head ${head} of ${info.heads}` : "all heads together"}`;
  function headFacts(info, { layer, head }, placed) {
    return info.summaries.map(({ title, unit, values, places, thirds }) => {
      const here = values[layer];
      const value = head ? here[head - 1] : here.reduce((sum, v) => sum + v, 0) / here.length;
      const third = head && placed ? ` (${thirds[places[layer][head - 1]]} of all heads)` : "";
      return `${title} ${digitsOf(value)} ${unit}${head ? third : ", mean of its heads"}`;
    });
  }
  function describeHead(box, info, place, title, cells) {
    one("h4", box).textContent = headName(info, place);
    one(".facts", box).replaceChildren();
    for (const line of headFacts(info, place, true)) make("li", line, one(".facts", box));
    one("caption", box).textContent = `Its strongest cells: ${title.toLowerCase()}, exact`;
    const body = one("tbody", box);
    body.replaceChildren();
    for (const { names, value, pick } of cells) {
      const row = make("tr", "", body);
      const button = make("button", names[0], make("td", "", row));
      button.type = "button";
      button.setAttribute("aria-label", `${names[0]}, ${names[1]}: show this cell`);
      make("td", names[1], row);
      make("td", value, row).className = "num";
      row.addEventListener("click", pick);
    }
  }

  // templates/js/maps.js
  var MAP_STEPS = 15;
  var MAPS_KEPT = 60;
  function readLevels(image, signed) {
    const { naturalWidth: width, naturalHeight: height } = image;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = contextOf(canvas, { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const { data: pixels } = context.getImageData(0, 0, width, height);
    const levels = new Int8Array(width * height);
    for (let i = 0, j = 0; i < levels.length; i += 1, j += 4) {
      const opacity = pixels[j + 3];
      if (!opacity) continue;
      const size = Math.round(opacity * MAP_STEPS / 255);
      levels[i] = signed && pixels[j + 2] > pixels[j] + 60 ? -size : size;
    }
    return { width, levels };
  }
  var awaited = /* @__PURE__ */ new Map();
  function fetchMap(prefix, name) {
    const source = `${prefix}${name}.js`;
    const key = source.slice(source.lastIndexOf("/") + 1, -3);
    window.reportgenMap = (given, picture) => {
      awaited.get(given)?.(picture);
      awaited.delete(given);
    };
    return new Promise((resolve, reject) => {
      awaited.set(key, resolve);
      const script = document.createElement("script");
      script.addEventListener("error", () => reject(new Error(`${source} did not load`)));
      script.addEventListener("load", () => script.remove());
      script.src = source;
      document.head.append(script);
    });
  }
  function openMaps(section, info, shape) {
    const sheets = /* @__PURE__ */ new Map();
    const full = /* @__PURE__ */ new Map();
    function sheet(name) {
      const known = sheets.get(name);
      if (known) return known;
      const image = one(`img[data-kind="${name}"]`, section, HTMLImageElement);
      const read2 = readLevels(image, info.quantities[name].signed);
      sheets.set(name, read2);
      return read2;
    }
    function pooled(name, layer, head) {
      const { block, gap } = info.quantities[name];
      const rows = Math.ceil(shape[0] / block[0]);
      const columns = Math.ceil(shape[1] / block[1]);
      const { width, levels: all2 } = sheet(name);
      const levels = new Int8Array(rows * columns);
      for (let row = 0; row < rows; row += 1) {
        const start = (layer * (rows + gap) + row) * width + head * (columns + gap);
        levels.set(all2.subarray(start, start + columns), row * columns);
      }
      return { rows, columns, levels, block };
    }
    async function read(name, picture) {
      const image = new Image();
      image.src = picture;
      await image.decode();
      const { levels } = readLevels(image, info.quantities[name].signed);
      return { rows: shape[0], columns: shape[1], levels, block: [1, 1] };
    }
    function whole(name, layer, head) {
      const place = `${name}-${layer + 1}-${head}`;
      const known = full.get(place);
      if (known) return known;
      const entry = {};
      if (info.maps === null) entry.map = pooled(name, layer, head);
      else if (typeof info.maps === "string") {
        entry.coming = fetchMap(info.maps, place).then((picture) => read(name, picture));
      } else if (info.maps[place]) entry.coming = read(name, info.maps[place]);
      else return entry;
      if (entry.coming) entry.coming.then((map) => {
        entry.map = map;
      }, () => full.delete(place));
      full.set(place, entry);
      const [oldest] = full.keys();
      if (full.size > MAPS_KEPT) full.delete(oldest);
      return entry;
    }
    return { pooled, whole };
  }
  function paintMap(canvas, map, colors, unit) {
    const [tall, wide] = map.block.map((block) => Math.max(1, Math.ceil(1 / (unit * block))));
    const rows = Math.ceil(map.rows / tall);
    const columns = Math.ceil(map.columns / wide);
    const picture = new ImageData(columns, rows);
    const pixels = new Uint32Array(picture.data.buffer);
    const palette = paletteOf(colors);
    for (let row = 0; row < map.rows; row += 1) {
      for (let column = 0; column < map.columns; column += 1) {
        const level = map.levels[row * map.columns + column];
        const pixel = Math.floor(row / tall) * columns + Math.floor(column / wide);
        const color = palette[level + MAP_STEPS];
        if (tall * wide === 1) pixels[pixel] = color;
        else if (color >>> 24 > pixels[pixel] >>> 24) pixels[pixel] = color;
      }
    }
    const small = document.createElement("canvas");
    small.width = columns;
    small.height = rows;
    contextOf(small).putImageData(picture, 0, 0);
    const context = contextOf(canvas);
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(
      small,
      0,
      0,
      columns * wide * map.block[1] * unit,
      rows * tall * map.block[0] * unit
    );
  }
  function paletteOf(colors) {
    const bytes = new Uint8ClampedArray(4 * (2 * MAP_STEPS + 1));
    for (let level = -MAP_STEPS; level <= MAP_STEPS; level += 1) {
      const color = colors[level < 0 ? colors.length - 1 : 0];
      bytes.set([...color, Math.abs(level) * 255 / MAP_STEPS], 4 * (level + MAP_STEPS));
    }
    return new Uint32Array(bytes.buffer);
  }

  // templates/js/panels.js
  var MAP_LABEL = 12;
  var MAP_LEFT = 96;
  var MAP_TOP = 84;
  var STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  function makePanel(parent, rows, columns, act) {
    const panel = make("figure", "", parent);
    panel.className = "panel";
    const caption = make("figcaption", "", panel);
    const title = make("strong", "", caption);
    const enlarge = make("button", "", caption);
    enlarge.type = "button";
    const axes = make("div", "", panel);
    axes.className = "axes";
    const [keys, queries, stage] = ["keys", "queries", "stage"].map((name) => {
      const box = make("div", "", axes);
      box.className = name;
      return box;
    });
    for (const box of [keys, queries]) box.setAttribute("aria-hidden", "true");
    const canvas = make("canvas", "", stage);
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    const marks = [make("i", "", stage), make("i", "", stage)];
    const scale = make("p", "", panel);
    scale.className = "scale";
    const ramp = make("canvas", "", scale);
    const ends = ["", "", ""].map((text) => make("span", text, scale));
    const here = make("p", "", panel);
    here.className = "here";
    let unit = 1;
    let kind = "";
    function label(box, tokens, place) {
      box.replaceChildren();
      const every = Math.ceil(MAP_LABEL / unit);
      tokens.forEach((token, i) => {
        if (i % every === 0) write(box, token, i, place);
      });
    }
    function write(box, token, i, place) {
      const span = make("span", token, box);
      span.dataset.i = String(i);
      span.style[place] = `${(i + 0.5) * unit - MAP_LABEL / 2}px`;
      return span;
    }
    function point2(box, tokens, place, i) {
      all(".on", box).forEach((span) => span.remove());
      if (box.hidden) return;
      all("span", box).forEach((span) => {
        span.hidden = Math.abs(Number(span.dataset.i) - i) * unit < MAP_LABEL;
      });
      write(box, tokens[i], i, place).className = "on";
    }
    function layOut(room, labelled) {
      const side = room - (labelled ? MAP_LEFT : 0);
      const fit = side / columns.length;
      unit = fit >= 1 ? Math.min(22, Math.floor(fit)) : 1 / Math.ceil(1 / fit);
      canvas.width = Math.ceil(columns.length * unit);
      canvas.height = Math.ceil(rows.length * unit);
      queries.hidden = !labelled;
      panel.style.setProperty("--left", labelled ? `${MAP_LEFT}px` : "0px");
      const longest = Math.max(...columns.map((token) => token.length));
      keys.style.height = `${Math.min(MAP_TOP, 7 * longest + 12)}px`;
      label(keys, columns, "left");
      if (labelled) label(queries, rows, "top");
    }
    function draw(map, quantity, head) {
      const { colors, signed } = quantity;
      const inks = signed && !head ? colors.slice(2) : colors.slice(0, 2);
      const end = head ? quantity.head_scale : quantity.together_scale;
      const both = signed && head > 0;
      paintMap(canvas, map, inks, unit);
      title.textContent = quantity.title;
      const low = both ? -MAP_STEPS : 0;
      const levels = Int8Array.from({ length: MAP_STEPS + 1 - low }, (_, i) => low + i);
      ramp.width = 6 * levels.length;
      ramp.height = 10;
      paintMap(ramp, { rows: 1, columns: levels.length, levels, block: [1, 1] }, inks, 6);
      contextOf(ramp).drawImage(ramp, 0, 0, ramp.width, 6, 0, 6, ramp.width, 4);
      const numbers = both ? [withSign(-end), "0", withSign(end)] : ["0", digitsOf(end / 4), digitsOf(end)];
      ends.forEach((span, i) => {
        span.textContent = numbers[i];
      });
      canvas.setAttribute("aria-label", `${quantity.title}: the chosen map; arrow keys move through its cells`);
    }
    function mark({ query, key }, said) {
      const [row, column] = marks;
      const wide = Math.max(unit, 2);
      Object.assign(row.style, { top: `${query * unit}px`, height: `${wide}px` });
      Object.assign(column.style, { left: `${key * unit}px`, width: `${wide}px` });
      point2(keys, columns, "left", key);
      point2(queries, rows, "top", query);
      here.textContent = said;
    }
    function cell(event) {
      const box = canvas.getBoundingClientRect();
      const place = (at, size) => Math.max(0, Math.min(size - 1, Math.floor(at / unit)));
      return {
        query: place(event.clientY - box.top, rows.length),
        key: place(event.clientX - box.left, columns.length)
      };
    }
    canvas.addEventListener("pointermove", (event) => act.over(cell(event)));
    canvas.addEventListener("pointerleave", () => act.over(null));
    canvas.addEventListener("click", (event) => act.pick(cell(event)));
    canvas.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      act.step(far * step[0], far * step[1]);
    });
    enlarge.addEventListener("click", () => act.enlarge(kind));
    return {
      layOut,
      draw,
      mark,
      /**
       * @param {string} name
       * @param {boolean} large
       * @param {boolean} alone
       */
      show(name, large, alone) {
        kind = panel.dataset.kind = name;
        panel.classList.toggle("big", large);
        enlarge.hidden = alone;
        enlarge.textContent = large ? "side by side" : "enlarge";
        panel.style.order = large ? "-1" : "";
      }
    };
  }

  // templates/js/state.js
  var CHOICES = (
    /** @type {const} */
    ["token", "layer", "head", "method", "map"]
  );
  var chosen = /* @__PURE__ */ new WeakMap();
  var stateOf = (card) => chosen.get(card) || {};
  function choose(card, part) {
    const state = { ...stateOf(card), ...part };
    for (const key of CHOICES) if (state[key] === null) delete state[key];
    tell(
      card,
      /** @type {Choice} */
      state,
      part
    );
    writeAddress(card);
  }
  function tell(card, state, part) {
    chosen.set(card, state);
    card.dispatchEvent(new CustomEvent("choose", { detail: { state, part } }));
  }
  function point(card, token) {
    card.dispatchEvent(new CustomEvent("point", { detail: { token } }));
  }
  var firstOf = (key) => key === "token" || key === "layer" ? 1 : 0;
  function writeAddress(card) {
    const state = stateOf(card);
    const pairs = new URLSearchParams();
    for (const key of CHOICES) {
      const value = state[key];
      if (value === void 0) continue;
      pairs.set(key, String(typeof value === "number" ? value + firstOf(key) : value));
    }
    const query = pairs.toString();
    try {
      history.replaceState(null, "", `#${card.id}${query ? `?${query}` : ""}`);
    } catch {
    }
  }
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  function readAddress(address) {
    const [id, query] = address.slice(1).split("?");
    const element = document.getElementById(decoded(id));
    const card = element && element.closest("article.card");
    if (!card || !query) return element;
    const state = {};
    for (const [key, value] of new URLSearchParams(query)) {
      if (key === "method" || key === "map") state[key] = value;
      else if ((key === "token" || key === "layer" || key === "head") && /^\d+$/.test(value)) {
        state[key] = Number(value) - firstOf(key);
      }
    }
    tell(card, state, state);
    return element;
  }

  // templates/js/tiles.js
  function makeTiles(section, info, pick) {
    const images = all(".tiles img", section, HTMLImageElement);
    const frame = one(".maps", section);
    const tip = make("p", "", frame);
    tip.className = "tip";
    tip.hidden = true;
    function outline(box, { layer, head }) {
      Object.assign(box.style, {
        left: `${100 * head / (info.heads + 1)}%`,
        width: `${100 / (info.heads + 1)}%`,
        top: `${100 * layer / info.layers}%`,
        height: `${100 / info.layers}%`
      });
    }
    function tell2(event, place) {
      const box = frame.getBoundingClientRect();
      tip.textContent = [headName(info, place), ...headFacts(info, place, false)].join(" · ");
      tip.style.top = `${event.clientY - box.top + 20}px`;
      tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left, box.width - 300))}px`;
    }
    function listen(image) {
      const box = image.parentElement;
      if (!box) return;
      make("i", "", box).className = "chosen-tile";
      const hovered = make("i", "", box);
      hovered.className = "hovered-tile";
      hovered.hidden = true;
      const under = (event) => {
        const { left, top, width, height } = image.getBoundingClientRect();
        const count = (share, size) => Math.max(0, Math.min(size - 1, Math.floor(share * size)));
        return {
          layer: count((event.clientY - top) / height, info.layers),
          head: count((event.clientX - left) / width, info.heads + 1)
        };
      };
      box.addEventListener("pointermove", (event) => {
        const place = under(event);
        outline(hovered, place);
        tell2(event, place);
        tip.hidden = hovered.hidden = false;
      });
      box.addEventListener("pointerleave", () => {
        tip.hidden = hovered.hidden = true;
      });
      box.addEventListener("click", (event) => pick(under(event)));
    }
    return {
      ready: Promise.all(images.map((image) => image.decode())).then(() => images.forEach(listen)),
      /**
       * @param {string} kind
       * @param {HeadPlace} place
       */
      show(kind, place) {
        for (const figure of all(".atlases figure", section)) {
          figure.classList.toggle("on", figure.dataset.kind === kind);
          outline(one(".chosen-tile", figure), place);
        }
      }
    };
  }

  // templates/js/explorer.js
  var within = (value, size) => Math.max(0, Math.min(size - 1, value));
  var namesOf = (pieces) => pieces.map((piece) => piece[3] || piece[1]);
  function explore(section) {
    const info = (
      /** @type {ExplorerData} */
      data(section)
    );
    const card = (
      /** @type {HTMLElement} */
      section.closest("article.card")
    );
    const rows = namesOf(info.rows);
    const columns = info.columns ? namesOf(info.columns) : rows;
    const maps = openMaps(section, info, [rows.length, columns.length]);
    const form = one(".picks", section);
    const [pickKind, pickLayer, pickHead] = ["kind", "layer", "head"].map((name) => one(`[name="${name}"]`, form, HTMLSelectElement));
    const large = one(".large", section);
    const at = {
      layer: info.first[0],
      head: info.first[1],
      kind: info.order[0],
      query: info.start[0],
      key: info.start[1]
    };
    let output = info.order.find((name) => info.quantities[name].signed);
    let over = null;
    let enlarged = false;
    let telling = false;
    let drawn = {};
    const scaleOf = (name) => info.quantities[name][at.head ? "head_scale" : "together_scale"];
    const signed = (name) => info.quantities[name].signed && at.head > 0;
    const write = (value, name, digits) => signed(name) ? withSign(value, digits) : digitsOf(value, digits);
    const shown = () => info.order.filter((name) => !info.quantities[name].signed || name === output);
    const cells = (name) => info.quantities[name].exact[at.layer][at.head];
    const act = {
      over(cell) {
        over = cell;
        tell2(!cell || !info.own ? null : info.own === "rows" ? cell.query : cell.key);
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
        act.pick({
          query: within(at.query + down, rows.length),
          key: within(at.key + right, columns.length)
        });
      },
      enlarge(name) {
        enlarged = !enlarged || name !== at.kind;
        if (name !== at.kind) choose(card, { map: name });
        layOut();
      }
    };
    const panels = shown().map(() => makePanel(one(".panels", section), rows, columns, act));
    const looks = one(".looks", section);
    const looksTitle = make("h4", "", looks);
    const legend2 = make("p", "", looks);
    legend2.className = "legend";
    const tiles = makeTiles(section, info, (place2) => choose(card, place2));
    const rowText = makeAttentionText(looks, info.rows, "The token that looks", {
      over: (i) => act.over(i === null ? null : { query: i, key: at.key }),
      pick: (i) => act.pick({ query: i, key: at.key })
    });
    if (info.columns) make("p", "The tokens looked at", looks).className = "tag";
    const columnText = info.columns && makeAttentionText(looks, info.columns, "The token looked at", {
      over: (i) => act.over(i === null ? null : { query: at.query, key: i }),
      pick: (i) => act.pick({ query: at.query, key: i })
    });
    function tell2(token) {
      telling = true;
      point(card, token);
      telling = false;
    }
    function writeScale(name) {
      legend2.replaceChildren();
      const end = scaleOf(name);
      make("span", signed(name) ? withSign(-end) : "0", legend2);
      const ramp = make("span", "", legend2);
      ramp.className = "ramp";
      ramp.setAttribute("aria-hidden", "true");
      for (let here = signed(name) ? -MAP_STEPS : 0; here <= MAP_STEPS; here += 1) {
        make("i", "", ramp).className = shade(name, here);
      }
      const unit = info.quantities[name].title.toLowerCase();
      make("span", `${write(end, name)} ${unit}, square-root scale`, legend2);
    }
    function level(name, { query, key }) {
      const { columns: width, block, levels } = drawn[name];
      return levels[Math.floor(query / block[0]) * width + Math.floor(key / block[1])];
    }
    function told(name, cell) {
      const list = cells(name);
      for (let i = 0; i < list.length; i += 2) {
        if (list[i] === cell.query * columns.length + cell.key) return write(list[i + 1], name);
      }
      const end = scaleOf(name);
      const size = (steps2) => Math.min(1, (Math.max(0, steps2) / MAP_STEPS) ** 2) * end;
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
    function shade(name, here) {
      const step = Math.round(9 * Math.abs(here) / MAP_STEPS);
      if (!step) return "";
      const signs = at.head ? here < 0 ? "n" : "p" : "m";
      return { attention: "a", norm: "v", signed: signs }[info.quantities[name].ink] + step;
    }
    function mark() {
      const cell = over || at;
      const { query, key } = cell;
      const name = at.kind;
      const names = shown();
      panels.forEach((panel, i) => panel.mark(cell, told(names[i], cell)));
      one(".readout", section).textContent = `“${rows[query]}” ${info.quantities[name].verb} “${columns[key]}”: ${told(name, cell)}`;
      const block = drawn[name].block[0];
      looksTitle.textContent = block === 1 ? `Where “${rows[query]}” looks` : `Where the ${block} tokens around “${rows[query]}” look (pooled)`;
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
          () => {
            if (here === place()) draw();
          },
          () => fail(here)
        );
      }
      say(missing.length > 0, coming);
      describe();
      mark();
    }
    const place = () => `${at.layer} ${at.head} ${output}`;
    function fail(asked) {
      if (asked === place()) {
        one(".state", section).textContent = "The files of this head did not load: the pooled maps are shown. The folder “maps” belongs to the report.";
      }
    }
    function say(pooled, coming) {
      const { block } = info.quantities[at.kind];
      const cell = `each cell is the strongest of ${block.join(" × ")}`;
      one(".state", section).textContent = !pooled ? "" : coming ? `Loading this head; until then ${cell}.` : `Pooled: ${cell}. This head is not on the page at full resolution; build the report as a site to have every head (report: {format: site}).`;
    }
    function describe() {
      const name = at.kind;
      const list = cells(name);
      const strongest = [];
      for (let i = 0; i < list.length; i += 2) {
        const query = Math.floor(list[i] / columns.length);
        const key = list[i] % columns.length;
        strongest.push({
          names: [rows[query], columns[key]],
          value: write(list[i + 1], name),
          pick: () => act.pick({ query, key })
        });
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
        const big = names.length === 1 || enlarged && name === at.kind;
        const first = big || placed % small === 0;
        if (!big) placed += 1;
        panels[i].show(name, big, names.length === 1);
        const most = big ? 760 : (room - MAP_LEFT - gap * (small - 1)) / small + (first ? MAP_LEFT : 0);
        panels[i].layOut(Math.min(room, small === 1 && !big ? room : most), first);
      });
      draw();
    }
    function follow({ layer, head, map, token }) {
      if (layer !== void 0) at.layer = within(layer, info.layers);
      if (head !== void 0) at.head = within(head, info.heads + 1);
      if (map !== void 0 && info.order.includes(map)) at.kind = map;
      if (info.quantities[at.kind].signed) output = at.kind;
      if (token !== void 0 && info.own === "rows") at.query = within(token, rows.length);
      if (token !== void 0 && info.own === "columns") at.key = within(token, columns.length);
      pickKind.value = at.kind;
      pickLayer.value = String(at.layer);
      pickHead.value = String(at.head);
    }
    function apply(state) {
      const { kind } = at;
      const [before, names] = [place(), shown().join()];
      follow(state);
      if (names !== shown().join() || enlarged && kind !== at.kind) layOut();
      else if (before !== place() || kind !== at.kind) draw();
      else mark();
    }
    pickKind.addEventListener("change", () => choose(card, { map: pickKind.value }));
    pickLayer.addEventListener("change", () => choose(card, { layer: Number(pickLayer.value) }));
    pickHead.addEventListener("change", () => choose(card, { head: Number(pickHead.value) }));
    form.addEventListener("submit", (event) => event.preventDefault());
    card.addEventListener("choose", (event) => {
      if (section.dataset.live) apply(event.detail.state);
    });
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

  // templates/js/find.js
  var GRAVITY = "emfcwdtl";
  var SLICE = 100;
  function findInputs() {
    all(".matrix", document, HTMLTableElement).forEach(sortable);
    const form = maybe(".find", document, HTMLFormElement);
    if (!form) return;
    const rows = all(".matrix tbody tr", document, HTMLTableRowElement).map(readRow);
    const answers = new Map(rows.flatMap((row) => row.answers.map((answer) => [answer.href, answer])));
    const items = all(".side .inputs li").flatMap((element) => {
      const answer = answers.get(addressOf(one("a", element)));
      return answer ? [{ element, answer, found: true }] : [];
    });
    const parts = [...rows, ...items];
    const groups = all(".task, .inputs > div").map((element) => ({ element, parts: parts.filter((part) => element.contains(part.element)) }));
    const total = new Set(rows.map((row) => row.position)).size;
    const memory = `find ${location.pathname}`;
    let frame = 0;
    function show(lists) {
      cancelAnimationFrame(frame);
      for (const list of lists) {
        for (const part of list.splice(0, SLICE)) part.element.hidden = !part.found;
      }
      const done = !lists.some((list) => list.length);
      for (const { element, parts: parts2 } of groups) {
        const found = parts2.some((part) => part.found);
        if (found || done) element.hidden = !found;
      }
      if (!done) frame = requestAnimationFrame(() => show(lists));
    }
    const update = () => {
      const asked = Object.fromEntries(
        Array.from(new FormData(form), ([name, value]) => [name, String(value)])
      );
      const words = (asked.text || "").trim().toLowerCase();
      const found = /* @__PURE__ */ new Set();
      for (const row of rows) {
        const said = row.text.includes(words);
        for (const answer of row.answers) answer.found = said && fits(answer, asked);
        row.found = row.answers.some((answer) => answer.found);
        if (row.found) found.add(row.position);
      }
      for (const item of items) item.found = item.answer.found;
      show([rows, items].map((list) => list.filter((part) => part.element.hidden === part.found)));
      const count = `${found.size.toLocaleString("en")} of ${total.toLocaleString("en")} `;
      one("output", form).textContent = count + (total === 1 ? "input" : "inputs");
      one("button[type=reset]", form).hidden = !Object.values(asked).some(Boolean);
      remember(memory, JSON.stringify(asked));
    };
    const ask = (asked) => {
      for (const [name, value] of Object.entries(asked)) {
        const field = form.elements.namedItem(name);
        if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof RadioNodeList) field.value = value;
      }
      update();
    };
    form.addEventListener("input", update);
    form.addEventListener("reset", () => setTimeout(update));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const links = all(items.length ? ".side .inputs a" : ".matrix tbody a");
      const first = links.find((link) => answers.get(addressOf(link))?.found);
      if (first) first.click();
    });
    window.addEventListener("pageshow", update);
    form.hidden = false;
    offerRest(ask);
    ask(JSON.parse(recall(memory) || "{}"));
  }
  var addressOf = (link) => link.getAttribute("href") || "";
  function readRow(element) {
    const models = JSON.parse(element.closest("tbody")?.dataset.models || "[]");
    const cells = Array.from(element.cells);
    const answers = cells.flatMap((cell, place) => all("a", cell).map((link) => {
      const before = cells.length - place;
      return {
        href: addressOf(link),
        label: link.textContent,
        model: models[models.length - before / 3],
        why: cells[place + 2].dataset.why || "",
        found: true
      };
    }));
    return {
      element,
      answers,
      position: cells[0].textContent,
      text: element.textContent.toLowerCase(),
      found: true
    };
  }
  function fits(answer, { why, label, model }) {
    return (!why || (why === "any" ? answer.why !== "" : answer.why.includes(why))) && (!label || answer.label === label) && (!model || answer.model === model);
  }
  function offerRest(ask) {
    for (const more of all("#overview .more")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = more.textContent;
      more.replaceChildren(button);
      button.addEventListener("click", () => {
        ask({ text: "", why: "any", label: "", model: "" });
        one(".task:not([hidden])", document).scrollIntoView();
      });
    }
  }
  function sortable(table) {
    const body = table.tBodies[0];
    const heads = all("th[data-column]", table);
    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const turned = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", turned ? "descending" : "ascending");
        const rows = Array.from(body.rows, (row) => ({ key: sortKey(head, row), row }));
        rows.sort((a, b) => compareKeys(a.key, b.key, turned ? -1 : 1));
        body.append(...rows.map(({ row }) => row));
      });
    }
  }
  function sortKey(head, row) {
    const cell = row.cells[Number(head.dataset.column)];
    if (head.classList.contains("checks")) {
      if (!cell.textContent) return null;
      return cell.dataset.why ? GRAVITY.indexOf(cell.dataset.why[0]) : GRAVITY.length;
    }
    const text = cell.textContent.trim();
    if (text === "" || text === "–") return null;
    if (!head.classList.contains("num")) return text.toLowerCase();
    return parseFloat(text.replace(/[<>,]/g, "")) + (text[0] === ">" ? 5e-4 : 0);
  }
  function compareKeys(a, b, direction) {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === "number" && typeof b === "number") return direction * (a - b);
    return direction * String(a).localeCompare(String(b));
  }
  function remember(key, value) {
    try {
      sessionStorage.setItem(key, value);
    } catch {
    }
  }
  function recall(key) {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  }

  // templates/js/pages.js
  function showPages() {
    const views = all(".view");
    const links = new Map(
      all(".side li a", document, HTMLAnchorElement).map((link) => [link.hash.slice(1), link])
    );
    const title = maybe(".crumb[hidden]", document);
    function show(view) {
      for (const other of views) {
        if (other === view) other.removeAttribute("hidden");
        else other.setAttribute("hidden", "until-found");
      }
      if (title) title.hidden = view === views[0];
      for (const [id, link] of links) {
        if (id === view.id) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
    }
    function follow(address) {
      const element = readAddress(address);
      if (views.length < 2) return;
      const place = element && element.closest(".view");
      const view = views.find((other) => other === place) || views[0];
      show(view);
      if (element === view) window.scrollTo({ top: 0, behavior: "instant" });
      else if (element) element.scrollIntoView({ behavior: "instant" });
    }
    for (const view of views) {
      view.addEventListener("beforematch", () => {
        show(view);
        if (view.matches("article.card")) writeAddress(view);
      });
    }
    if (location.protocol === "about:") {
      document.addEventListener("click", (event) => {
        const address = around('a[href^="#"]', event)?.getAttribute("href");
        if (!address) return;
        event.preventDefault();
        follow(address);
      });
    }
    window.addEventListener("hashchange", () => follow(location.hash));
    follow(location.hash);
    document.documentElement.classList.add("started");
  }

  // templates/js/side.js
  function foldSide() {
    const button = maybe(".menu", document);
    const side = button?.closest(".side");
    if (!button || !side) return;
    const fold = (folded) => {
      side.classList.toggle("folded", folded);
      button.setAttribute("aria-expanded", String(!folded));
    };
    button.addEventListener("click", () => fold(!side.classList.contains("folded")));
    window.addEventListener("hashchange", () => fold(true));
    button.hidden = false;
    fold(true);
  }

  // templates/js/live_text.js
  var LARGEST = 8;
  function liveText(section, rows, quantities) {
    const form = one(".tools", section, HTMLFormElement);
    const select = one('[name="method"]', form, HTMLSelectElement);
    for (const { key, title, group } of quantities) {
      const known = group.title === title || title.startsWith(group.title);
      make("option", known ? title : `${title} (${group.title.toLowerCase()})`, select).value = key;
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    const strip = (
      /** @type {HTMLElement} */
      one(".given .strip", section).cloneNode(true)
    );
    strip.classList.add("live-strip");
    one(".given", section).before(strip);
    const specials = maybe(".specials", strip) || make("p", "", strip);
    specials.className = "specials";
    specials.replaceChildren();
    make("span", "special tokens", specials).className = "soft";
    const { tokens, words, segments, special } = rows.said;
    const byToken = [];
    const byWord = [];
    all(".said", strip).forEach((said, segment) => {
      const here = tokens.map((_, i) => i).filter((i) => segments[i] === segment);
      const pieces2 = all(".by-token > span:not(.unread)", said);
      pieces2.forEach((span, i) => byToken.push({ span, unit: { first: here[i], last: here[i] + 1 } }));
      const its = words.map(([, first, last], word) => ({ first, last, word })).filter(({ first }) => segments[first] === segment);
      all(".by-word > span:not(.unread)", said).forEach((span, i) => byWord.push({ span, unit: its[i] }));
    });
    special.forEach((i) => {
      const entry = { span: make("span", tokens[i], specials), unit: { first: i, last: i + 1 } };
      byToken.push(entry);
      byWord.push(entry);
    });
    specials.hidden = !special.length;
    for (const { span } of [...byToken, ...byWord]) span.setAttribute("role", "button");
    section.dataset.live = "tokens";
    const pieces = () => rows.view.words ? byWord : byToken;
    function paint(quantity) {
      const { group, row, title } = quantity;
      select.value = quantity.key;
      one("h4", strip).textContent = title;
      strip.classList.toggle("unreliable", Boolean(group.unreliable?.[row]));
      one(".strip-head > .soft", strip).textContent = explained(rows, quantity);
      for (const { span, unit } of [...byWord, ...byToken]) {
        span.className = rows.shade(group, row, unit);
      }
      pieces().forEach(({ span }, i) => {
        span.tabIndex = i ? -1 : 0;
      });
      legend(rows, one(".legend", strip), quantity);
      const box = maybe(".top", section);
      if (box) largest(rows, box, quantity, quantities);
    }
    function mark(at, kept) {
      const units = rows.units();
      for (const { span, unit } of pieces()) {
        span.classList.toggle("on", at >= 0 && unit.first === units[at].first);
        span.setAttribute("aria-pressed", String(kept >= 0 && unit.first === units[kept].first));
      }
    }
    return {
      form,
      select,
      paint,
      mark,
      buttons: () => pieces().map(({ span }) => span),
      /** @param {Event} event */
      at({ target }) {
        const piece = pieces().find(({ span }) => span === target);
        return piece ? rows.unitAt(piece.unit.first) : -1;
      }
    };
  }
  function explained(rows, { group, row }) {
    const { absolute, shared } = rows.view;
    const what = absolute && group.hue === "signed" ? "how strongly it pushed, either way" : group.about;
    const doubt = group.unreliable?.[row];
    const sign = doubt ? `${doubt}; ${what}` : what;
    if (!shared) return `${sign}; the scale ends at the largest score of this row`;
    return group.rows.length > 1 ? `${sign}; one scale for its ${group.rows.length} outputs` : sign;
  }
  function legend(rows, line, { group, row }) {
    const [low, high] = rows.ends(group, row);
    const hue = group.hue === "signed" ? rows.view.absolute ? "m" : "p" : group.hue === "norm" ? "v" : "a";
    const steps = [1, 3, 5, 7, 9];
    const shades = steps.map((step) => hue + step);
    if (rows.isSigned(group)) shades.unshift(...steps.map((step) => `n${step}`).reverse());
    const [, start, ramp, end] = line.children;
    start.textContent = low;
    end.textContent = high + (group.unit && ` ${group.unit}`);
    ramp.replaceChildren();
    for (const shade of shades) make("i", "", ramp).className = shade;
  }
  function largest(rows, box, { group, row, title }, quantities) {
    const size = (unit) => Math.abs(rows.score(group, row, unit));
    const units = rows.units().filter((unit) => !rows.view.words || !unit.special);
    const first = units.slice().sort((a, b) => size(b) - size(a)).slice(0, LARGEST);
    const kind = rows.view.words ? "word" : "token";
    const name = `The ${kind}s with the largest scores: ${title}`;
    one("caption", box).textContent = name;
    one(".scroll", box).setAttribute("aria-label", name);
    one("thead th", box).textContent = kind;
    const body = one("tbody", box);
    body.replaceChildren();
    for (const unit of first) {
      const line = make("tr", "", body);
      make("th", unit.text, line).scope = "row";
      for (const other of quantities.filter(({ group: { beside }, row: output }) => !beside && output < 3)) {
        const value = rows.score(other.group, other.row, unit);
        const text = rows.write({ ...other.group, unit: "" }, value);
        make("td", text, line);
      }
    }
  }

  // templates/js/rows.js
  var SHADED = 9;
  var INKS = {
    attention: ["124 92 246"],
    norm: ["13 148 136"],
    size: ["124 130 142"],
    signed: ["222 80 38", "38 112 214"]
  };
  function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return Array.from(new Int16Array(bytes.buffer), (code) => Number(`${code >> 5}e${(code & 31) - 20}`));
  }
  function tokenRows(said) {
    const special = new Set(said.special);
    const words = said.words.map(([text, first, last], word) => ({ text, first, last, word, special: false }));
    const tokens = said.tokens.map((text, i) => ({ text, first: i, last: i + 1, special: special.has(i) }));
    const mixed = [];
    for (let i = 0; i < tokens.length; ) {
      const word = words.find(({ first, last }) => first <= i && i < last);
      mixed.push(word || tokens[i]);
      i = word ? word.last : i + 1;
    }
    const view = { words: true, absolute: false, shared: true };
    const loaded = /* @__PURE__ */ new Map();
    function load(group) {
      const known = loaded.get(group);
      if (known) return known;
      const read = (packed, wide) => {
        const flat = unpack(packed);
        return group.rows.map((_, row) => flat.slice(row * wide, (row + 1) * wide));
      };
      const byToken = read(group.values, tokens.length);
      const byWord = group.sums ? read(group.sums, words.length) : byToken.map((row) => words.map(
        ({ first, last }) => row.slice(first, last).reduce((sum, value) => sum + value, 0)
      ));
      const ends2 = byToken.map((row, i) => [...row, ...byWord[i]].reduce((most, value) => Math.max(most, Math.abs(value)), 0));
      const scores = { tokens: byToken, words: byWord, ends: ends2 };
      loaded.set(group, scores);
      return scores;
    }
    const units = () => view.words ? mixed : tokens;
    function score(group, row, unit) {
      const scores = load(group);
      return unit.word === void 0 ? scores.tokens[row][unit.first] : scores.words[row][unit.word];
    }
    function scale(group, row) {
      const { ends: ends2 } = load(group);
      return view.shared ? Math.max(...ends2) : ends2[row];
    }
    const isSigned = (group) => group.hue === "signed" && !view.absolute;
    function shade(group, row, unit) {
      const end = scale(group, row);
      const value = score(group, row, unit);
      const step = end > 0 ? Math.min(SHADED, Math.round(SHADED * Math.abs(value) / end)) : 0;
      return step ? prefix(group, value) + step : "";
    }
    function prefix(group, value) {
      if (group.hue !== "signed") return group.hue === "norm" ? "v" : "a";
      return view.absolute ? "m" : value < 0 ? "n" : "p";
    }
    function ink(group, row, unit) {
      const end = scale(group, row);
      const value = score(group, row, unit);
      const colors = INKS[group.hue === "signed" && view.absolute ? "size" : group.hue];
      return `rgb(${colors[isSigned(group) && value < 0 ? 1 : 0]} / ${end > 0 ? Math.abs(value) / end : 0})`;
    }
    function write(group, value) {
      const text = digitsOf(isSigned(group) ? value : Math.abs(value));
      return (isSigned(group) && value > 0 ? "+" : "") + text + (group.unit && ` ${group.unit}`);
    }
    function ends(group, row) {
      const end = digitsOf(scale(group, row));
      return [isSigned(group) ? `−${end}` : "0", isSigned(group) ? `+${end}` : end];
    }
    function range(group, row) {
      const end = digitsOf(scale(group, row));
      return (isSigned(group) ? `±${end}` : `0 to ${end}`) + (group.unit && ` ${group.unit}`);
    }
    function rank(group, row, unit) {
      const size = Math.abs(score(group, row, unit));
      return 1 + units().filter((other) => Math.abs(score(group, row, other)) > size).length;
    }
    const unitAt = (token) => units().findIndex(({ first, last }) => first <= token && token < last);
    return {
      said,
      view,
      units,
      unitAt,
      score,
      shade,
      ink,
      write,
      ends,
      range,
      rank,
      isSigned
    };
  }

  // templates/js/sheet.js
  var CELLED = 64;
  var NARROW = 8;
  var LINE = 20;
  function drawSheet(rows, sheet) {
    const units = rows.units();
    const long = units.length > CELLED;
    const groups = (sheet.dataset.groups || "").split(" ").map((place) => rows.said.groups[Number(place)]);
    const most = Number(sheet.dataset.most);
    const table = one("table", sheet);
    all("thead, tbody", table).forEach((part) => part.remove());
    table.classList.toggle("drawn", long);
    const columns = units.map(() => []);
    const lines = [];
    const buttons = long ? [] : drawHead(table, units, columns);
    if (long) drawLongHead(table, units);
    const body = make("tbody", "", table);
    for (const group of groups) {
      group.rows.slice(0, most).forEach(([key, label], row) => {
        lines.push({ group, row });
        const line = make("tr", "", body);
        const head = make("th", "", line);
        head.scope = "row";
        const name = groups.length > 1 && label ? label : key.slice(key.indexOf("/") + 1);
        make("span", name, head).className = "clip";
        if (groups.length > 1 || !rows.view.shared) {
          head.append(" ");
          make("span", rows.range(group, row), head).className = "range";
        }
        if (long) {
          drawPicture(rows, { group, row }, make("td", "", line), `${name}: one column per token`);
          return;
        }
        units.forEach((unit, i) => {
          const cell = make("td", "", line);
          const shade = rows.shade(group, row, unit);
          if (shade) cell.className = shade;
          columns[i].push(cell);
        });
      });
    }
    return { sheet, long, columns, lines, buttons };
  }
  function drawHead(table, units, columns) {
    const line = make("tr", "", make("thead", "", table));
    make("td", "", line);
    return units.map((unit, i) => {
      const head = make("th", "", line);
      head.scope = "col";
      if (unit.special) head.className = "special";
      const button = make("span", unit.text, head);
      button.setAttribute("role", "button");
      columns[i].push(head);
      return button;
    });
  }
  function drawLongHead(table, units) {
    const line = make("tr", "", make("thead", "", table));
    make("td", "", line);
    const space = "http://www.w3.org/2000/svg";
    const svg = make("td", "", line).appendChild(document.createElementNS(space, "svg"));
    svg.setAttribute("class", "columns");
    svg.setAttribute("width", String(NARROW * units.length));
    svg.setAttribute("height", "96");
    svg.setAttribute("viewBox", `0 0 ${NARROW * units.length} 96`);
    svg.setAttribute("preserveAspectRatio", "xMinYMax");
    svg.setAttribute("aria-hidden", "true");
    const upright = svg.appendChild(document.createElementNS(space, "g"));
    upright.setAttribute("transform", "translate(0 92)rotate(-90)");
    units.forEach((unit, i) => {
      if (i % 2) return;
      const label = upright.appendChild(document.createElementNS(space, "text"));
      label.setAttribute("y", String(i * NARROW + NARROW / 2));
      if (unit.special) label.setAttribute("class", "special");
      label.textContent = unit.text.length > 12 ? `${unit.text.slice(0, 11)}…` : unit.text;
    });
  }
  function drawPicture(rows, { group, row }, cell, name) {
    const units = rows.units();
    const canvas = make("canvas", "", cell);
    canvas.width = units.length;
    canvas.height = 1;
    canvas.style.width = `${NARROW * units.length}px`;
    canvas.style.height = `${LINE}px`;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    const context = contextOf(canvas);
    units.forEach((unit, i) => {
      context.fillStyle = rows.ink(group, row, unit);
      context.fillRect(i, 0, 1, 1);
    });
  }

  // templates/js/tokens.js
  function showTokens(card) {
    const block = maybe(".token-data", card);
    if (!block) return;
    let shown = null;
    whenSeen(all(".strips, .sheet", card), (part) => {
      shown = shown || readTokens(card, JSON.parse(block.textContent));
      if (part.matches(".sheet")) shown.draw(part);
    });
  }
  function readTokens(card, said) {
    const rows = tokenRows(said);
    const { view } = rows;
    const quantities = said.groups.flatMap((group) => group.rows.flatMap(([key, label, title], row) => label && title ? [{ key, label, title, group, row }] : []));
    const section = maybe(".strips", card);
    const text = section && liveText(section, rows, quantities);
    const bar = make("div", "", card);
    bar.className = "readbar";
    bar.setAttribute("aria-live", "polite");
    const sheets = /* @__PURE__ */ new Map();
    let pointed = null;
    let spot = null;
    const pinned = () => stateOf(card).token ?? null;
    const chosen2 = () => quantities.find(({ key }) => key === stateOf(card).method) || quantities[0];
    function draw(sheet) {
      const drawn = drawSheet(rows, sheet);
      sheets.set(sheet, drawn);
      rove(drawn.buttons);
      mark();
    }
    function redraw() {
      view.words = !maybe("#unit-tokens", document, HTMLInputElement)?.checked;
      if (text) text.paint(chosen2());
      for (const range of all("p .range", card)) range.hidden = !view.shared;
      for (const { sheet } of sheets.values()) sheets.set(sheet, drawSheet(rows, sheet));
      for (const drawn of sheets.values()) rove(drawn.buttons);
      mark();
    }
    function mark() {
      const token = pointed ?? pinned();
      const kept = pinned();
      const at = token === null ? -1 : rows.unitAt(token);
      const keptAt = kept === null ? -1 : rows.unitAt(kept);
      if (text) text.mark(at, keptAt);
      for (const drawn of sheets.values()) {
        for (const cell of all(".on", drawn.sheet)) cell.classList.remove("on");
        for (const cursor of all(".cursor", drawn.sheet)) cursor.remove();
        drawn.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === keptAt)));
        if (at < 0) continue;
        drawn.columns[at].forEach((cell) => cell.classList.add("on"));
        if (!drawn.long) continue;
        for (const cell of all("td:has(canvas)", drawn.sheet)) {
          const cursor = make("div", "", cell);
          cursor.className = "cursor";
          cursor.style.left = `${NARROW * at}px`;
        }
      }
      read(at < 0 ? null : rows.units()[at]);
    }
    function read(unit) {
      bar.replaceChildren();
      if (!unit) return;
      make("strong", `“${unit.text}”`, bar);
      if (spot && pointed !== null) {
        const { group, row } = spot;
        tell2(group, row, unit, `${group.title}, ${group.rows[row][0]}`);
      }
      const first = chosen2();
      const few = quantities.filter((other) => other === first || other.row < 3);
      few.sort((a, b) => Number(b === first) - Number(a === first));
      few.forEach(({ group, row, label }) => tell2(group, row, unit, label));
    }
    function tell2(group, row, unit, label) {
      const item = make("span", "", bar);
      make("span", `${label} `, item).className = "soft";
      make("strong", rows.write(group, rows.score(group, row, unit)), item);
      const place2 = `${ordinal(rows.rank(group, row, unit))} of ${rows.units().length}`;
      make("span", `, ${place2}`, item).className = "soft";
    }
    function pin(token, also) {
      choose(card, { token: token === pinned() ? null : token, ...also });
    }
    function rove(buttons) {
      buttons.forEach((button, i) => {
        button.tabIndex = i ? -1 : 0;
      });
    }
    function buttonsOf(event) {
      const sheet = around(".sheet", event);
      const drawn = sheet && sheets.get(sheet);
      return drawn ? drawn.buttons : text ? text.buttons() : [];
    }
    function place(event) {
      const sheet = around(".sheet", event);
      spot = null;
      if (!sheet) return text ? text.at(event) : -1;
      const drawn = sheets.get(sheet);
      const cell = around("td, th", event);
      if (!drawn || !(cell instanceof HTMLTableCellElement)) return -1;
      const row = cell.closest("tbody tr");
      const line = row instanceof HTMLTableRowElement ? drawn.lines[row.rowIndex - 1] : null;
      if (line && line.group.rows[line.row].length === 1) spot = line;
      if (!drawn.long) return cell.cellIndex - 1;
      const canvas = cell.querySelector("canvas");
      if (!canvas || !(event instanceof MouseEvent)) return -1;
      const { left } = canvas.getBoundingClientRect();
      return Math.min(drawn.columns.length - 1, Math.max(0, Math.floor((event.clientX - left) / NARROW)));
    }
    function follow(event) {
      const before = spot;
      const at = place(event);
      const token = at < 0 ? null : rows.units()[at].first;
      if (token !== pointed) point(card, token);
      else if (spot !== before) mark();
    }
    for (const part of all(".strips, .sheet", card)) {
      part.addEventListener("pointermove", follow);
      part.addEventListener("pointerleave", () => {
        spot = null;
        if (pointed !== null) point(card, null);
      });
      part.addEventListener("focusin", (event) => {
        const buttons = buttonsOf(event);
        if (!buttons.some((button) => button === event.target)) return;
        buttons.forEach((button) => {
          button.tabIndex = button === event.target ? 0 : -1;
        });
        follow(event);
      });
      part.addEventListener("focusout", () => {
        if (pointed !== null) point(card, null);
      });
      part.addEventListener("click", (event) => {
        const at = place(event);
        if (at < 0 || getSelection()?.toString()) return;
        pin(rows.units()[at].first, spot ? { layer: spot.row } : {});
      });
      part.addEventListener("keydown", (event) => {
        const buttons = buttonsOf(event);
        const at = buttons.findIndex((button2) => button2 === event.target);
        if (at < 0) return;
        const button = buttons[at];
        const line = button.parentElement || button;
        const ahead = getComputedStyle(line).direction === "rtl" ? -1 : 1;
        const places = {
          ArrowRight: at + ahead,
          ArrowDown: at + 1,
          ArrowLeft: at - ahead,
          ArrowUp: at - 1,
          Home: 0,
          End: buttons.length - 1
        };
        const to = places[event.key];
        if (event.key === "Enter" || event.key === " ") button.click();
        else if (to === void 0) return;
        else if (buttons[to]) buttons[to].focus();
        event.preventDefault();
      });
    }
    card.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && pinned() !== null) choose(card, { token: null });
    });
    card.addEventListener("point", ({ detail }) => {
      pointed = detail.token;
      mark();
    });
    card.addEventListener("choose", ({ detail }) => {
      if ("method" in detail.part && text) text.paint(chosen2());
      mark();
    });
    document.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === "unit") redraw();
    });
    if (text) {
      text.form.addEventListener("change", ({ target }) => {
        if (target === text.select) {
          choose(card, { method: text.select.value });
          return;
        }
        const asked = new FormData(text.form);
        view.absolute = asked.get("sign") === "absolute";
        view.shared = asked.get("scale") === "shared";
        redraw();
      });
    }
    redraw();
    return { draw };
  }
  var ENDINGS = { 1: "st", 2: "nd", 3: "rd" };
  function ordinal(number) {
    const teen = number % 100 > 10 && number % 100 < 14;
    return `${number}${!teen && ENDINGS[number % 10] || "th"}`;
  }

  // templates/js/start.js
  showPages();
  findInputs();
  foldSide();
  whenSeen(all("article.card"), showTokens);
  whenSeen(all("figure.chart"), drawChart);
  whenSeen(all(".explorer"), explore);
})();

// The text and the rows of token scores of one input's section.
const LARGEST = 8; // words in the table of the largest

function showTokens(card) {
  const block = one(".token-data", card);
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
  const quantities = rows.groups.flatMap((group) => group.rows
    .map(([key, label, title], row) => ({ key, label, title, group, row }))
    .filter(({ title }) => title));
  const text = one(".strips", card) && liveText(card, rows, quantities);
  const bar = make("div", "", card);
  bar.className = "readbar";
  bar.setAttribute("aria-live", "polite");
  const sheets = new Map();
  let pointed = null; // the token under the pointer or the focus
  let spot = null; // the row under the pointer

  const pinned = () => stateOf(card).token ?? null;
  const chosen = () => quantities.find(({ key }) => key === stateOf(card).method) || quantities[0];

  function draw(sheet) {
    const drawn = drawSheet(rows, sheet);
    sheets.set(sheet, drawn);
    rove(drawn.buttons);
    mark();
  }

  // Colour everything again: the words or tokens, the sign or the scale changed.
  function redraw() {
    view.words = !document.getElementById("unit-tokens")?.checked;
    if (text) text.paint(chosen(), view);
    for (const range of all("p .range", card)) range.hidden = !view.shared;
    for (const sheet of sheets.keys()) sheets.set(sheet, drawSheet(rows, sheet));
    for (const drawn of sheets.values()) rove(drawn.buttons);
    mark();
  }

  function mark() {
    const token = pointed ?? pinned();
    const at = token === null ? -1 : rows.unitAt(token);
    const kept = pinned() === null ? -1 : rows.unitAt(pinned());
    if (text) text.mark(at, kept);
    for (const drawn of sheets.values()) {
      for (const cell of all(".on", drawn.sheet)) cell.classList.remove("on");
      for (const cursor of all(".cursor", drawn.sheet)) cursor.remove();
      drawn.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === kept)));
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
    if (spot && pointed !== null) tell(spot.group, spot.row, unit, `${spot.group.title}, ${spot.group.rows[spot.row][0]}`);
    const first = chosen();
    const few = quantities.filter((other) => other === first || other.row < 3);
    few.sort((a, b) => (b === first) - (a === first));
    few.forEach(({ group, row, label }) => tell(group, row, unit, label));
  }

  function tell(group, row, unit, label) {
    const item = make("span", "", bar);
    make("span", `${label} `, item).className = "soft";
    make("strong", rows.write(group, rows.score(group, row, unit)), item);
    const place = `${ordinal(rows.rank(group, row, unit))} of ${rows.units().length}`;
    make("span", `, ${place}`, item).className = "soft";
  }

  function pin(token, also = {}) {
    choose(card, { token: token === pinned() ? null : token, ...also });
  }

  // One of `buttons` can be reached by tabbing, the others by the arrow keys.
  function rove(buttons) {
    buttons.forEach((button, i) => { button.tabIndex = i ? -1 : 0; });
  }

  function buttonsOf(element) {
    const sheet = sheets.get(element.closest(".sheet"));
    return sheet ? sheet.buttons : text ? text.buttons() : [];
  }

  // The column of an element: a word of the text, a label or a cell of the rows.
  function place(event) {
    const element = event.target;
    const sheet = element.closest(".sheet");
    spot = null;
    if (!sheet) return text ? text.at(element) : -1;
    const drawn = sheets.get(sheet);
    if (!drawn) return -1;
    const cell = element.closest("td, th");
    if (!cell) return -1;
    const line = cell.closest("tbody") ? drawn.lines[cell.parentNode.rowIndex - 1] : null;
    if (line && line.group.rows[line.row].length === 1) spot = line;
    if (!drawn.long) return cell.cellIndex - 1;
    if (!one("canvas", cell)) return -1;
    const left = one("canvas", cell).getBoundingClientRect().left;
    return Math.min(drawn.columns.length - 1, Math.max(0, Math.floor((event.clientX - left) / NARROW)));
  }

  function follow(event) {
    const before = spot;
    const at = place(event);
    const token = at < 0 ? null : rows.units()[at].first;
    if (token !== pointed) point(card, token);
    else if (spot !== before) mark();
  }

  const parts = all(".strips, .sheet", card);
  for (const part of parts) {
    part.addEventListener("pointermove", follow);
    part.addEventListener("pointerleave", () => { spot = null; if (pointed !== null) point(card, null); });
    part.addEventListener("focusin", (event) => {
      const buttons = buttonsOf(event.target);
      if (!buttons.includes(event.target)) return;
      buttons.forEach((button) => { button.tabIndex = button === event.target ? 0 : -1; });
      follow(event);
    });
    part.addEventListener("focusout", () => { if (pointed !== null) point(card, null); });
    part.addEventListener("click", (event) => {
      const at = place(event);
      if (at < 0 || getSelection().toString()) return;
      pin(rows.units()[at].first, spot ? { layer: spot.row } : {});
    });
    part.addEventListener("keydown", (event) => {
      const buttons = buttonsOf(event.target);
      const at = buttons.indexOf(event.target);
      if (at < 0) return;
      const ahead = getComputedStyle(event.target.parentNode).direction === "rtl" ? -1 : 1;
      const to = {
        ArrowRight: at + ahead, ArrowDown: at + 1, ArrowLeft: at - ahead, ArrowUp: at - 1,
        Home: 0, End: buttons.length - 1,
      }[event.key];
      if (event.key === "Enter" || event.key === " ") event.target.click();
      else if (to === undefined) return;
      else if (buttons[to]) buttons[to].focus();
      event.preventDefault();
    });
  }
  card.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned() !== null) choose(card, { token: null });
  });
  card.addEventListener("point", ({ detail }) => { pointed = detail.token; mark(); });
  card.addEventListener("choose", ({ detail }) => {
    if ("method" in detail.part && text) text.paint(chosen(), view);
    mark();
  });
  document.addEventListener("change", ({ target }) => { if (target.name === "unit") redraw(); });
  if (text) {
    text.form.addEventListener("change", ({ target }) => {
      if (target.name === "method") { choose(card, { method: target.value }); return; }
      view.absolute = text.form.elements.sign.value === "absolute";
      view.shared = text.form.elements.scale.value === "shared";
      redraw();
    });
  }
  redraw();
  return { draw };
}

const ordinal = (number) => {
  const teen = number % 100 > 10 && number % 100 < 14;
  return number + ((!teen && { 1: "st", 2: "nd", 3: "rd" }[number % 10]) || "th");
};

// The text of one chosen quantity, made of a copy of the first of those that stand on the page.
function liveText(card, rows, quantities) {
  const section = one(".strips", card);
  const form = one(".tools", section);
  const select = form.elements.method;
  for (const { key, title, group } of quantities) {
    const known = group.title === title || title.startsWith(group.title);
    make("option", known ? title : `${title} (${group.title.toLowerCase()})`, select).value = key;
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  const strip = one(".given .strip", section).cloneNode(true);
  strip.classList.add("live-strip");
  one(".given", section).before(strip);
  const specials = one(".specials", strip) || make("p", "", strip);
  specials.className = "specials";
  specials.replaceChildren();
  make("span", "special tokens", specials).className = "soft";

  // Every coloured piece with its word or token; pieces stand in the order of the texts.
  const { tokens, words, segments, special } = rows.said;
  const byToken = [];
  const byWord = [];
  all(".said", strip).forEach((said, segment) => {
    const here = tokens.map((_, i) => i).filter((i) => segments[i] === segment);
    const pieces = all(".by-token > span:not(.unread)", said);
    pieces.forEach((span, i) => byToken.push({ span, unit: { first: here[i], last: here[i] + 1 } }));
    const its = words.map(([, first, last], word) => ({ first, last, word }))
      .filter(({ first }) => segments[first] === segment);
    all(".by-word > span:not(.unread)", said)
      .forEach((span, i) => byWord.push({ span, unit: its[i] }));
  });
  special.forEach((i) => {
    const entry = { span: make("span", tokens[i], specials), unit: { first: i, last: i + 1 } };
    byToken.push(entry);
    byWord.push(entry);
  });
  specials.hidden = !special.length;
  for (const { span } of [...byToken, ...byWord]) span.setAttribute("role", "button");
  section.dataset.live = "tokens";
  const pieces = () => (rows.view.words ? byWord : byToken);

  function paint(quantity) {
    const { group, row, title } = quantity;
    select.value = quantity.key;
    one("h4", strip).textContent = title;
    one(".strip-head > .soft", strip).textContent = explained(rows, quantity);
    for (const { span, unit } of [...byWord, ...byToken]) {
      span.className = rows.shade(group, row, unit);
    }
    pieces().forEach(({ span }, i) => { span.tabIndex = i ? -1 : 0; });
    legend(rows, one(".legend", strip), group, row);
    largest(rows, one(".top", section), quantity, quantities);
  }

  function mark(at, kept) {
    const units = rows.units();
    for (const { span, unit } of pieces()) {
      span.classList.toggle("on", at >= 0 && unit.first === units[at].first);
      span.setAttribute("aria-pressed", String(kept >= 0 && unit.first === units[kept].first));
    }
  }

  return {
    form, paint, mark,
    buttons: () => pieces().map(({ span }) => span),
    at: (element) => {
      const piece = pieces().find(({ span }) => span === element);
      return piece ? rows.unitAt(piece.unit.first) : -1;
    },
  };
}

function explained(rows, { group, row }) {
  const { absolute, shared } = rows.view;
  const sign = absolute && group.hue === "signed" ? "how strongly it pushed, either way" : group.about;
  if (!shared) return `${sign}; the scale ends at the largest score of this row`;
  return group.rows.length > 1 ? `${sign}; one scale for its ${group.rows.length} outputs` : sign;
}

function legend(rows, line, group, row) {
  const [low, high] = rows.ends(group, row);
  const hue = group.hue === "signed" ? (rows.view.absolute ? "m" : "p") : group.hue === "norm" ? "v" : "a";
  const steps = [1, 3, 5, 7, 9];
  const shades = steps.map((step) => hue + step);
  if (rows.isSigned(group)) shades.unshift(...steps.map((step) => `n${step}`).reverse());
  const [, start, ramp, end] = line.children;
  start.textContent = low;
  end.textContent = high + (group.unit && ` ${group.unit}`);
  ramp.replaceChildren();
  for (const shade of shades) make("i", "", ramp).className = shade;
}

// The table of the largest scores: of the chosen quantity, among words or tokens.
function largest(rows, box, { group, row, title }, quantities) {
  if (!box) return;
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
    for (const other of quantities.filter(({ row: output }) => output < 3)) {
      const value = rows.score(other.group, other.row, unit);
      const text = rows.write({ ...other.group, unit: "" }, value);
      make("td", text, line);
    }
  }
}

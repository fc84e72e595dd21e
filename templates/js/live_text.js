// @ts-check
// The text of one chosen quantity, made of a copy of the first of those that stand on the page.
import { all, make, maybe, one } from "./dom.js";

/** @import { TokenRows } from "./rows.js" */
/** @import { ScoreQuantity, ScoreRow, Span, Unit } from "./types" */

const LARGEST = 8; // words in the table of the largest
const SHOWN = 3; // outputs that have a column in it

/**
 * @param {HTMLElement} section
 * @param {TokenRows} rows
 * @param {ScoreQuantity[]} quantities
 */
export function liveText(section, rows, quantities) {
  const form = one(".tools", section, HTMLFormElement);
  const select = one('[name="method"]', form, HTMLSelectElement);
  for (const { key, title, group } of quantities) {
    const known = group.title === title || title.startsWith(group.title);
    make("option", known ? title : `${title} (${group.title.toLowerCase()})`, select).value = key;
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  const strip = /** @type {HTMLElement} */ (one(".given .strip", section).cloneNode(true));
  strip.classList.add("live-strip");
  one(".given", section).before(strip);
  const specials = maybe(".specials", strip) || make("p", "", strip);
  specials.className = "specials";
  specials.replaceChildren();
  make("span", "special tokens", specials).className = "soft";

  // Every coloured piece with its word or token; pieces stand in the order of the texts.
  const { tokens, words, segments, special } = rows.said;
  /** @type {{ span: HTMLElement, unit: Span }[]} */
  const byToken = [];
  /** @type {typeof byToken} */
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

  /** @param {ScoreQuantity} quantity */
  function paint(quantity) {
    const { group, row, title } = quantity;
    select.value = quantity.key;
    one("h4", strip).textContent = title;
    strip.classList.toggle("unreliable", Boolean(group.unreliable?.[row]));
    one(".strip-head > .soft", strip).textContent = explained(rows, quantity);
    for (const { span, unit } of [...byWord, ...byToken]) {
      span.className = rows.shade(group, row, unit);
    }
    pieces().forEach(({ span }, i) => { span.tabIndex = i ? -1 : 0; });
    legend(rows, one(".legend", strip), quantity);
    const box = maybe(".top", section);
    if (box) largest(rows, box, quantity, quantities);
  }

  /**
   * @param {number} at
   * @param {number} kept
   */
  function mark(at, kept) {
    const units = rows.units();
    for (const { span, unit } of pieces()) {
      span.classList.toggle("on", at >= 0 && unit.first === units[at].first);
      span.setAttribute("aria-pressed", String(kept >= 0 && unit.first === units[kept].first));
    }
  }

  return {
    form, select, paint, mark,
    buttons: () => pieces().map(({ span }) => span),
    /** @param {Event} event */
    at({ target }) {
      const piece = pieces().find(({ span }) => span === target);
      return piece ? rows.unitAt(piece.unit.first) : -1;
    },
  };
}

/**
 * @param {TokenRows} rows
 * @param {ScoreRow} shown
 */
function explained(rows, { group, row }) {
  const { absolute } = rows.view;
  const what = absolute && group.hue === "signed" ? "how strongly it pushed, either way" : group.about;
  const doubt = group.unreliable?.[row];
  const out = rows.units().filter((unit) => rows.isOff(group, row, unit))
    .map((unit) => `${unit.text} ${rows.write({ ...group, unit: "" }, rows.score(group, row, unit))}`);
  const several = group.rows.length > 1;
  const scale = !rows.isShared(group) && (several || !rows.view.shared)
    ? "the scale ends at the largest score of this row"
    : several && `one scale for its ${group.rows.length} outputs`;
  const far = out.length && `off the scale (▲): ${out.join(" and ")}`;
  return [doubt, what, scale, far].filter(Boolean).join("; ");
}

/**
 * @param {TokenRows} rows
 * @param {HTMLElement} line
 * @param {ScoreRow} shown
 */
function legend(rows, line, { group, row }) {
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

/** @param {ScoreRow} shown */
function heading({ group, row }) {
  const [key, label = key] = group.rows[row];
  return group.unit ? `${label} (${group.unit})` : label;
}

/**
 * The table of the largest scores: of the chosen quantity, among words or tokens.
 * @param {TokenRows} rows
 * @param {HTMLElement} box
 * @param {ScoreQuantity} quantity
 * @param {ScoreQuantity[]} quantities
 */
function largest(rows, box, { group, row, title }, quantities) {
  /** @param {Unit} unit */
  const itself = ({ first }, at = group, output = row) => {
    const [word] = at.own?.[output] || [];
    const its = word === undefined ? [] : rows.said.words[word];
    return its.length > 0 && first >= its[1] && first < its[2];
  };
  /** @param {Unit} unit */
  const size = (unit) => (itself(unit) ? -1 : Math.abs(rows.score(group, row, unit)));
  const units = rows.units().filter((unit) => !rows.view.words || !unit.special);
  const first = units.slice().sort((a, b) => size(b) - size(a)).slice(0, LARGEST);
  const kind = rows.view.words ? "word" : "token";
  const own = group.own?.[row];
  const name = `The ${kind}s with the largest scores: ${title}${own ? ` (its own share: ${own[1]})` : ""}`;
  one("caption", box).textContent = name;
  one(".scroll", box).setAttribute("aria-label", name);
  // Of several outputs only those of the chosen quantity have columns, itself among them.
  const several = quantities[0].group.rows.length > 1;
  const shown = quantities.filter((other) => (several
    ? other.group === group && (other.row < SHOWN || other.row === row)
    : !other.group.beside || other.group === group));
  const head = one("thead tr", box);
  head.replaceChildren();
  for (const text of [kind, ...shown.map(heading)]) make("th", text, head).scope = "col";
  const body = one("tbody", box);
  body.replaceChildren();
  for (const unit of first) {
    const line = make("tr", "", body);
    make("th", unit.text, line).scope = "row";
    for (const other of shown) {
      const value = rows.score(other.group, other.row, unit);
      const text = rows.write({ ...other.group, unit: "" }, value);
      make("td", itself(unit, other.group, other.row) ? `${text} (itself)` : text, line);
    }
  }
}

// @ts-check
// The text and the rows of token scores of one input's section.
import { all, around, make, maybe, whenSeen } from "./dom.js";
import { liveText } from "./live_text.js";
import { tokenRows } from "./rows.js";
import { NARROW, drawSheet } from "./sheet.js";
import { choose, point, stateOf } from "./state.js";

/** @import { DrawnSheet } from "./sheet.js" */
/** @import { ChoicePart, ScoreGroup, ScoreRow, TokenData, Unit } from "./types" */

/** @param {HTMLElement} card */
export function showTokens(card) {
  const block = maybe(".token-data", card);
  if (!block) return;
  /** @type {ReturnType<typeof readTokens> | null} */
  let shown = null;
  whenSeen(all(".strips, .sheet", card), (part) => {
    shown = shown || readTokens(card, JSON.parse(block.textContent));
    if (part.matches(".sheet")) shown.draw(part);
  });
}

/**
 * @param {HTMLElement} card
 * @param {TokenData} said
 */
function readTokens(card, said) {
  const rows = tokenRows(said);
  const { view } = rows;
  const quantities = said.groups.flatMap((group) => group.rows.flatMap(([key, label, title], row) =>
    (label && title ? [{ key, label, title, group, row }] : [])));
  const section = maybe(".strips", card);
  const text = section && liveText(section, rows, quantities);
  const bar = make("div", "", card);
  bar.className = "readbar";
  bar.setAttribute("aria-live", "polite");
  /** @type {Map<Element, DrawnSheet>} */
  const sheets = new Map();
  /** @type {number | null} */
  let pointed = null; // the token under the pointer or the focus
  /** @type {ScoreRow | null} */
  let spot = null; // the row under the pointer

  const pinned = () => stateOf(card).token ?? null;
  const chosen = () => quantities.find(({ key }) => key === stateOf(card).method) || quantities[0];

  /** @param {HTMLElement} sheet */
  function draw(sheet) {
    const drawn = drawSheet(rows, sheet);
    sheets.set(sheet, drawn);
    rove(drawn.buttons);
    mark();
  }

  // Colour everything again: the words or tokens, the sign or the scale changed.
  function redraw() {
    view.words = !maybe("#unit-tokens", document, HTMLInputElement)?.checked;
    if (text) text.paint(chosen());
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

  /** @param {Unit | null} unit */
  function read(unit) {
    bar.replaceChildren();
    if (!unit) return;
    make("strong", `“${unit.text}”`, bar);
    if (spot && pointed !== null) {
      const { group, row } = spot;
      tell(group, row, unit, `${group.title}, ${group.rows[row][0]}`);
    }
    const first = chosen();
    const few = quantities.filter((other) => other === first || other.row < 3);
    few.sort((a, b) => Number(b === first) - Number(a === first));
    few.forEach(({ group, row, label }) => tell(group, row, unit, label));
  }

  /**
   * @param {ScoreGroup} group
   * @param {number} row
   * @param {Unit} unit
   * @param {string} label
   */
  function tell(group, row, unit, label) {
    const item = make("span", "", bar);
    make("span", `${label} `, item).className = "soft";
    make("strong", rows.write(group, rows.score(group, row, unit)), item);
    const place = `${ordinal(rows.rank(group, row, unit))} of ${rows.units().length}`;
    make("span", `, ${place}`, item).className = "soft";
  }

  /**
   * @param {number} token
   * @param {ChoicePart} also
   */
  function pin(token, also) {
    choose(card, { token: token === pinned() ? null : token, ...also });
  }

  /**
   * One of `buttons` can be reached by tabbing, the others by the arrow keys.
   * @param {HTMLElement[]} buttons
   */
  function rove(buttons) {
    buttons.forEach((button, i) => { button.tabIndex = i ? -1 : 0; });
  }

  /** @param {Event} event */
  function buttonsOf(event) {
    const sheet = around(".sheet", event);
    const drawn = sheet && sheets.get(sheet);
    return drawn ? drawn.buttons : text ? text.buttons() : [];
  }

  /**
   * The column of what an event is on: a word of the text, a label or a cell of the rows.
   * @param {Event} event
   */
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

  /** @param {Event} event */
  function follow(event) {
    const before = spot;
    const at = place(event);
    const token = at < 0 ? null : rows.units()[at].first;
    if (token !== pointed) point(card, token);
    else if (spot !== before) mark();
  }

  for (const part of all(".strips, .sheet", card)) {
    part.addEventListener("pointermove", follow);
    part.addEventListener("pointerleave", () => { spot = null; if (pointed !== null) point(card, null); });
    part.addEventListener("focusin", (event) => {
      const buttons = buttonsOf(event);
      if (!buttons.some((button) => button === event.target)) return;
      buttons.forEach((button) => { button.tabIndex = button === event.target ? 0 : -1; });
      follow(event);
    });
    part.addEventListener("focusout", () => { if (pointed !== null) point(card, null); });
    part.addEventListener("click", (event) => {
      const at = place(event);
      if (at < 0 || getSelection()?.toString()) return;
      pin(rows.units()[at].first, spot ? { layer: spot.row } : {});
    });
    part.addEventListener("keydown", (event) => {
      const buttons = buttonsOf(event);
      const at = buttons.findIndex((button) => button === event.target);
      if (at < 0) return;
      const button = buttons[at];
      const line = button.parentElement || button;
      const ahead = getComputedStyle(line).direction === "rtl" ? -1 : 1;
      /** @type {Record<string, number | undefined>} */
      const places = {
        ArrowRight: at + ahead, ArrowDown: at + 1, ArrowLeft: at - ahead, ArrowUp: at - 1,
        Home: 0, End: buttons.length - 1,
      };
      const to = places[event.key];
      if (event.key === "Enter" || event.key === " ") button.click();
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
    if ("method" in detail.part && text) text.paint(chosen());
    mark();
  });
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.name === "unit") redraw();
  });
  if (text) {
    text.form.addEventListener("change", ({ target }) => {
      if (target === text.select) { choose(card, { method: text.select.value }); return; }
      const asked = new FormData(text.form);
      view.absolute = asked.get("sign") === "absolute";
      view.shared = asked.get("scale") === "shared";
      redraw();
    });
  }
  redraw();
  return { draw };
}

/** @type {Record<number, string | undefined>} */
const ENDINGS = { 1: "st", 2: "nd", 3: "rd" };

/** @param {number} number */
function ordinal(number) {
  const teen = number % 100 > 10 && number % 100 < 14;
  return `${number}${(!teen && ENDINGS[number % 10]) || "th"}`;
}

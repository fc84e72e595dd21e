// @ts-check
// A sheet: the rows of some groups of scores as a table with a column for each word or token.
import { all, contextOf, make, one } from "./dom.js";

/** @import { TokenRows } from "./rows.js" */
/** @import { ScoreRow, Unit } from "./types" */

/**
 * A sheet as it was drawn: the cells of each column, what each row of the body shows, and the
 * labels that can be reached by the keyboard.
 * @typedef {object} DrawnSheet
 * @property {HTMLElement} sheet
 * @property {boolean} long whether its rows are pictures
 * @property {HTMLElement[][]} columns
 * @property {ScoreRow[]} lines
 * @property {HTMLElement[]} buttons
 */

const CELLED = 64; // columns that are drawn as table cells; more are drawn as pictures
export const NARROW = 8; // pixels of a column of a picture
const LINE = 20; // pixels of a row of a picture

/**
 * Draw the rows of a sheet in the columns of the current words or tokens.
 * @param {TokenRows} rows
 * @param {HTMLElement} sheet
 * @returns {DrawnSheet}
 */
export function drawSheet(rows, sheet) {
  const units = rows.units();
  const long = units.length > CELLED;
  const groups = (sheet.dataset.groups || "").split(" ").map((place) => rows.said.groups[Number(place)]);
  const most = Number(sheet.dataset.most);
  const table = one("table", sheet);
  all("thead, tbody", table).forEach((part) => part.remove());
  table.classList.toggle("drawn", long);
  /** @type {HTMLElement[][]} */
  const columns = units.map(() => []);
  /** @type {ScoreRow[]} */
  const lines = [];
  const buttons = long ? [] : drawHead(table, units, columns);
  if (long) {
    drawLongHead(table, units, units.map((unit) => groups.some((group) => (
      group.rows.slice(0, most).some((_, row) => rows.isOff(group, row, unit))))));
  }
  const body = make("tbody", "", table);
  for (const group of groups) {
    group.rows.slice(0, most).forEach(([key, label], row) => {
      lines.push({ group, row });
      const line = make("tr", "", body);
      if (group.unreliable?.[row]) line.className = "unreliable";
      const head = make("th", "", line);
      head.scope = "row";
      // alone in its sheet, a method need not be named
      const name = groups.length > 1 || !label ? label || key : label.replace(`${group.title}: `, "");
      make("span", name, head).className = "clip";
      if (groups.length > 1 || !rows.isShared(group)) {
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

/**
 * @param {HTMLElement} table
 * @param {Unit[]} units
 * @param {HTMLElement[][]} columns
 */
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

/**
 * @param {HTMLElement} table
 * @param {Unit[]} units
 * @param {boolean[]} off whether a column is off the scale of a row
 */
function drawLongHead(table, units, off) {
  const line = make("tr", "", make("thead", "", table));
  make("td", "", line);
  const space = "http://www.w3.org/2000/svg";
  const svg = make("td", "", line).appendChild(document.createElementNS(space, "svg"));
  svg.setAttribute("class", "columns");
  svg.setAttribute("width", String(NARROW * units.length));
  const height = off.includes(true) ? 108 : 96;
  svg.setAttribute("height", String(height));
  svg.setAttribute("viewBox", `0 0 ${NARROW * units.length} ${height}`); // for paper, which is narrow
  svg.setAttribute("preserveAspectRatio", "xMinYMax");
  svg.setAttribute("aria-hidden", "true");
  const upright = svg.appendChild(document.createElementNS(space, "g"));
  upright.setAttribute("transform", "translate(0 92)rotate(-90)");
  units.forEach((unit, i) => {
    if (off[i]) {
      const mark = svg.appendChild(document.createElementNS(space, "text"));
      mark.setAttribute("x", String(i * NARROW + NARROW / 2));
      mark.setAttribute("y", "100");
      mark.setAttribute("class", "off");
      mark.textContent = "▲";
    }
    if (i % 2) return; // a label is as wide as two columns
    const label = upright.appendChild(document.createElementNS(space, "text"));
    label.setAttribute("y", String(i * NARROW + NARROW / 2));
    if (unit.special) label.setAttribute("class", "special");
    label.textContent = unit.text.length > 12 ? `${unit.text.slice(0, 11)}…` : unit.text;
  });
}

/**
 * @param {TokenRows} rows
 * @param {ScoreRow} shown
 * @param {HTMLElement} cell
 * @param {string} name
 */
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

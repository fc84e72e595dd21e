// @ts-check
// A map with its axes: tokens on both sides, its scale with numbers, and the value pointed at.
import { all, contextOf, make } from "./dom.js";
import { MAP_STEPS, paintMap } from "./maps.js";
import { digitsOf, withSign } from "./numbers.js";

/** @import { Cell, Color, LevelMap } from "./types" */

/**
 * What a panel's reader does.
 * @typedef {object} PanelActions
 * @property {(cell: Cell | null) => void} over
 * @property {(cell: Cell) => void} pick
 * @property {(down: number, right: number) => void} step
 * @property {(name: string) => void} enlarge
 */

const MAP_LABEL = 12; // pixels between two axis labels at least
const LETTER = 6.7; // pixels of a letter of a label
const LONGEST = 180; // pixels of a label at most

/**
 * The pixels that the labels of rows take.
 * @param {string[]} labels
 */
export const labelsWidth = (labels) =>
  Math.ceil(Math.min(LONGEST, LETTER * Math.max(...labels.map(({ length }) => length)))) + 12;

/**
 * How a map is shown: sizes are numbers without a sign, `factor` is by how much its levels grow.
 * @typedef {object} Look
 * @property {string} title
 * @property {Color[]} colors
 * @property {boolean} signed
 * @property {boolean} sizes whether they are those of signed maps
 * @property {number} end
 * @property {number} factor
 */

/** @type {Record<string, [down: number, right: number] | undefined>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param {HTMLElement} parent
 * @param {string[]} rows
 * @param {string[]} columns
 * @param {PanelActions} act
 */
export function makePanel(parent, rows, columns, act) {
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
  const left = labelsWidth(rows);
  const top = labelsWidth(columns);
  let unit = 1;
  let kind = "";

  /**
   * @param {HTMLElement} box
   * @param {string[]} tokens
   * @param {"left" | "top"} place
   */
  function label(box, tokens, place) {
    box.replaceChildren();
    const every = Math.ceil(MAP_LABEL / unit);
    tokens.forEach((token, i) => {
      if (i % every === 0) write(box, token, i, place);
    });
  }

  /**
   * @param {HTMLElement} box
   * @param {string} token
   * @param {number} i
   * @param {"left" | "top"} place
   */
  function write(box, token, i, place) {
    const span = make("span", token, box);
    span.dataset.i = String(i);
    span.style[place] = `${(i + 0.5) * unit - MAP_LABEL / 2}px`;
    return span;
  }

  /**
   * The chosen token's label is always there, over those it would overlap.
   * @param {HTMLElement} box
   * @param {string[]} tokens
   * @param {"left" | "top"} place
   * @param {number} i
   */
  function point(box, tokens, place, i) {
    all(".on", box).forEach((span) => span.remove());
    if (box.hidden) return;
    all("span", box).forEach((span) => {
      span.hidden = Math.abs(Number(span.dataset.i) - i) * unit < MAP_LABEL;
    });
    write(box, tokens[i], i, place).className = "on";
  }

  /**
   * @param {number} room
   * @param {boolean} labelled
   */
  function layOut(room, labelled) {
    const side = room - (labelled ? left : 0);
    const most = Math.max(22, Math.ceil(200 / columns.length));
    const fit = side / columns.length;
    unit = fit >= 1 ? Math.min(most, Math.floor(fit)) : 1 / Math.ceil(1 / fit);
    canvas.width = Math.ceil(columns.length * unit);
    canvas.height = Math.ceil(rows.length * unit);
    queries.hidden = !labelled;
    panel.style.setProperty("--left", labelled ? `${left}px` : "0px");
    keys.style.height = `${top}px`;
    label(keys, columns, "left");
    if (labelled) label(queries, rows, "top");
  }

  /**
   * @param {LevelMap} map
   * @param {Look} look
   */
  function draw(map, { title: name, colors, signed, sizes, end, factor }) {
    const inks = sizes ? colors.slice(2) : colors.slice(0, 2);
    paintMap(canvas, map, inks, unit, factor);
    title.textContent = name;
    const low = signed ? -MAP_STEPS : 0;
    const levels = Int8Array.from({ length: MAP_STEPS + 1 - low }, (_, i) => low + i);
    ramp.width = 6 * levels.length;
    ramp.height = 10;
    paintMap(ramp, { rows: 1, columns: levels.length, levels, block: [1, 1] }, inks, 6);
    contextOf(ramp).drawImage(ramp, 0, 0, ramp.width, 6, 0, 6, ramp.width, 4);
    const numbers = signed ? [withSign(-end), "0", withSign(end)]
      : ["0", digitsOf(end / 4), digitsOf(end)];
    ends.forEach((span, i) => { span.textContent = numbers[i]; });
    canvas.setAttribute("aria-label", `${name}: a map; arrow keys move through its cells`);
  }

  /**
   * @param {Cell} cell
   * @param {string} said
   */
  function mark({ query, key }, said) {
    const [row, column] = marks;
    const wide = Math.max(unit, 2);
    Object.assign(row.style, { top: `${query * unit}px`, height: `${wide}px` });
    Object.assign(column.style, { left: `${key * unit}px`, width: `${wide}px` });
    point(keys, columns, "left", key);
    point(queries, rows, "top", query);
    here.textContent = said;
  }

  /** @param {MouseEvent} event */
  function cell(event) {
    const box = canvas.getBoundingClientRect();
    /** @type {(at: number, size: number) => number} */
    const place = (at, size) => Math.max(0, Math.min(size - 1, Math.floor(at / unit)));
    return {
      query: place(event.clientY - box.top, rows.length),
      key: place(event.clientX - box.left, columns.length),
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
    layOut, draw, mark,
    /**
     * @param {string} name
     * @param {boolean} large
     * @param {boolean} alone
     * @param {string} [other] what its button says
     */
    show(name, large, alone, other = "enlarge") {
      kind = panel.dataset.kind = name;
      panel.classList.toggle("big", large);
      enlarge.hidden = alone;
      enlarge.textContent = large ? "side by side" : other;
      panel.style.order = large ? "-1" : "";
    },
  };
}

// @ts-check
// The boxes of a token of the reader's choice: the chart of those named on the page, redrawn.
import { redraw } from "./charts.js";
import { all, data, make, maybe, one } from "./dom.js";
import { withSign } from "./numbers.js";
import { unpack } from "./rows.js";
import { choose, stateOf } from "./state.js";

/** @import { Spread } from "./types" */

const EACH = 8; // numbers of a box
const MARGIN = 0.25; // of the axis beyond the whiskers, as on the page

/** @param {HTMLElement} section */
export function showBoxes(section) {
  const form = maybe(".picks", section, HTMLFormElement);
  if (!form) return;
  const card = /** @type {HTMLElement} */ (section.closest("article.card"));
  const { tokens, layers, boxes } = /** @type {Spread} */ (data(section));
  const numbers = boxes.map(unpack);
  const figure = one(".chart", section);
  const spec = /** @type {any} */ (data(figure));
  const rows = all("tbody tr", figure);
  const names = rows.map((row) => [...row.children].map((cell) => cell.textContent || ""));
  const pick = one("select", form, HTMLSelectElement);
  tokens.forEach((token, i) => { make("option", `${token} (${i + 1})`, pick).value = String(i); });
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  pick.addEventListener("change", () =>
    choose(card, { token: pick.value ? Number(pick.value) : null }));

  /** @type {(output: number, token: number) => number[][]} */
  const of = (output, token) => Array.from({ length: layers }, (_, layer) => {
    const first = EACH * (token * layers + layer);
    return numbers[output].slice(first, first + EACH);
  });

  /** @param {number} token */
  function specOf(token) {
    const panels = (spec.vconcat || [spec]).map((/** @type {any} */ panel, /** @type {number} */ i) =>
      ({ ...panel, ...(panel.title && {
        title: { ...panel.title, text: `${names[i * layers][0]}: “${tokens[token]}”` } }) }));
    /** @type {Record<string, object[]>} */
    const datasets = {};
    boxes.forEach((_, i) => {
      const found = of(i, token);
      const [low, high] = [Math.min(...found.map((box) => box[0])), Math.max(...found.map((box) => box[4]))];
      const [bottom, top] = [low - MARGIN * (high - low), high + MARGIN * (high - low)];
      datasets[`boxes-${i}`] = found.map(([from, q1, median, q3, to], layer) =>
        ({ layer: layer + 1, low: from, q1, median, q3, high: to }));
      const far = found.flatMap((box, layer) => [
        { layer: layer + 1, value: box[6], out: box[6] < box[0], at: bottom, up: 0 },
        { layer: layer + 1, value: box[7], out: box[7] > box[4], at: top, up: 1 },
      ]).filter(({ out }) => out);
      /** @param {{ value: number }} one */
      const fits = ({ value }) => bottom <= value && value <= top;
      datasets[`outliers-${i}`] = far.filter(fits);
      datasets[`beyond-${i}`] = far.filter((one) => !fits(one));
    });
    return { ...spec, ...(spec.vconcat ? { vconcat: panels } : {}), datasets };
  }

  /** @param {number | undefined} token */
  function show(token) {
    const known = token !== undefined && token < tokens.length;
    pick.value = known ? String(token) : "";
    rows.forEach((row, i) => {
      const box = known ? of(Math.floor(i / layers), token)[i % layers] : [];
      const told = known ? [tokens[token], names[i][2], ...box.map((value, place) =>
        (place === 5 ? String(value) : withSign(value)))] : names[i].slice(1);
      told.forEach((text, cell) => { row.children[cell + 1].textContent = text; });
    });
    redraw(figure, known ? specOf(token) : spec);
  }

  card.addEventListener("choose", (event) => {
    if ("token" in event.detail.part) show(event.detail.state.token);
  });
  section.dataset.live = "boxes";
  if (stateOf(card).token !== undefined) show(stateOf(card).token);
}

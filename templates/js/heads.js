// @ts-check
// What is said of a head, named by its {layer, head}: its summaries and its strongest cells.
import { make, one } from "./dom.js";
import { digitsOf } from "./numbers.js";

/** @import { ExplorerData, HeadPlace } from "./types" */

/**
 * @param {ExplorerData} info
 * @param {HeadPlace} place
 */
export const headName = (info, { layer, head }) =>
  `Layer ${layer + 1}, ${head ? `head ${head} of ${info.heads}` : "all heads together"}`;

/**
 * @param {ExplorerData} info
 * @param {HeadPlace} place
 * @param {boolean} placed whether to say where the head stands among all
 */
export function headFacts(info, { layer, head }, placed) {
  const lines = info.summaries.map(({ title, unit, values, places, thirds }) => {
    const here = values[layer];
    const value = head ? here[head - 1] : here.reduce((sum, v) => sum + v, 0) / here.length;
    const third = head && placed ? ` (${thirds[places[layer][head - 1]]} of all heads)` : "";
    return `${title} ${digitsOf(value)} ${unit}${head ? third : ", mean of its heads"}`;
  });
  for (const { title, values } of head && info.effects || []) {
    const effect = values[layer][head - 1];
    lines.push(`Switched off, ${title} ${effect < 0 ? "rises" : "falls"} by ${digitsOf(Math.abs(effect))} logits`);
  }
  return lines;
}

/**
 * The chosen head in words; a click on a row of its strongest cells picks that cell.
 * @param {HTMLElement} box
 * @param {ExplorerData} info
 * @param {HeadPlace} place
 * @param {string} title
 * @param {{ names: [string, string], value: string, pick: () => void }[]} cells
 */
export function describeHead(box, info, place, title, cells) {
  one("h4", box).textContent = headName(info, place);
  one(".facts", box).replaceChildren();
  for (const line of headFacts(info, place, true)) make("li", line, one(".facts", box));
  one("caption", box).textContent = `Its strongest cells: ${title.toLowerCase()}, exact`;
  const body = one("tbody", box);
  body.replaceChildren();
  for (const { names, value, pick } of cells) {
    const row = make("tr", "", body);
    const button = make("button", names[0], make("td", "", row)); // for the keyboard
    button.type = "button";
    button.setAttribute("aria-label", `${names[0]}, ${names[1]}: show this cell`);
    make("td", names[1], row);
    make("td", value, row).className = "num";
    row.addEventListener("click", pick);
  }
}

// @ts-check
// What an output loses without a head: a cell of the table chooses that head in the explorer.
import { all, maybe, one } from "./dom.js";
import { choose, stateOf } from "./state.js";

/** @type {Record<string, [down: number, right: number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** @param {HTMLElement} section */
export function chooseHeads(section) {
  const card = /** @type {HTMLElement} */ (section.closest("article.card"));
  const explorer = maybe(".explorer", card);
  if (!explorer) return; // there are no maps to go to
  one(".live-only", section).hidden = false;
  for (const table of all("table", section)) {
    const map = /** @type {HTMLElement} */ (table.closest("[data-map], .wrapped > div")).dataset.map;
    const cells = all("tbody tr", table).map((row) => all("td", row));
    table.setAttribute("role", "grid");
    let at = [0, 0]; // the cell that the keyboard reaches

    /** @type {(layer: number, head: number) => HTMLElement} */
    function reach(layer, head) {
      cells[at[0]][at[1]].tabIndex = -1;
      at = [layer, head];
      cells[layer][head].tabIndex = 0;
      return cells[layer][head];
    }

    /** @type {(layer: number, head: number) => void} */
    function go(layer, head) {
      choose(card, { layer, head: head + 1, view: null, ...(map ? { map } : {}) });
      one(".maps", /** @type {HTMLElement} */ (explorer)).scrollIntoView({ block: "start" });
    }

    cells.forEach((row, layer) => row.forEach((cell, head) => {
      cell.tabIndex = -1;
      cell.title = `Layer ${layer + 1}, head ${head + 1}: ${cell.textContent}`;
      cell.addEventListener("click", () => { reach(layer, head); go(layer, head); });
      cell.addEventListener("keydown", (event) => {
        const step = STEPS[event.key];
        if (step) {
          const down = Math.max(0, Math.min(cells.length - 1, layer + step[0]));
          const right = Math.max(0, Math.min(row.length - 1, head + step[1]));
          reach(down, right).focus();
        } else if (event.key === "Enter" || event.key === " ") go(layer, head);
        else return;
        event.preventDefault();
      });
    }));

    const mark = () => {
      const { layer, head } = stateOf(card);
      cells.forEach((row, i) => row.forEach((cell, j) => {
        const chosen = i === layer && j + 1 === head;
        cell.setAttribute("aria-selected", String(chosen));
        if (chosen) reach(i, j);
      }));
    };
    reach(0, 0);
    mark();
    card.addEventListener("choose", mark);
  }
}

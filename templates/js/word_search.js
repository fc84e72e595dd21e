// @ts-check
// Search among the words of the overview: a field above the table leaves those with a text in them.
import { make, one } from "./dom.js";

/** @param {HTMLElement} details */
export function searchWords(details) {
  const table = one("table", details, HTMLTableElement);
  const rows = Array.from(table.tBodies[0].rows, (row) => {
    return { row, word: row.cells[0].textContent.trim().toLowerCase() };
  });
  const label = document.createElement("label");
  make("span", "Search the words", label);
  const field = make("input", "", label);
  field.type = "search";
  const note = document.createElement("span");
  note.setAttribute("role", "status");
  one("summary", details).after(label);
  label.append(note);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const { row, word } of rows) {
      row.hidden = !word.includes(wanted);
      shown += Number(!row.hidden);
    }
    note.textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
}

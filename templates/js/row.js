// @ts-check
// A row of a large run's table, as templates/overview/predictions.html writes it.
import { make } from "./dom.js";

/** @import { Columns, Part } from "./columns.js" */
/** @import { PagedTable } from "./types" */

/**
 * @param {PagedTable} info
 * @param {Columns} columns
 * @param {Part} part
 * @param {number} k
 */
export function drawRow(info, columns, part, k) {
  const line = document.createElement("tr");
  make("td", String(part.positions[k] + 1), line).className = "num";
  drawText(part.texts[k], part.colours[k], line);
  if (info.expects) {
    make("td", columns.expected.values[part.expected[k]] || "–", line).dir = "auto";
  }
  if (info.compares) {
    const disagree = part.disagree[k];
    const cell = make("td", ["–", "agree", ""][disagree + 1], line);
    if (disagree > 0) make("em", "disagree", cell).className = "unequal";
  }
  part.models.forEach((model, i) => {
    const cell = make("td", "", line);
    const label = model.labels[k];
    if (label < 0) {
      cell.textContent = "–";
      line.append(document.createElement("td"), document.createElement("td"));
      return;
    }
    cell.dir = "auto";
    const link = make("a", columns.labels.values[label], cell);
    link.href = `inputs/${info.links[i]}-${part.positions[k] + 1}.html`;
    make("td", columns.confidences.values[model.confidences[k]], line).className = "num";
    const [why, said] = columns.checks.values[model.checks[k]];
    const notes = make("td", "", line);
    if (why) notes.dataset.why = why;
    said.forEach(([kind, words], place) => {
      if (place) notes.append(", ");
      if (kind) make("em", words, notes).className = kind;
      else notes.append(words);
    });
  });
  return line;
}

/**
 * @param {string} text
 * @param {string} colours
 * @param {Element} line
 */
function drawText(text, colours, line) {
  const head = make("th", colours ? "" : text || "(empty)", line);
  head.scope = "row";
  head.dir = "auto";
  if (!colours) return;
  const whole = make("span", "", head);
  whole.className = "coloured";
  const given = colours.split(" ");
  let at = 0;
  for (let i = 0; i < given.length; i += 3) {
    const start = at + Number(given[i]);
    const end = start + Number(given[i + 1]);
    whole.append(text.slice(at, start));
    make("span", text.slice(start, end), whole).className = given[i + 2];
    at = end;
  }
  whole.append(text.slice(at));
}

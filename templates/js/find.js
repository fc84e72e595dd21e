// @ts-check
// Search, filters and sorting of the inputs. The overview's tables say everything there is to
// find; the sidebar's links are looked up there. Nothing is rebuilt, only hidden and moved.
import { all, maybe, one } from "./dom.js";
import { compareKeys, gravity, numberOf, sortButtons, wordsOf } from "./sorting.js";

/**
 * Something that is shown where it is found.
 * @typedef {{ element: HTMLElement, found: boolean }} Part
 */

/**
 * A model's answer to an input; `why` are the reasons to look at it.
 * @typedef {{ href: string, label: string, model: string, why: string, found: boolean }} Answer
 */

const SLICE = 100; // rows shown or hidden before the next frame: laying out a thousand takes long

export function findInputs() {
  if (maybe(".paging", document)) return; // its rows are not all on the page: find_paged.js
  all(".matrix", document, HTMLTableElement).forEach(sortable);
  const form = maybe(".find", document, HTMLFormElement);
  if (!form) return;
  const rows = all(".matrix tbody tr", document, HTMLTableRowElement).map(readRow);
  const answers = new Map(rows.flatMap((row) => row.answers.map((answer) => [answer.href, answer])));
  const items = all(".side .inputs li").flatMap((element) => {
    const answer = answers.get(addressOf(one("a", element)));
    return answer ? [{ element, answer, found: true }] : [];
  });
  /** @type {Part[]} */
  const parts = [...rows, ...items];
  const groups = all(".task, .inputs > div").map((element) => (
    { element, parts: parts.filter((part) => element.contains(part.element)) }
  ));
  const total = new Set(rows.map((row) => row.position)).size;
  const memory = `find ${location.pathname}`;
  let frame = 0;

  /**
   * Show what was found, from the top; a later question drops what is left of an earlier one.
   * @param {Part[][]} lists
   */
  function show(lists) {
    cancelAnimationFrame(frame);
    for (const list of lists) {
      for (const part of list.splice(0, SLICE)) part.element.hidden = !part.found;
    }
    const done = !lists.some((list) => list.length);
    for (const { element, parts } of groups) {
      const found = parts.some((part) => part.found);
      if (found || done) element.hidden = !found;
    }
    if (!done) frame = requestAnimationFrame(() => show(lists));
  }

  const update = () => {
    const asked = Object.fromEntries(
      Array.from(new FormData(form), ([name, value]) => [name, String(value)]));
    const words = (asked.text || "").trim().toLowerCase();
    const found = new Set();
    for (const row of rows) {
      const said = row.text.includes(words);
      for (const answer of row.answers) answer.found = said && fits(answer, asked);
      row.found = row.answers.some((answer) => answer.found);
      if (row.found) found.add(row.position);
    }
    for (const item of items) item.found = item.answer.found;
    show([rows, items].map((list) => list.filter((part) => part.element.hidden === part.found)));
    const count = `${found.size.toLocaleString("en")} of ${total.toLocaleString("en")} `;
    one("output", form).textContent = count + (total === 1 ? "input" : "inputs");
    one("button[type=reset]", form).hidden = !Object.values(asked).some(Boolean);
    remember(memory, JSON.stringify(asked));
  };

  /** @param {Record<string, string>} asked */
  const ask = (asked) => {
    for (const [name, value] of Object.entries(asked)) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement
        || field instanceof RadioNodeList) field.value = value;
    }
    update();
  };

  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const links = all(items.length ? ".side .inputs a" : ".matrix tbody a");
    const first = links.find((link) => answers.get(addressOf(link))?.found);
    if (first) first.click();
  });
  window.addEventListener("pageshow", update); // a browser may have filled the form in again
  form.hidden = false;
  offerRest(ask);
  ask(JSON.parse(recall(memory) || "{}"));
}

/** @param {HTMLElement} link */
const addressOf = (link) => link.getAttribute("href") || "";

/** @param {HTMLTableRowElement} element */
function readRow(element) {
  /** @type {string[]} */
  const models = JSON.parse(element.closest("tbody")?.dataset.models || "[]");
  const cells = Array.from(element.cells);
  const answers = cells.flatMap((cell, place) => all("a", cell).map((link) => {
    const before = cells.length - place; // three cells for each model, at the end
    return {
      href: addressOf(link),
      label: link.textContent,
      model: models[models.length - before / 3],
      why: cells[place + 2].dataset.why || "",
      found: true,
    };
  }));
  return {
    element, answers, position: cells[0].textContent, text: element.textContent.toLowerCase(),
    found: true,
  };
}

/**
 * @param {Answer} answer
 * @param {Record<string, string>} asked
 */
function fits(answer, { why, label, model }) {
  return (!why || (why === "any" ? answer.why !== "" : answer.why.includes(why)))
    && (!label || answer.label === label) && (!model || answer.model === model);
}

/**
 * "and 4 more" becomes a button that shows all of them in the tables.
 * @param {(asked: Record<string, string>) => void} ask
 */
export function offerRest(ask) {
  for (const more of all("#overview .more")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = more.textContent;
    more.replaceChildren(button);
    button.addEventListener("click", () => {
      ask({ text: "", why: "any", label: "", model: "" });
      one(".task:not([hidden])", document).scrollIntoView();
    });
  }
}

/**
 * Every column sorts by a click on its name, a second one turns it round; inputs without a value
 * stay last.
 * @param {HTMLTableElement} table
 */
function sortable(table) {
  const body = table.tBodies[0];
  sortButtons(table, () => true, (head, turned) => {
    const rows = Array.from(body.rows, (row) => ({ key: sortKey(head, row), row }));
    rows.sort((a, b) => compareKeys(a.key, b.key, turned ? -1 : 1));
    body.append(...rows.map(({ row }) => row));
  });
}

/**
 * @param {HTMLElement} head
 * @param {HTMLTableRowElement} row
 */
function sortKey(head, row) {
  const cell = row.cells[Number(head.dataset.column)];
  if (head.classList.contains("checks")) return gravity(cell.textContent, cell.dataset.why || "");
  return head.classList.contains("num") ? numberOf(cell.textContent) : wordsOf(cell.textContent);
}

/**
 * What was asked for, for this tab's visit; some browsers refuse to keep it, which is all right.
 * @param {string} key
 * @param {string} value
 */
export function remember(key, value) {
  try { sessionStorage.setItem(key, value); } catch { /* not kept */ }
}

/** @param {string} key */
export function recall(key) {
  try { return sessionStorage.getItem(key); } catch { return null; }
}

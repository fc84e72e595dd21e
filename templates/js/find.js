// @ts-check
// Search, filters and sorting of the inputs. The overview's tables say everything there is to
// find; the sidebar's links are looked up there. Nothing is rebuilt, only hidden and moved. Of many
// rows a page at a time is shown.
import { columnFilter, fillForm, offerElsewhere, readForm } from "./asking.js";
import { all, maybe, one } from "./dom.js";
import { openPager } from "./pager.js";
import { compareKeys, gravity, numberOf, sortButtons, wordsOf } from "./sorting.js";

/**
 * Something that is shown where it is found; rows that are on another page are `elsewhere`.
 * @typedef {{ element: HTMLElement, found: boolean, elsewhere?: boolean }} Part
 */

/**
 * A model's answer to an input; `why` are the reasons to look at it.
 * @typedef {{ href: string, label: string, model: string, why: string, found: boolean }} Answer
 */

const SLICE = 100; // rows shown or hidden before the next frame: laying out a thousand takes long

export function findInputs() {
  if (maybe(".lists", document)) return; // its rows are not all on the page: find_paged.js
  const form = maybe(".find", document, HTMLFormElement);
  /** @type {() => void} */
  let sorted = () => {};
  all(".matrix", document, HTMLTableElement).forEach((table) => sortable(table, () => sorted()));
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
  const fitColumns = columnFilter(form);
  const rowOf = new Map(rows.map((row) => [row.element, row]));
  const pages = all(".task").flatMap((task) => {
    const pager = maybe(".pager[data-shown]", task);
    const body = one(".matrix", task, HTMLTableElement).tBodies[0];
    return pager ? [openPages(task, pager, Number(pager.dataset.shown), body)] : [];
  });
  let frame = 0;

  /**
   * @param {HTMLElement} task
   * @param {HTMLElement} pager
   * @param {number} shown
   * @param {HTMLTableSectionElement} body
   */
  function openPages(task, pager, shown, body) {
    const turn = openPager(pager, () => {
      turnTo();
      show([left(rows)]);
      if (task.getBoundingClientRect().top < 0) task.scrollIntoView({ behavior: "instant" });
    });

    /** Tell the rows that are found on which page they are. */
    function turnTo() {
      const found = Array.from(body.rows, (row) => rowOf.get(row)).filter((row) => row?.found);
      turn.show(one("output", task), found.length, shown);
      found.forEach((row, i) => {
        if (row) row.elsewhere = Math.floor(i / shown) !== turn.page - 1;
      });
    }
    return { turn, turnTo };
  }

  /** @param {Part[]} list */
  const left = (list) => list.filter(({ element, found, elsewhere }) =>
    element.hidden === found || element.classList.contains("elsewhere") !== Boolean(elsewhere));

  /**
   * Show what was found, from the top; a later question drops what is left of an earlier one.
   * @param {Part[][]} lists
   */
  function show(lists) {
    cancelAnimationFrame(frame);
    for (const list of lists) {
      for (const { element, found, elsewhere } of list.splice(0, SLICE)) {
        element.hidden = !found;
        element.classList.toggle("elsewhere", Boolean(elsewhere));
      }
    }
    const done = !lists.some((list) => list.length);
    for (const { element, parts } of groups) {
      const found = parts.some((part) => part.found);
      if (found || done) element.hidden = !found;
    }
    if (!done) frame = requestAnimationFrame(() => show(lists));
  }

  const update = () => {
    const asked = readForm(form);
    const words = asked.text.toLowerCase();
    const fitting = fitColumns();
    const found = new Set();
    for (const row of rows) {
      const said = row.text.includes(words) && fitting(row.columns);
      for (const answer of row.answers) answer.found = said && fits(answer, asked);
      row.found = row.answers.some((answer) => answer.found);
      if (row.found) found.add(row.position);
    }
    for (const item of items) item.found = item.answer.found;
    for (const { turn, turnTo } of pages) {
      turn.page = 1;
      turnTo();
    }
    show([left(rows), left(items)]);
    const count = `${found.size.toLocaleString("en")} of ${total.toLocaleString("en")} `;
    one("output", form).textContent = count + (total === 1 ? "input" : "inputs");
    one("button[type=reset]", form).hidden = !Object.values(asked).some(Boolean);
    remember(memory, JSON.stringify(asked));
  };

  /** @param {Record<string, string>} asked */
  const ask = (asked) => {
    fillForm(form, asked);
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
  offerElsewhere(form, ask);
  sorted = () => {
    for (const { turn, turnTo } of pages) {
      turn.page = 1;
      turnTo();
    }
    show([left(rows)]);
  };
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
    columns: (element.dataset.columns || "").split(" ").map(Number),
    found: true, elsewhere: false,
  };
}

/**
 * @param {Answer} answer
 * @param {import("./types").Question} asked
 */
function fits(answer, { why, label, model }) {
  return (!why || (why === "any" ? answer.why !== "" : answer.why.includes(why)))
    && (!label || answer.label === label) && (!model || answer.model === model);
}

/**
 * Every column sorts by a click on its name, a second one turns it round; inputs without a value
 * stay last.
 * @param {HTMLTableElement} table
 * @param {() => void} act what to do then
 */
function sortable(table, act) {
  const body = table.tBodies[0];
  sortButtons(table, () => true, (head, turned) => {
    const rows = Array.from(body.rows, (row) => ({ key: sortKey(head, row), row }));
    rows.sort((a, b) => compareKeys(a.key, b.key, turned ? -1 : 1));
    body.append(...rows.map(({ row }) => row));
    act();
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

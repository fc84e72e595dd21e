// @ts-check
// A large run's table, shown a page at a time: turning pages, sorting, and drawing the rows found.
import { openColumns } from "./columns.js";
import { all, data, maybe, one } from "./dom.js";
import { openPager } from "./pager.js";
import { drawRow } from "./row.js";
import { gravity, numberOf, ranksOf, sortButtons, sortRows, wordsOf } from "./sorting.js";

/** @import { PagedTable } from "./types" */

/**
 * By which column rows are sorted, and whether in reverse; null is the order of the inputs.
 * @typedef {{ column: number, turned: boolean } | null} Sort
 */

const AT_ONCE = 25; // rows drawn before the next frame

/**
 * @param {HTMLElement} task
 * @param {(book: Book, what: "page" | "sort") => void} act what to do when a reader turns a page
 */
export function openBook(task, act) {
  const info = /** @type {PagedTable} */ (data(task));
  const table = one("table.matrix", task, HTMLTableElement);
  const turn = openPager(one(".pager", task), () => act(book, "page"));
  const columns = openColumns(info);
  /** @type {number[] | null} */
  let shown = Array.from(table.tBodies[0].rows, (_, i) => i);
  let frame = 0;

  const book = {
    task, info, columns,
    /** @type {number[] | null} the rows found, null for all of them as they are */
    found: null,
    complete: true,
    get page() { return turn.page; },
    set page(page) { turn.page = page; },
    /** @type {Sort} */
    sort: null,
    count, order, draw, showSort, firstLink,
  };

  function count() {
    return book.found ? book.found.length : info.rows;
  }

  /** Sort what was found. */
  function order() {
    if (!book.sort) return;
    const rows = book.found || Array.from({ length: info.rows }, (_, i) => i);
    book.found = sortRows(rows, ranking(book.sort.column), book.sort.turned);
  }

  /**
   * What tells the rank of a row by a column; of rows that are not loaded it is -1.
   * @param {number} column
   * @returns {(row: number) => number}
   */
  function ranking(column) {
    if (column === 0) return (row) => row;
    const { expected, labels, confidences, checks } = columns;
    const first = 2 + Number(info.expects) + Number(info.compares);
    if (column < first) {
      const compared = info.compares && column === first - 1;
      const ranks = ranksOf(expected.values, wordsOf);
      return rankIn((part, k) => (compared ? part.disagree[k] : ranks[part.expected[k]]));
    }
    const model = Math.floor((column - first) / 3);
    const kind = /** @type {const} */ (["labels", "confidences", "checks"])[(column - first) % 3];
    const ranks = {
      labels: () => ranksOf(labels.values, wordsOf),
      confidences: () => ranksOf(confidences.values, numberOf),
      checks: () => ranksOf(checks.values, ([why, said]) => gravity(said.length ? "said" : "", why)),
    }[kind]();
    return rankIn((part, k) => ranks[part.models[model][kind][k]] ?? -1);
  }

  /** @type {(rank: (part: import("./columns.js").Part, k: number) => number) => (row: number) => number} */
  function rankIn(rank) {
    return (row) => {
      const place = columns.at(row);
      return place ? rank(place.part, place.k) : -1;
    };
  }

  /**
   * Show the rows of the page, and where in the table they are. Rows whose file is not there yet
   * are shown when it has come, unless something else is asked for until then.
   */
  async function draw() {
    turn.show(one("output", task), count(), info.shown, book.complete);
    const start = (book.page - 1) * info.shown;
    const { found } = book;
    const rows = found
      ? found.slice(start, start + info.shown)
      : Array.from({ length: Math.min(info.shown, info.rows - start) }, (_, i) => start + i);
    if (shown && same(rows, shown)) return;
    shown = null;
    const missing = rows.filter((row) => !columns.at(row));
    if (missing.length) {
      const { page } = book;
      table.setAttribute("aria-busy", "true");
      try {
        await Promise.all(missing.map((row) => columns.load(Math.floor(row / info.loaded))));
      } catch { /* what is there is shown */ }
      if (book.found !== found || book.page !== page || shown) return;
    }
    table.removeAttribute("aria-busy");
    const there = rows.filter((row) => columns.at(row));
    if (there.length === rows.length) shown = rows;
    else one("output", task).textContent += "; a file beside this page did not load";
    cancelAnimationFrame(frame);
    fillIn(there, 0);
  }

  /**
   * Put rows in the place of those that are there, the first at once: laying out all takes longer
   * than a reader should wait for an answer to a key.
   * @param {number[]} rows
   * @param {number} start
   */
  function fillIn(rows, start) {
    const body = table.tBodies[0];
    const end = Math.min(start + AT_ONCE, rows.length);
    for (let i = start; i < end; i += 1) {
      const place = columns.at(rows[i]);
      if (!place) continue;
      const line = drawRow(info, columns, place.part, place.k);
      if (body.rows[i]) body.rows[i].replaceWith(line);
      else body.append(line);
    }
    if (end < rows.length) frame = requestAnimationFrame(() => fillIn(rows, end));
    else while (body.rows.length > end) body.rows[end].remove();
  }

  function showSort() {
    for (const head of all("th[aria-sort]", table)) head.removeAttribute("aria-sort");
    if (!book.sort) return;
    const head = maybe(`th[data-column="${book.sort.column}"]`, table);
    head?.setAttribute("aria-sort", book.sort.turned ? "descending" : "ascending");
  }

  /**
   * The link to the first answer found.
   * @param {import("./types").Question} asked
   */
  function firstLink(asked) {
    const row = shown?.[0];
    const place = row === undefined ? null : columns.at(row);
    const links = all("tbody tr:first-child a", table);
    if (!place) return links[0];
    const fits = place.part.models.findIndex((_, i) => {
      const model = info.models[i];
      return (!asked.model || model === asked.model)
        && columns.fitting(place.part, { ...asked, model })(place.k);
    });
    const there = place.part.models.slice(0, fits).filter(({ labels }) => labels[place.k] >= 0);
    return links[there.length];
  }

  // Texts are all different: sorting them would take long, and tell little.
  const first = 2 + Number(info.expects) + Number(info.compares);
  const wordy = (/** @type {number} */ column) => column === 1
    || (info.wordy && (column === 2 || (column >= first && (column - first) % 3 === 0)));
  sortButtons(table, (column) => !wordy(column), (head, turned) => {
    book.sort = { column: Number(head.dataset.column), turned };
    if (!book.sort.column && !turned) book.sort = null;
    book.page = 1;
    act(book, "sort");
  });
  turn.show(one("output", task), info.rows, info.shown);
  return book;
}

/** @typedef {ReturnType<typeof openBook>} Book */

/** @type {(rows: number[], others: number[]) => boolean} */
const same = (rows, others) =>
  rows.length === others.length && rows.every((row, i) => row === others[i]);

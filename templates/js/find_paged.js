// @ts-check
// Search, filters and pages of a large run's index, over columns that are loaded by parts. The work
// is done in slices of a few milliseconds, the first rows found are shown first, and what is asked
// for stands in the address (#find?text=dull&page=3), so that links and the way back lead to it.
import { fillForm, offerElsewhere, readForm } from "./asking.js";
import { openBook } from "./book.js";
import { all, maybe, one } from "./dom.js";
import { recall, remember } from "./find.js";

/** @import { Question } from "./types" */

const SLICE = 12; // ms of work before the browser can do something else
const TOLD = 250; // ms between two interim counts
const KEPT = 300; // ms after the last key until the address has it
const ADDRESS = "#find?";

export function findPaged() {
  const found = maybe(".find", document, HTMLFormElement);
  const tasks = all(".task").filter((task) => maybe(".lists", task));
  if (!found || !tasks.length) return;
  const form = found;
  const books = tasks.map((task) => openBook(task, (book, what) => {
    note("pushState");
    if (what === "sort") search();
    else book.draw();
    if (book.task.getBoundingClientRect().top < 0) book.task.scrollIntoView({ behavior: "instant" });
  }));
  const output = one("output", form);
  const total = Number(output.dataset.total);
  const memory = `find ${location.pathname}`;
  let turn = 0;
  let pending = 0;
  let known = ""; // what is asked for, as in the address
  let plain = true; // whether that is all inputs

  /** @returns {Question} */
  function question() {
    const asked = readForm(form);
    return { ...asked, text: asked.text.toLowerCase() };
  }

  /** Look for what is asked for; a later question ends the search for an earlier one. */
  async function search() {
    turn += 1;
    const mine = turn;
    const asked = question();
    plain = !Object.values(asked).some(Boolean);
    one("button[type=reset]", form).hidden = plain;
    let begun = performance.now();
    let told = begun;
    let searched = 0;
    let lost = 0;
    for (const book of books) {
      book.found = plain && !book.sort ? null : [];
      book.complete = plain && !book.sort;
    }
    for (const book of books) {
      book.showSort();
      let drawn = false;
      for (let i = 0; book.found && i < book.columns.parts.length; i += 1) {
        const slow = performance.now() - begun > SLICE;
        if (slow && performance.now() - told > TOLD) {
          told = performance.now();
          tell(`, ${searched.toLocaleString("en")} searched so far`);
        }
        if (!book.columns.parts[i]) {
          await book.columns.load(i).catch(() => { lost += 1; });
          await pause();
          begun = performance.now();
        } else if (slow) {
          await pause();
          begun = performance.now();
        }
        if (mine !== turn) return;
        book.columns.search(i, asked, book.found);
        searched += Math.min(book.info.loaded, book.info.rows - i * book.info.loaded);
        if (!drawn && !book.sort && book.found.length >= book.page * book.info.shown) {
          drawn = true;
          book.task.hidden = false;
          book.draw();
        }
      }
      if (book.found && book.sort) book.order();
      book.complete = true;
      book.task.hidden = !book.count();
      book.draw();
    }
    tell(lost ? `; ${lost} of the files beside this page did not load` : "");
  }

  /** @param {string} rest */
  function tell(rest) {
    const amount = count().toLocaleString("en");
    output.textContent = `${amount} of ${total.toLocaleString("en")} inputs${rest}`;
  }

  /** How many inputs were found: one may stand in several tables. */
  function count() {
    if (plain) return total;
    if (books.length === 1) return books[0].count();
    const found = new Set();
    for (const { found: rows, columns } of books) {
      for (const row of rows || []) {
        const place = columns.at(row);
        if (place) found.add(place.part.positions[place.k]);
      }
    }
    return found.size;
  }

  /**
   * Keep what is asked for in the address: as a new step of the way back, or in place of the last.
   * @param {"pushState" | "replaceState"} how
   */
  function note(how) {
    const pairs = new URLSearchParams();
    for (const [key, value] of Object.entries(readForm(form))) if (value) pairs.set(key, value);
    books.forEach(({ page, sort }, i) => {
      const which = i ? String(i + 1) : "";
      if (page > 1) pairs.set(`page${which}`, String(page));
      if (sort) pairs.set(`sort${which}`, `${sort.turned ? "-" : ""}${sort.column}`);
    });
    const asked = pairs.toString();
    if (asked !== known) write(how, asked);
  }

  /**
   * @param {"pushState" | "replaceState"} how
   * @param {string} asked
   */
  function write(how, asked) {
    known = asked;
    remember(memory, asked);
    const here = location.href.split("#")[0];
    try {
      history[how](null, "", asked ? `${here}${ADDRESS}${asked}` : here);
    } catch { /* some frames have no history; the page works without */ }
  }

  /**
   * Ask for what an address says.
   * @param {string} asked
   */
  function follow(asked) {
    known = asked;
    const given = new URLSearchParams(asked);
    fillForm(form, Object.fromEntries(given));
    books.forEach((book, i) => {
      const which = i ? String(i + 1) : "";
      const [, turned, column] = /^(-?)(\d+)$/.exec(given.get(`sort${which}`) || "") || [];
      book.sort = column ? { column: Number(column), turned: turned === "-" } : null;
      book.page = Math.max(1, Math.round(Number(given.get(`page${which}`))) || 1);
    });
    return search();
  }

  /** @param {"pushState" | "replaceState"} how */
  function ask(how) {
    for (const book of books) book.page = 1;
    note(how);
    return search();
  }

  const followAddress = () => {
    const { hash } = location;
    if (hash && !hash.startsWith(ADDRESS)) return; // of another place on the page
    const asked = hash.slice(ADDRESS.length);
    if (asked !== known) follow(asked);
  };

  /** Rows are asked for as soon as someone is about to search. */
  const prepare = async () => {
    for (const { columns } of books) {
      for (let i = 0; i < columns.parts.length; i += 1) {
        await columns.load(i).catch(() => {});
        await pause();
      }
    }
  };

  form.addEventListener("focusin", prepare, { once: true });
  form.addEventListener("input", ({ target }) => {
    clearTimeout(pending);
    if (!(target instanceof HTMLInputElement) || target.type === "radio") return ask("pushState");
    for (const book of books) book.page = 1;
    pending = setTimeout(() => note("replaceState"), KEPT); // browsers refuse too many changes
    return search();
  });
  form.addEventListener("reset", () => setTimeout(() => {
    for (const book of books) book.sort = null;
    ask("pushState");
  }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    note("replaceState");
    const book = books.find((one) => !one.task.hidden);
    book?.firstLink(question())?.click();
  });
  offerElsewhere(form, (asked) => {
    fillForm(form, asked);
    ask("pushState");
  });
  window.addEventListener("popstate", followAddress);
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) return;
    fillForm(form, {}); // a browser may have filled it in again
    const kept = location.hash ? "" : recall(memory) || "";
    if (kept) {
      write("replaceState", kept);
      follow(kept);
    } else if (location.hash.startsWith(ADDRESS)) {
      follow(location.hash.slice(ADDRESS.length));
      const [navigation] = performance.getEntriesByType("navigation");
      const came = navigation instanceof PerformanceNavigationTiming && navigation.type === "navigate";
      if (came && books[0].page > 1) books[0].task.scrollIntoView({ behavior: "instant" });
    }
  });
  form.hidden = false;
}

/** Let the browser draw and listen. */
function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
}

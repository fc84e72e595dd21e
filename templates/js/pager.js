// @ts-check
// The buttons and the field that turn the pages of a table.
import { all, one } from "./dom.js";

/** @param {number} amount */
const written = (amount) => amount.toLocaleString("en");

/**
 * @param {HTMLElement} pager
 * @param {() => void} act what to do when a reader turns a page
 */
export function openPager(pager, act) {
  const [before, after] = all("button", pager, HTMLButtonElement);
  const field = one("input", pager, HTMLInputElement);
  const turn = { page: 1, last: 1, show };

  /**
   * Say where in the table one is; the page is at most the last.
   * @param {HTMLElement} output
   * @param {number} amount rows of all pages
   * @param {number} shown rows of a page
   * @param {boolean} complete whether all rows are known
   */
  function show(output, amount, shown, complete = true) {
    turn.last = Math.max(1, Math.ceil(amount / shown));
    if (complete) turn.page = Math.min(turn.page, turn.last);
    const first = (turn.page - 1) * shown;
    const end = Math.min(first + shown, amount);
    output.textContent = end > first
      ? `Rows ${written(first + 1)} to ${written(end)} of ${written(amount)}` : "No rows";
    field.value = String(turn.page);
    field.max = String(turn.last);
    one("span", pager).textContent = `of ${written(turn.last)}`;
    before.setAttribute("aria-disabled", String(turn.page <= 1));
    after.setAttribute("aria-disabled", String(turn.page >= turn.last));
  }

  /** @param {number} page */
  function to(page) {
    const wanted = Math.min(Math.max(1, page), turn.last);
    if (wanted !== turn.page) {
      turn.page = wanted;
      act();
    }
    field.value = String(turn.page);
  }

  before.addEventListener("click", () => to(turn.page - 1));
  after.addEventListener("click", () => to(turn.page + 1));
  field.addEventListener("change", () => to(Math.round(Number(field.value)) || 1));
  pager.hidden = false;
  return turn;
}

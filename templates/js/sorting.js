// @ts-check
// By what the tables of predictions are sorted: numbers, words, gravity. Null comes last.
import { all } from "./dom.js";

const GRAVITY = "emfcwdtl"; // reasons to look at an input, the gravest first

/**
 * The names of columns become buttons; a second click turns the order round.
 * @param {HTMLTableElement} table
 * @param {(column: number) => boolean} offered
 * @param {(head: HTMLElement, turned: boolean) => void} act
 */
export function sortButtons(table, offered, act) {
  const heads = all("th[data-column]", table);
  for (const head of heads) {
    if (!offered(Number(head.dataset.column))) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const turned = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", turned ? "descending" : "ascending");
      act(head, turned);
    });
  }
}

/** @param {string} text */
export function numberOf(text) {
  const given = text.trim();
  if (given === "" || given === "–") return null;
  return parseFloat(given.replace(/[<>,]/g, "")) + (given[0] === ">" ? 0.0005 : 0);
}

/** @param {string} text */
export function wordsOf(text) {
  const given = text.trim();
  return given === "" || given === "–" ? null : given.toLowerCase();
}

/**
 * @param {string} text
 * @param {string} why
 */
export function gravity(text, why) {
  if (!text) return null;
  return why ? GRAVITY.indexOf(why[0]) : GRAVITY.length;
}

/**
 * @param {string | number | null} a
 * @param {string | number | null} b
 * @param {number} direction
 */
export function compareKeys(a, b, direction) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === "number" && typeof b === "number") return direction * (a - b);
  return direction * String(a).localeCompare(String(b));
}

/**
 * The places of `values` when sorted; equal ones share theirs, null is -1.
 * @template Value
 * @param {Value[]} values
 * @param {(value: Value) => string | number | null} keyOf
 */
export function ranksOf(values, keyOf) {
  const keys = values.map(keyOf);
  const order = keys.map((_, i) => i).sort((a, b) => compareKeys(keys[a], keys[b], 1));
  const ranks = new Int32Array(values.length).fill(-1);
  let rank = -1;
  order.forEach((i, place) => {
    if (keys[i] === null) return;
    if (!place || keys[i] !== keys[order[place - 1]]) rank += 1;
    ranks[i] = rank;
  });
  return ranks;
}

/**
 * Put rows into the order of their ranks, those without one last; equal ones stay as they are. The
 * browser sorts numbers a hundred times as fast as it calls a function for every two.
 * @param {number[]} rows
 * @param {(row: number) => number} rankOf
 * @param {boolean} turned
 */
export function sortRows(rows, rankOf, turned) {
  const ranks = Int32Array.from(rows, rankOf);
  const last = ranks.reduce((most, rank) => Math.max(most, rank), 0) + 1;
  const keys = Float64Array.from(ranks, (rank, i) =>
    (rank < 0 ? last : turned ? last - 1 - rank : rank) * rows.length + i);
  keys.sort();
  return Array.from(keys, (key) => rows[key % rows.length]);
}

// @ts-check
// What the two kinds of search share: the form's fields, and what elsewhere on the page asks for
// inputs by them.
import { all, data, maybe } from "./dom.js";

/** @import { Question } from "./types" */

const NAMES = ["text", "why", "label", "model"];
const COLUMN = "in."; // before the names of columns: in.source=news

/** @param {HTMLFormElement} form */
const columnFields = (form) => [
  ...all("select", form, HTMLSelectElement), ...all("input", form, HTMLInputElement),
].filter(({ name }) => name.startsWith(COLUMN));

/**
 * What is asked for, all in it, and nothing where nothing is.
 * @param {HTMLFormElement} form
 */
export function readForm(form) {
  const given = new FormData(form);
  const columns = columnFields(form).map(({ name }) => name);
  const asked = [...NAMES, ...columns].map((name) => [name, String(given.get(name) || "").trim()]);
  return /** @type {Question} */ (Object.fromEntries(asked));
}

/**
 * Ask for this; what is not named, for nothing.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} asked
 */
export function fillForm(form, asked) {
  for (const name of Object.keys(readForm(form))) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement
      || field instanceof RadioNodeList) field.value = asked[name] || "";
  }
}

/**
 * The columns that are asked for, by name, and the values.
 * @param {Question} asked
 */
export const columnsAsked = (asked) => Object.entries(asked)
  .filter(([name, value]) => name.startsWith(COLUMN) && value)
  .map(([name, value]) => /** @type {const} */ ([name.slice(COLUMN.length), value]));

/**
 * The place of what was chosen or typed among a column's values; -1 for none of them.
 * @param {string[]} values
 * @param {string} value
 */
export function placeOf(values, value) {
  const place = values.indexOf(value);
  return place < 0 ? values.findIndex((one) => one.toLowerCase() === value.toLowerCase()) : place;
}

/**
 * What tells whether a row, by its codes, is what the columns are asked for.
 * @param {HTMLFormElement} form
 */
export function columnFilter(form) {
  const fields = columnFields(form);
  const order = new Map(all("[name]", form).map((field, i) => [field, i]));
  fields.sort((a, b) => Number(order.get(a)) - Number(order.get(b)));
  const values = fields.length ? /** @type {string[][]} */ (data(form)) : [];
  return () => {
    const wanted = fields.flatMap(({ value }, i) => (
      value.trim() ? [[i, placeOf(values[i], value.trim())]] : []));
    return (/** @type {number[]} */ codes) =>
      wanted.every(([i, code]) => code >= 0 && codes[i] === code);
  };
}

/**
 * "and 4 more" becomes a button that shows all of them in the tables; so does the name of a slice
 * ("data-slice": its column, or "word", an equals sign and the value).
 * @param {HTMLFormElement} form
 * @param {(asked: Record<string, string>) => void} ask
 */
export function offerElsewhere(form, ask) {
  /** @param {Record<string, string>} asked */
  const show = (asked) => {
    ask(asked);
    maybe(".task:not([hidden])", document)?.scrollIntoView();
  };
  for (const more of all("#overview .more")) {
    asButton(more).addEventListener("click", () => show({ why: "any" }));
  }
  for (const slice of all("#overview [data-slice]")) {
    const [, by, value] = /^(.*?)=(.*)$/s.exec(slice.dataset.slice || "") || [];
    const name = by === "word" ? "text" : COLUMN + by;
    if (!value || !form.elements.namedItem(name)) continue;
    const link = slice.matches("a, button") ? slice : asButton(maybe("th bdi", slice) || slice);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show({ [name]: value });
    });
  }
}

/** @param {HTMLElement} element */
function asButton(element) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = element.textContent;
  element.replaceChildren(button);
  return button;
}

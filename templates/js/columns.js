// @ts-check
// The rows of a large run's table: columns in files of some thousand rows each, loaded as they are
// asked for. Text is searched as one lower-cased string for each file, all else by small numbers.
import { columnsAsked, placeOf } from "./asking.js";
import { runScript } from "./dom.js";

/** @import { CheckNotes, CodedColumn, PagedTable, Question, RowColumns } from "./types" */

/**
 * What waits for the columns of a file, by its name.
 * @type {Map<string, (columns: RowColumns) => void>}
 */
const awaited = new Map();

/**
 * @param {string} source
 * @returns {Promise<RowColumns>}
 */
function fetchRows(source) {
  window.reportgenRows = (name, columns) => {
    awaited.get(name)?.(columns);
    awaited.delete(name);
  };
  return new Promise((resolve, reject) => {
    awaited.set(source.split("?")[0], resolve);
    runScript(source).catch(reject);
  });
}

/**
 * The different values of a column over all files, in the order in which they came.
 * @template Value
 * @param {(value: Value) => string} keyOf
 */
function valuesOf(keyOf) {
  /** @type {Value[]} */
  const values = [];
  /** @type {Map<string, number>} */
  const places = new Map();

  /** @param {CodedColumn<Value>} column */
  function add(column) {
    const codes = column.values.map((value) => {
      const key = keyOf(value);
      let place = places.get(key);
      if (place === undefined) {
        place = values.push(value) - 1;
        places.set(key, place);
      }
      return place;
    });
    return Int32Array.from(column.codes, (code) => (code < 0 ? -1 : codes[code]));
  }
  return { values, add };
}

/**
 * A file's rows; the codes of a model's answers are -1 where it has none.
 * @typedef {{
 *   positions: number[], texts: string[], colours: string[], disagree: number[],
 *   expected: Int32Array,
 *   models: { labels: Int32Array, confidences: Int32Array, checks: Int32Array }[],
 *   columns: Int32Array[],
 *   lines: string, starts: Uint32Array,
 * }} Part
 */

/** @param {PagedTable} info */
export function openColumns(info) {
  const expected = valuesOf((/** @type {string} */ text) => text);
  const labels = valuesOf((/** @type {string} */ text) => text);
  const confidences = valuesOf((/** @type {string} */ text) => text);
  const checks = valuesOf((/** @type {CheckNotes} */ notes) => JSON.stringify(notes));
  const known = info.columns.map(() => valuesOf((/** @type {string} */ text) => text));
  /** @type {(Part | null)[]} */
  const parts = info.parts.map(() => null);
  /** @type {Map<number, Promise<Part>>} */
  const coming = new Map();

  /**
   * @param {RowColumns} columns
   * @returns {Part}
   */
  function read(columns) {
    const part = {
      ...columns,
      expected: expected.add(columns.expected),
      models: columns.models.map((model) => ({
        labels: labels.add(model.labels),
        confidences: confidences.add(model.confidences),
        checks: checks.add(model.checks),
      })),
      columns: columns.columns.map((column, i) => known[i].add(column)),
    };
    return { ...part, ...searchable(part) };
  }

  /**
   * All that a row shows, in lower case, a line each.
   * @param {Omit<Part, "lines" | "starts">} part
   */
  function searchable(part) {
    const said = checks.values.map(([, notes]) => notes.map(([, words]) => words).join(", "));
    let text = "";
    part.texts.forEach((row, k) => {
      text += `${part.positions[k] + 1} ${row} ${expected.values[part.expected[k]]}`;
      if (info.compares) text += [" –", " agree", " disagree"][part.disagree[k] + 1];
      for (const model of part.models) {
        if (model.labels[k] < 0) continue;
        text += ` ${labels.values[model.labels[k]]} ${confidences.values[model.confidences[k]]}`;
        text += ` ${said[model.checks[k]]}`;
      }
      text += "\n";
    });
    const lines = text.toLowerCase();
    const starts = new Uint32Array(part.texts.length + 1);
    for (let k = 0; k < part.texts.length; k += 1) starts[k + 1] = lines.indexOf("\n", starts[k]) + 1;
    return { lines, starts };
  }

  /**
   * The rows of a file, loaded once.
   * @param {number} i
   */
  function load(i) {
    const begun = coming.get(i);
    if (begun) return begun;
    const rows = fetchRows(info.parts[i]).then((columns) => {
      const part = read(columns);
      parts[i] = part;
      return part;
    });
    coming.set(i, rows);
    rows.catch(() => coming.delete(i)); // asked for again, it may come
    return rows;
  }

  /**
   * What tells whether a row of a file answers a question.
   * @param {Part} part
   * @param {Question} question
   */
  function fitting(part, question) {
    const { why, label, model } = question;
    const fits = Uint8Array.from(checks.values, ([letters]) =>
      Number(!why || (why === "any" ? letters !== "" : letters.includes(why))));
    const wanted = label ? labels.values.indexOf(label) : -1;
    const asked = part.models.filter((_, i) => !model || info.models[i] === model);
    const columns = columnsAsked(question).map(([name, value]) => {
      const i = info.columns.indexOf(name);
      return { codes: part.columns[i], code: i < 0 ? -1 : placeOf(known[i].values, value) };
    });
    const within = (/** @type {number} */ k) =>
      columns.every(({ codes, code }) => code >= 0 && codes[k] === code);
    return (/** @type {number} */ k) => within(k) && asked.some((one) =>
      one.labels[k] >= 0 && fits[one.checks[k]] && (!label || one.labels[k] === wanted));
  }

  /**
   * Add the rows of file `i` that answer a question to what was `found`.
   * @param {number} i
   * @param {Question} asked
   * @param {number[]} found
   */
  function search(i, asked, found) {
    const part = parts[i];
    if (!part) return;
    const { lines, starts } = part;
    const fits = fitting(part, asked);
    const first = i * info.loaded;
    const { text } = asked;
    if (!text) {
      for (let k = 0; k < part.texts.length; k += 1) if (fits(k)) found.push(first + k);
      return;
    }
    let k = 0;
    for (let at = lines.indexOf(text); at >= 0; at = lines.indexOf(text, starts[k])) {
      while (starts[k + 1] <= at) k += 1;
      if (fits(k)) found.push(first + k);
      k += 1;
    }
  }

  /**
   * A row and its file, where that is loaded.
   * @param {number} row
   */
  function at(row) {
    const part = parts[Math.floor(row / info.loaded)];
    return part ? { part, k: row % info.loaded } : null;
  }

  return { parts, load, search, at, fitting, expected, labels, confidences, checks };
}

/** @typedef {ReturnType<typeof openColumns>} Columns */

// @ts-check
// Scores of tokens and words: unpacked from the page's data, scaled, coloured and written.
import { digitsOf } from "./numbers.js";

/** @import { ScoreGroup, Span, TokenData, Unit } from "./types" */

/**
 * What is shown: words or tokens, sizes or signs, one scale of a group or one for each row.
 * @typedef {{ words: boolean, absolute: boolean, shared: boolean }} View
 */

/**
 * The numbers of a group, row by row, and the largest size of each row among tokens, and among
 * words and the tokens that are in none.
 * @typedef {{ tokens: number[][], words: number[][], ends: { tokens: number[], words: number[] } }} Scores
 */

/** @typedef {ReturnType<typeof tokenRows>} TokenRows */

const SHADED = 9; // shades of a hue, as in the stylesheet
const INKS = {
  attention: ["124 92 246"], norm: ["13 148 136"], size: ["124 130 142"],
  signed: ["222 80 38", "38 112 214"],
  muted: ["158 132 124", "118 132 150"], // of scores that are not to be relied on
};

/**
 * Two bytes a number: 32 * m + (e + 20) for m * 10 ** e, three significant digits.
 * @param {string} text
 */
export function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return Array.from(new Int16Array(bytes.buffer), (code) => Number(`${code >> 5}e${(code & 31) - 20}`));
}

/**
 * The rows of an input.
 * @param {TokenData} said
 */
export function tokenRows(said) {
  const special = new Set(said.special);
  const words = said.words.map(([text, first, last], word) => ({ text, first, last, word, special: false }));
  const tokens = said.tokens.map((text, i) => ({ text, first: i, last: i + 1, special: special.has(i) }));
  /** @type {Unit[]} */
  const mixed = []; // words, and the tokens that are in no word
  for (let i = 0; i < tokens.length;) {
    const word = words.find(({ first, last }) => first <= i && i < last);
    mixed.push(word || tokens[i]);
    i = word ? word.last : i + 1;
  }
  /** @type {View} */
  const view = { words: true, absolute: false, shared: true };
  /** @type {Map<ScoreGroup, Scores>} */
  const loaded = new Map();

  /** @param {ScoreGroup} group */
  function load(group) {
    const known = loaded.get(group);
    if (known) return known;
    /** @type {(packed: string, wide: number) => number[][]} */
    const read = (packed, wide) => {
      const flat = unpack(packed);
      return group.rows.map((_, row) => flat.slice(row * wide, (row + 1) * wide));
    };
    const byToken = read(group.values, tokens.length);
    const byWord = group.sums
      ? read(group.sums, words.length)
      : byToken.map((row) => words.map(
        ({ first, last }) => row.slice(first, last).reduce((sum, value) => sum + value, 0)));
    /** @param {Unit[]} list */
    const endsOf = (list) => byToken.map((row, i) => list.reduce((most, unit) => {
      if (holds(unit, off(group, i))) return most;
      return Math.max(most, Math.abs(unit.word === undefined ? row[unit.first] : byWord[i][unit.word]));
    }, 0));
    const scores = {
      tokens: byToken, words: byWord, ends: { tokens: endsOf(tokens), words: endsOf(mixed) } };
    loaded.set(group, scores);
    return scores;
  }

  /** @returns {Unit[]} */
  const units = () => (view.words ? mixed : tokens);

  /** @type {(group: ScoreGroup, row: number, unit: Span) => number} */
  function score(group, row, unit) {
    const scores = load(group);
    return unit.word === undefined ? scores.tokens[row][unit.first] : scores.words[row][unit.word];
  }

  // The tokens that are off the scale of a row.
  /** @type {(group: ScoreGroup, row: number) => number[]} */
  const off = (group, row) => (group.row_off ? group.row_off[row] : group.off || []);

  /** @type {(unit: Span, tokens: number[]) => boolean} */
  const holds = ({ first, last }, list) => list.some((token) => first <= token && token < last);

  /** @param {ScoreGroup} group */
  const isShared = (group) => view.shared && !group.row_off;

  /** @type {(group: ScoreGroup, row: number) => number} */
  function scale(group, row) {
    const ends = load(group).ends[view.words ? "words" : "tokens"];
    return isShared(group) ? Math.max(...ends) : ends[row];
  }

  /** @type {(group: ScoreGroup, row: number, unit: Span) => boolean} */
  const isOff = (group, row, unit) => holds(unit, off(group, row))
    && Math.abs(score(group, row, unit)) > scale(group, row);

  /** @param {ScoreGroup} group */
  const isSigned = (group) => group.hue === "signed" && !view.absolute;

  /** @type {(group: ScoreGroup, row: number, unit: Span) => string} */
  function shade(group, row, unit) {
    const end = scale(group, row);
    const value = score(group, row, unit);
    const step = end > 0 ? Math.min(SHADED, Math.round(SHADED * Math.abs(value) / end)) : 0;
    return step ? prefix(group, value) + step + (isOff(group, row, unit) ? " off" : "") : "";
  }

  /** @type {(group: ScoreGroup, value: number) => string} */
  function prefix(group, value) {
    if (group.hue !== "signed") return group.hue === "norm" ? "v" : "a";
    return view.absolute ? "m" : value < 0 ? "n" : "p";
  }

  /** @type {(group: ScoreGroup, row: number, unit: Span) => string} */
  function ink(group, row, unit) {
    const end = scale(group, row);
    const value = score(group, row, unit);
    const doubted = group.unreliable?.[row] && group.hue === "signed";
    const colors = INKS[doubted ? "muted" : group.hue === "signed" && view.absolute ? "size" : group.hue];
    return `rgb(${colors[isSigned(group) && value < 0 ? 1 : 0]} / ${end > 0 ? Math.min(1, Math.abs(value) / end) : 0})`;
  }

  /** @type {(group: ScoreGroup, value: number) => string} */
  function write(group, value) {
    const text = digitsOf(isSigned(group) ? value : Math.abs(value));
    return (isSigned(group) && value > 0 ? "+" : "") + text + (group.unit && ` ${group.unit}`);
  }

  /** @type {(group: ScoreGroup, row: number) => [low: string, high: string]} */
  function ends(group, row) {
    const end = digitsOf(scale(group, row));
    return [isSigned(group) ? `−${end}` : "0", isSigned(group) ? `+${end}` : end];
  }

  /** @type {(group: ScoreGroup, row: number) => string} */
  function range(group, row) {
    const end = digitsOf(scale(group, row));
    return (isSigned(group) ? `±${end}` : `0 to ${end}`) + (group.unit && ` ${group.unit}`)
      + (group.unreliable?.[row] ? ", not converged" : "");
  }

  /**
   * Its place by size among all words (or tokens): 1 is the largest.
   * @type {(group: ScoreGroup, row: number, unit: Span) => number}
   */
  function rank(group, row, unit) {
    const size = Math.abs(score(group, row, unit));
    return 1 + units().filter((other) => Math.abs(score(group, row, other)) > size).length;
  }

  /** @param {number} token */
  const unitAt = (token) => units().findIndex(({ first, last }) => first <= token && token < last);

  return {
    said, view, units, unitAt, score, shade, ink, write, ends, range, rank, isSigned, isShared, isOff,
  };
}

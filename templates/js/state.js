// @ts-check
// What a reader has chosen in an input's section: token, layer, head, method, map, and how maps are
// shown. It is told
// to every part of the section, and kept in the address (#sentiment-3?token=5&layer=2), so that a
// link points at a finding. Counted from 0 here, from 1 in the address; head 0 is all heads.

/** @import { Choice, ChoicePart } from "./types" */

const CHOICES = /** @type {const} */ (["token", "layer", "head", "method", "map", "view", "scale"]);

/** @type {WeakMap<Element, Choice>} */
const chosen = new WeakMap();

/** @param {Element} card */
export const stateOf = (card) => chosen.get(card) || {};

/**
 * Merge `part` ({layer: 3}; null takes a choice back) into the section's state; its parts hear a
 * "choose" event with the whole state and what changed.
 * @param {Element} card
 * @param {ChoicePart} part
 */
export function choose(card, part) {
  /** @type {ChoicePart} */
  const state = { ...stateOf(card), ...part };
  for (const key of CHOICES) if (state[key] === null) delete state[key];
  tell(card, /** @type {Choice} */ (state), part);
  writeAddress(card);
}

/**
 * @param {Element} card
 * @param {Choice} state
 * @param {ChoicePart} part
 */
function tell(card, state, part) {
  chosen.set(card, state);
  card.dispatchEvent(new CustomEvent("choose", { detail: { state, part } }));
}

/**
 * Tell the section's parts which token the pointer or the focus is on, or null. Not kept.
 * @param {Element} card
 * @param {number | null} token
 */
export function point(card, token) {
  card.dispatchEvent(new CustomEvent("point", { detail: { token } }));
}

/** @param {string} key */
const firstOf = (key) => (key === "token" || key === "layer" ? 1 : 0);

/** @param {Element} card */
export function writeAddress(card) {
  const state = stateOf(card);
  const pairs = new URLSearchParams();
  for (const key of CHOICES) {
    const value = state[key];
    if (value === undefined) continue;
    pairs.set(key, String(typeof value === "number" ? value + firstOf(key) : value));
  }
  const query = pairs.toString();
  try {
    history.replaceState(null, "", `#${card.id}${query ? `?${query}` : ""}`);
  } catch { /* some frames have no history; the page works without */ }
}

/** @param {string} text */
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

/**
 * Make the choices of an address, and return the element it names.
 * @param {string} address
 */
export function readAddress(address) {
  const [id, query] = address.slice(1).split("?");
  const element = document.getElementById(decoded(id));
  const card = element && element.closest("article.card");
  if (!card || !query) return element;
  /** @type {Choice} */
  const state = {};
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === "method" || key === "map" || key === "view" || key === "scale") state[key] = value;
    else if ((key === "token" || key === "layer" || key === "head") && /^\d+$/.test(value)) {
      state[key] = Number(value) - firstOf(key);
    }
  }
  tell(card, state, state);
  return element;
}

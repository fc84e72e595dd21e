// @ts-check
// A text whose tokens can be chosen: one tab stop, arrow keys move, the pointer previews.
import { around, make } from "./dom.js";

/** @import { Piece } from "./types" */

/**
 * @param {HTMLElement} parent
 * @param {Piece[]} pieces
 * @param {string} name
 * @param {{ over: (i: number | null) => void, pick: (i: number) => void }} act
 */
export function makeAttentionText(parent, pieces, name, act) {
  const text = make("p", "", parent);
  text.className = "text looks-text";
  text.dir = "auto";
  text.setAttribute("role", "listbox");
  text.setAttribute("aria-label", name);
  const tokens = pieces.map(([gap, piece, special], i) => {
    if (gap) text.append(gap);
    const token = make("span", piece, text);
    token.setAttribute("role", "option");
    token.setAttribute("aria-selected", "false");
    token.tabIndex = i ? -1 : 0;
    token.dataset.i = String(i);
    return { token, base: special ? "special" : "" };
  });
  /** @param {Event} event */
  const place = (event) => {
    const token = around("[data-i]", event);
    return token ? Number(token.dataset.i) : null;
  };
  let chosenToken = 0;
  /** @type {number | null} */
  let before = null;

  /** @param {number | null} i */
  function over(i) {
    if (i !== before) act.over(i);
    before = i;
  }
  text.addEventListener("pointerover", (event) => over(place(event)));
  text.addEventListener("pointerleave", () => over(null));
  text.addEventListener("click", (event) => {
    const i = place(event);
    if (i !== null) act.pick(i);
  });
  text.addEventListener("keydown", (event) => {
    const forward = getComputedStyle(text).direction === "rtl" ? -1 : 1;
    const last = tokens.length - 1;
    /** @type {Record<string, number | undefined>} */
    const places = {
      ArrowLeft: chosenToken - forward, ArrowRight: chosenToken + forward,
      ArrowUp: chosenToken - 1, ArrowDown: chosenToken + 1,
      Home: 0, End: last,
    };
    const next = places[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act.pick(Math.max(0, Math.min(last, next)));
    tokens[chosenToken].token.focus();
  });

  return {
    /**
     * Colour the tokens by classes; `marked` is looked from or at, `picked` chosen.
     * @param {string[] | null} shades
     * @param {number} marked
     * @param {number} picked
     */
    color(shades, marked, picked) {
      tokens[chosenToken].token.tabIndex = -1;
      tokens[chosenToken].token.setAttribute("aria-selected", "false");
      chosenToken = picked;
      tokens[picked].token.tabIndex = 0;
      tokens[picked].token.setAttribute("aria-selected", "true");
      tokens.forEach(({ token, base }, i) => {
        const name = `${base} ${shades ? shades[i] : ""} ${i === marked ? "from" : ""}`.trim();
        if (token.className !== name) token.className = name;
      });
    },
  };
}

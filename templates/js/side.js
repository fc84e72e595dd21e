// @ts-check
// On narrow screens the list of inputs and the settings are behind a button, so that the answer
// comes first; the stylesheet knows which screens are narrow.
import { maybe } from "./dom.js";

export function foldSide() {
  const button = maybe(".menu", document);
  const side = button?.closest(".side");
  if (!button || !side) return;

  /** @param {boolean} folded */
  const fold = (folded) => {
    side.classList.toggle("folded", folded);
    button.setAttribute("aria-expanded", String(!folded));
  };
  button.addEventListener("click", () => fold(!side.classList.contains("folded")));
  window.addEventListener("hashchange", () => fold(true)); // an input was chosen
  button.hidden = false;
  fold(true);
}

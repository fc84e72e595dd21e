// What a reader has chosen in an input's section: token, layer, head, method and map. It is told
// to every part of the section, and kept in the address (#sentiment-3?token=5&layer=2), so that a
// link points at a finding. Counted from 0 here, from 1 in the address; head 0 is all heads.
const COUNTED = ["token", "layer"];
const CHOICES = [...COUNTED, "head", "method", "map"];
const chosen = new WeakMap();

const stateOf = (card) => chosen.get(card) || {};

// Merge `part` ({layer: 3}; null takes a choice back) into the section's state; its parts hear a
// "choose" event with the whole state and what changed.
function choose(card, part) {
  const state = { ...stateOf(card), ...part };
  for (const key of Object.keys(state)) if (state[key] === null) delete state[key];
  chosen.set(card, state);
  card.dispatchEvent(new CustomEvent("choose", { detail: { state, part } }));
  writeAddress(card);
}

// Tell the section's parts which token the pointer or the focus is on, or null. Not kept.
function point(card, token) {
  card.dispatchEvent(new CustomEvent("point", { detail: { token } }));
}

function writeAddress(card) {
  const state = stateOf(card);
  const pairs = CHOICES.filter((key) => key in state)
    .map((key) => [key, COUNTED.includes(key) ? state[key] + 1 : state[key]]);
  const query = new URLSearchParams(pairs).toString();
  try {
    history.replaceState(null, "", `#${card.id}${query ? `?${query}` : ""}`);
  } catch { /* some frames have no history; the page works without */ }
}

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

// Make the choices of an address, and return the element it names.
function readAddress(address) {
  const [id, query] = address.slice(1).split("?");
  const element = document.getElementById(decoded(id));
  const card = element && element.closest("article.card");
  if (!card || !query) return element;
  const state = {};
  for (const [key, value] of new URLSearchParams(query)) {
    if (!CHOICES.includes(key)) continue;
    if (key === "method" || key === "map") state[key] = value;
    else if (/^\d+$/.test(value)) state[key] = Number(value) - COUNTED.includes(key);
  }
  chosen.set(card, state);
  card.dispatchEvent(new CustomEvent("choose", { detail: { state, part: state } }));
  return element;
}

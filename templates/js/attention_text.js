// A text whose tokens can be chosen: one tab stop, arrow keys move, the pointer previews.
function makeAttentionText(parent, pieces, name, act) {
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
    token.dataset.i = i;
    return { token, base: special ? "special" : "" };
  });
  const place = (event) => {
    const token = event.target.closest("[data-i]");
    return token ? Number(token.dataset.i) : null;
  };
  let chosenToken = 0;
  let before = null;

  function over(i) {
    if (i !== before) act.over(i);
    before = i;
  }
  text.addEventListener("pointerover", (event) => over(place(event)));
  text.addEventListener("pointerleave", () => over(null));
  text.addEventListener("click", (event) => {
    if (place(event) !== null) act.pick(place(event));
  });
  text.addEventListener("keydown", (event) => {
    const forward = getComputedStyle(text).direction === "rtl" ? -1 : 1;
    const next = {
      ArrowLeft: chosenToken - forward, ArrowRight: chosenToken + forward,
      ArrowUp: chosenToken - 1, ArrowDown: chosenToken + 1,
      Home: 0, End: tokens.length - 1,
    }[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const last = tokens.length - 1;
    act.pick(Math.max(0, Math.min(last, next)));
    tokens[chosenToken].token.focus();
  });

  return {
    // Colour the tokens by classes and titles; `marked` is looked from or at, `picked` chosen.
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

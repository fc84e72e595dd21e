// @ts-check
"use strict";
(() => {
  /**
   * What the server says, as reportgen/serve/frame.py tells it.
   * @typedef {{ version: number, page: string, building: boolean, problem: string }} State
   */

  /**
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   */
  function one(tag) {
    const found = document.querySelector(tag);
    if (!found) throw new Error(`not on the page: ${tag}`);
    return found;
  }

  const EVERY = 1000; // milliseconds
  const frame = one("iframe");
  const status = one("section");
  const line = one("p");
  const details = one("pre");
  /** @type {State} */
  let known = JSON.parse(document.body.dataset.state || "");
  let shown = known.page;
  let stale = false;
  let scrolled = 0;

  const inside = () => /** @type {Window} */ (frame.contentWindow);

  // The address keeps the place in the report: this page can be reloaded, and a link to it shared.
  function keepPlace() {
    const there = inside().location;
    if (!frame.hasAttribute("src") || there.origin !== location.origin) return;
    const place = there.pathname.slice(1) + there.hash;
    if (`#${place}` !== location.hash) history.replaceState(null, "", `#${place}`);
  }

  /** @param {string} place */
  function open(place) {
    const address = place.includes(".html") ? place : `${known.page}${place && `#${place}`}`;
    const url = new URL(`/${address}`, location.href);
    const ours = url.origin === location.origin && url.pathname !== "/";
    frame.setAttribute("src", ours ? url.pathname + url.hash : known.page);
  }

  // A place of the same page is a fragment, which only a reload shows as built anew.
  function show() {
    if (!shown) open(location.hash.slice(1));
    else if (shown !== known.page) frame.src = known.page;
    else {
      scrolled = inside().scrollY;
      inside().location.reload();
    }
    shown = known.page;
  }

  /** @param {string} text */
  function say(text, problem = "") {
    if (line.textContent !== text) line.textContent = text;
    if (details.textContent !== problem) details.textContent = problem;
    details.hidden = !problem;
    status.classList.toggle("said", Boolean(text));
    status.classList.toggle("wrong", Boolean(problem));
  }

  /** @param {State} state */
  function tell(state) {
    if (state.building) say("Building …");
    else if (state.problem) {
      const shown = state.page ? " Above is the last report that could." : "";
      say(`The report could not be built.${shown}`, state.problem);
    } else say("");
  }

  async function ask() {
    try {
      const answer = await fetch("/~version");
      const state = await answer.json();
      stale = stale || state.version !== known.version;
      known = state;
      if (stale && state.page) {
        show();
        stale = false;
      }
      tell(state);
    } catch {
      stale = true; // a server that is started again may have another report
      say("The server has ended. This page goes on when it is started again.");
    }
    keepPlace();
    setTimeout(ask, EVERY);
  }

  // Other sites may not be framed: their pages open beside this one.
  frame.addEventListener("load", () => {
    const report = frame.contentDocument;
    if (!report) return;
    if (scrolled) inside().scrollTo({ top: scrolled, behavior: "instant" });
    scrolled = 0;
    document.title = report.title || document.title;
    frame.title = report.title || frame.title;
    report.addEventListener("click", (event) => {
      const link = /** @type {Element} */ (event.target).closest("a");
      if (!link?.href || new URL(link.href).origin === location.origin) return;
      event.preventDefault();
      window.open(link.href, "_blank", "noopener");
    });
  });

  if (known.page && location.hash) open(location.hash.slice(1));
  tell(known);
  setTimeout(ask, EVERY);
})();

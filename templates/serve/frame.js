"use strict";
(() => {
  const EVERY = 1000; // milliseconds
  const frame = document.querySelector("iframe");
  const status = document.querySelector("section");
  const [line, details] = status.children;
  let known = JSON.parse(document.body.dataset.state);
  let shown = known.page;
  let stale = false;
  let scrolled = 0;

  const inside = () => frame.contentWindow.location;

  // The address keeps the place in the report: this page can be reloaded, and a link to it shared.
  function keepPlace() {
    if (!frame.hasAttribute("src") || inside().origin !== location.origin) return;
    const place = inside().pathname.slice(1) + inside().hash;
    if (`#${place}` !== location.hash) history.replaceState(null, "", `#${place}`);
  }

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
      scrolled = frame.contentWindow.scrollY;
      inside().reload();
    }
    shown = known.page;
  }

  function say(text, problem = "") {
    if (line.textContent !== text) line.textContent = text;
    if (details.textContent !== problem) details.textContent = problem;
    details.hidden = !problem;
    status.classList.toggle("said", Boolean(text));
    status.classList.toggle("wrong", Boolean(problem));
  }

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
    if (scrolled) frame.contentWindow.scrollTo({ top: scrolled, behavior: "instant" });
    scrolled = 0;
    document.title = report.title || document.title;
    frame.title = report.title || frame.title;
    report.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!link || new URL(link.href).origin === location.origin) return;
      event.preventDefault();
      window.open(link.href, "_blank", "noopener");
    });
  });

  if (known.page && location.hash) open(location.hash.slice(1));
  tell(known);
  setTimeout(ask, EVERY);
})();

// @ts-check
// A report of several inputs shows one at a time: the overview, or the input the address names.
// The others stay findable by the browser's own search, which opens what it finds.
import { all, around, maybe } from "./dom.js";
import { readAddress, writeAddress } from "./state.js";

export function showPages() {
  const views = all(".view");
  const links = new Map(
    all(".side li a", document, HTMLAnchorElement).map((link) => [link.hash.slice(1), link]));
  const title = maybe(".crumb[hidden]", document); // stands in for the overview's own

  /** @param {HTMLElement} view */
  function show(view) {
    for (const other of views) {
      if (other === view) other.removeAttribute("hidden");
      else other.setAttribute("hidden", "until-found");
    }
    if (title) title.hidden = view === views[0];
    for (const [id, link] of links) {
      if (id === view.id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** @param {string} address */
  function follow(address) {
    const element = readAddress(address);
    if (views.length < 2) return;
    const place = element && element.closest(".view");
    const view = views.find((other) => other === place) || views[0];
    show(view);
    document.documentElement.classList.add("started"); // else what it scrolls to has no place yet
    if (element === view) window.scrollTo({ top: 0, behavior: "instant" });
    else if (element) element.scrollIntoView({ behavior: "instant" });
  }

  for (const view of views) {
    view.addEventListener("beforematch", () => {
      show(view);
      if (view.matches("article.card")) writeAddress(view);
    });
  }
  // A frame without an address of its own (a notebook's) cannot follow links to its places.
  if (location.protocol === "about:") {
    document.addEventListener("click", (event) => {
      const address = around('a[href^="#"]', event)?.getAttribute("href");
      if (!address) return;
      event.preventDefault();
      follow(address);
    });
  }
  window.addEventListener("hashchange", () => follow(location.hash));
  follow(location.hash);
  document.documentElement.classList.add("started");
}

// A report of several inputs shows one at a time: the overview, or the input the address names.
// The others stay findable by the browser's own search, which opens what it finds.
function showPages() {
  const views = all(".view");
  const links = new Map(all(".side li a").map((link) => [link.hash.slice(1), link]));
  const title = one(".crumb[hidden]", document); // stands in for the overview's own

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

  function follow(address) {
    const element = readAddress(address);
    if (views.length < 2) return;
    const view = (element && element.closest(".view")) || views[0];
    show(view);
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
      const link = event.target.closest('a[href^="#"]');
      if (!link) return;
      event.preventDefault();
      follow(link.getAttribute("href"));
    });
  }
  window.addEventListener("hashchange", () => follow(location.hash));
  follow(location.hash);
  document.documentElement.classList.add("started");
}

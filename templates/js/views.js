// A report of several inputs shows one at a time: the overview, or the input the address names.
// The others stay findable by the browser's own search, which opens what it finds.
function showViews() {
  const views = all(".view");
  const links = new Map(all(".side li a").map((link) => [link.hash.slice(1), link]));

  function show(view) {
    for (const other of views) {
      if (other === view) other.removeAttribute("hidden");
      else other.setAttribute("hidden", "until-found");
    }
    for (const [id, link] of links) {
      if (id === view.id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  function follow() {
    const element = readAddress();
    if (views.length < 2) return;
    const view = (element && element.closest(".view")) || views[0];
    show(view);
    if (element === view) window.scrollTo(0, 0);
    else if (element) element.scrollIntoView();
  }

  for (const view of views) {
    view.addEventListener("beforematch", () => {
      show(view);
      if (view.matches("article.card")) writeAddress(view);
    });
  }
  window.addEventListener("hashchange", follow);
  follow();
}

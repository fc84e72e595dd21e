// @ts-check
// Charts: the picture stays if anything goes wrong. The library that draws those with a spec is run
// when the first of them is seen; it is part of a single file, and a file of a site.
import { data, make, one } from "./dom.js";

/** @type {Promise<Window["vegaEmbed"]> | null} */
let vega = null;

/** @param {HTMLElement} config */
function loadVega(config) {
  vega = vega || runVega(config);
  return vega;
}

/**
 * A file of its own holds the library packed: a third of the page's bytes.
 * @param {HTMLElement} config
 */
async function runVega(config) {
  const script = document.createElement("script");
  const packed = document.getElementById("vega");
  if (packed) {
    const bytes = Uint8Array.from(atob(packed.textContent || ""), (char) => char.charCodeAt(0));
    const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    script.textContent = await new Response(text).text();
    document.head.append(script);
  } else if (config.dataset.vega) {
    script.src = config.dataset.vega;
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Error(`not found: ${script.src}`));
      document.head.append(script);
    });
  }
  return window.vegaEmbed;
}

// The column of each layer of a line chart tells the values there: its title, which a browser shows
// late, as rows of a value and its line, beside the column or below the chart.
/** @type {HTMLElement | null} */
let valuesTip = null;

/**
 * @param {HTMLElement} tip
 * @param {Element} column
 * @param {string} title
 * @param {DOMRect} chart
 */
function showValues(tip, column, title, chart) {
  tip.replaceChildren();
  for (const row of title.split("\n")) row.split("  ").forEach((part) => make("span", part, tip));
  tip.hidden = false;
  const place = column.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const left = [place.right + 8, place.left - 8 - width].find((x) => x > 0 && x + width < clientWidth);
  const top = left ? Math.min(place.top, clientHeight - height - 8) : chart.bottom + 4;
  Object.assign(tip.style, { left: `${left || 8}px`, top: `${top}px` });
}

/** @param {HTMLElement} figure */
function tellValues(figure) {
  const tip = valuesTip || make("p", "", document.body);
  if (!valuesTip) {
    valuesTip = tip;
    tip.className = "tip values";
    tip.hidden = true;
  }
  const plot = one(".plot", figure);
  for (const column of plot.querySelectorAll(".values rect")) {
    const title = column.querySelector("title")?.textContent || "";
    column.replaceChildren();
    column.addEventListener("mouseenter", () => {
      showValues(tip, column, title, plot.getBoundingClientRect());
    });
  }
  plot.addEventListener("mouseleave", () => { tip.hidden = true; });
  figure.dataset.live = "chart";
}

/** @param {HTMLElement} figure */
export function drawChart(figure) {
  if (!figure.querySelector("script")) {
    tellValues(figure);
    return;
  }
  seen.add(figure);
  embed(figure);
}

/** @type {WeakMap<HTMLElement, unknown>} */
const specs = new WeakMap(); // of charts that show something else than they did
/** @type {WeakSet<HTMLElement>} */
const seen = new WeakSet();

/**
 * Let a chart show another spec, now or when it is seen.
 * @param {HTMLElement} figure
 * @param {unknown} spec
 */
export function redraw(figure, spec) {
  specs.set(figure, spec);
  if (seen.has(figure)) embed(figure);
}

/**
 * A point that stands for an input opens it: its page, or its section of a single file.
 * @param {unknown} made what the library returns
 */
function openPoints(made) {
  const { view } = /** @type {import("./types").MadeChart} */ (made);
  view.addEventListener("click", (_, item) => {
    const anchor = item?.datum?.anchor;
    if (!anchor) return;
    const whole = document.querySelector("article.card.view"); // a single file
    location.href = whole ? `#${document.getElementById(anchor) ? anchor : "left-out"}`
      : `inputs/${encodeURIComponent(anchor)}.html`;
  });
}

/** @param {HTMLElement} figure */
function embed(figure) {
  const spec = specs.get(figure) || data(figure);
  specs.set(figure, spec);
  const plot = one(".plot", figure);
  const stage = document.createElement("div");
  const config = one("#chart-config", document);
  loadVega(config).then((draw) => draw && draw(stage, spec, {
    ast: true, renderer: "svg", actions: false, defaultStyle: false, config: data(config),
    tooltip: { disableDefaultStyle: true },
  }).then((made) => {
    openPoints(made);
    if (specs.get(figure) !== spec) return; // another was asked for meanwhile
    plot.removeAttribute("role");
    plot.removeAttribute("aria-label");
    plot.replaceChildren(stage);
    figure.dataset.live = "chart";
  })).catch((error) => console.error(error));
}

// @ts-check
// Charts: the static picture stays if anything goes wrong. The library that draws them is run when
// the first chart is seen; it is part of a single file, and a file of a site.
import { data, one } from "./dom.js";

/** @type {Promise<Window["vegaEmbed"]> | null} */
let vega = null;

/** @param {HTMLElement} config */
function loadVega(config) {
  vega = vega || new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const text = document.getElementById("vega");
    if (text) {
      script.textContent = text.textContent;
    } else if (config.dataset.vega) {
      script.src = config.dataset.vega;
      script.onload = () => resolve(window.vegaEmbed);
      script.onerror = () => reject(new Error(`not found: ${script.src}`));
    }
    document.head.append(script);
    if (!script.src) resolve(window.vegaEmbed);
  });
  return vega;
}

/** @param {HTMLElement} figure */
export function drawChart(figure) {
  const plot = one(".plot", figure);
  const stage = document.createElement("div");
  const config = one("#chart-config", document);
  loadVega(config).then((embed) => embed && embed(stage, data(figure), {
    ast: true, renderer: "svg", actions: false, defaultStyle: false, config: data(config),
    tooltip: { disableDefaultStyle: true },
  }).then(() => {
    plot.removeAttribute("role");
    plot.removeAttribute("aria-label");
    plot.replaceChildren(stage);
    figure.dataset.live = "chart";
  })).catch((error) => console.error(error));
}

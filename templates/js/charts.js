// Charts: the static picture stays if anything goes wrong. The library that draws them is part of
// a single file; the pages of a site fetch it when the first chart is seen.
let vega = null;

function loadVega(config) {
  if (window.vegaEmbed || !config.dataset.vega) return Promise.resolve(window.vegaEmbed);
  vega = vega || new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = config.dataset.vega;
    script.onload = () => resolve(window.vegaEmbed);
    script.onerror = () => reject(new Error(`not found: ${script.src}`));
    document.head.append(script);
  });
  return vega;
}

function drawChart(figure) {
  const plot = one(".plot", figure);
  const stage = document.createElement("div");
  const config = document.getElementById("chart-config");
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

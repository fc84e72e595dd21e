// Charts: the static picture stays if anything goes wrong.
function drawChart(figure) {
  const plot = one(".plot", figure);
  const stage = document.createElement("div");
  const options = {
    ast: true, renderer: "svg", actions: false, defaultStyle: false,
    config: data(document.getElementById("chart-config")),
    tooltip: { disableDefaultStyle: true },
  };
  window.vegaEmbed(stage, data(figure), options).then(() => {
    plot.removeAttribute("role");
    plot.removeAttribute("aria-label");
    plot.replaceChildren(stage);
    figure.dataset.live = "chart";
  }, (error) => console.error(error));
}

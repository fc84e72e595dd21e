// What scripts add to a page that is complete without them: interactive charts, the large
// attention map, and the place in the sidebar. Text only ever enters through textContent.
"use strict";
(() => {
  const one = (selector, root) => root.querySelector(selector);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const data = (root) => JSON.parse(one('script[type="application/json"]', root).textContent);

  function make(tag, text, parent) {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  }

  function whenSeen(elements, act) {
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        observer.unobserve(entry.target);
        act(entry.target);
      }
    }, { rootMargin: "400px" });
    elements.forEach((element) => observer.observe(element));
  }

  // Charts: the static picture stays if anything goes wrong.
  const config = data(document.getElementById("chart-config"));
  function drawChart(figure) {
    const plot = one(".plot", figure);
    const stage = document.createElement("div");
    const options = {
      ast: true, renderer: "svg", actions: false, defaultStyle: false, config,
      tooltip: { disableDefaultStyle: true },
    };
    window.vegaEmbed(stage, data(figure), options).then(() => {
      plot.removeAttribute("role");
      plot.removeAttribute("aria-label");
      plot.replaceChildren(stage);
      figure.dataset.live = "chart";
    }, (error) => console.error(error));
  }

  // The attention explorer: values are read back from the picture's opacity.
  const LABEL = 11; // pixels between two axis labels at least
  const SHADES = 9;

  function explore(section) {
    const { tokens, start, pictures } = data(section);
    const form = one(".picks", section);
    const large = one(".large", section);
    const canvas = one("canvas", section);
    const keys = one(".keys", section);
    const queries = one(".queries", section);
    const n = tokens.length;
    const fit = (most) => Math.min(most, 7 * Math.max(...tokens.map((token) => token.length)) + 12);
    let cell = 0; // set once the section is laid out
    const at = { query: start, key: start };
    const opacity = {};
    const hue = { attention: "a", norm: "v" };

    const kind = () => form.elements.kind.value;
    const column = () => Number(form.elements.head.value);
    const layer = () => Number(form.elements.layer.value);
    const image = () => one(`img.${kind()}`, section);
    const scale = () => (column() ? pictures[kind()].head_scale : pictures[kind()].summary_scale);

    function offset() {
      const pitch = n + pictures[kind()].gap;
      return { left: column() * pitch, top: layer() * pitch };
    }

    function value(query, key) {
      const { left, top } = offset();
      const { pixels, width } = opacity[kind()];
      const share = pixels[4 * ((top + query) * width + left + key) + 3] / 255;
      return share * share * scale();
    }

    function write(number) {
      return number && number < 0.001 ? number.toExponential(1) : number.toPrecision(2);
    }

    function decode() {
      const picture = image();
      const { naturalWidth: width, naturalHeight: height } = picture;
      const sheet = document.createElement("canvas");
      sheet.width = width;
      sheet.height = height;
      const context = sheet.getContext("2d", { willReadFrequently: true });
      context.drawImage(picture, 0, 0);
      opacity[kind()] = { width, pixels: context.getImageData(0, 0, width, height).data };
    }

    function draw() {
      if (!opacity[kind()]) decode();
      const { left, top } = offset();
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.imageSmoothingEnabled = false;
      context.drawImage(image(), left, top, n, n, 0, 0, n * cell, n * cell);
      form.elements[form.elements.length - 1].value = `scale 0 to ${scale().toPrecision(3)}, square root`;
      point();
    }

    function point() {
      const looked = write(value(at.query, at.key));
      const verb = kind() === "attention" ? "looks at" : "takes from";
      one(".readout", section).textContent =
        `“${tokens[at.query]}” ${verb} “${tokens[at.key]}”: about ${looked}`;
      all("span", queries).forEach((label) => label.classList.toggle("on", label.dataset.i == at.query));
      all("span", keys).forEach((label) => label.classList.toggle("on", label.dataset.i == at.key));
      all(".reach button", section).forEach((button, i) => {
        const shade = Math.round(SHADES * Math.sqrt(value(at.query, i) / scale()));
        button.className = shade ? hue[kind()] + shade : "";
        if (!shade) button.removeAttribute("class");
        button.title = write(value(at.query, i));
        button.setAttribute("aria-pressed", String(i === at.query));
      });
    }

    function label(box, place) {
      const every = Math.ceil(LABEL / cell);
      tokens.forEach((token, i) => {
        if (i % every) return;
        const span = make("span", token, box);
        span.dataset.i = i;
        span.style[place] = `${i * cell + (cell - LABEL) / 2}px`;
      });
    }

    function layOut() {
      keys.style.height = `${fit(88)}px`;
      queries.style.width = `${fit(110)}px`;
      cell = Math.max(3, Math.min(22, Math.floor((large.clientWidth - fit(110)) / n)));
      canvas.width = n * cell;
      canvas.height = n * cell;
      label(keys, "left");
      label(queries, "top");
    }

    tokens.forEach((token, i) => {
      const button = make("button", token, one(".reach", section));
      button.type = "button";
      button.addEventListener("click", () => { at.query = i; point(); });
      one(".reach", section).append(" ");
    });

    function move(query, key) {
      at.query = Math.max(0, Math.min(n - 1, query));
      at.key = Math.max(0, Math.min(n - 1, key));
      point();
    }

    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      move(Math.floor((event.clientY - box.top) / cell), Math.floor((event.clientX - box.left) / cell));
    });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      move(at.query + step[0], at.key + step[1]);
    });
    all(".atlas img", section).forEach((picture) => picture.addEventListener("click", (event) => {
      const kindHere = picture.className;
      const { gap, layers, heads } = pictures[kindHere];
      const box = picture.getBoundingClientRect();
      const pad = parseFloat(getComputedStyle(picture).paddingLeft);
      const unit = (box.width - 2 * pad) / picture.naturalWidth;
      const tile = (position) => Math.floor((position - pad) / unit / (n + gap));
      form.elements.kind.value = kindHere;
      form.elements.head.value = Math.max(0, Math.min(heads, tile(event.clientX - box.left)));
      form.elements.layer.value = Math.max(0, Math.min(layers - 1, tile(event.clientY - box.top)));
      draw();
    }));
    form.addEventListener("change", draw);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = large.hidden = false;
    section.classList.add("live");
    layOut();
    Promise.all(all(".atlas img", section).map((picture) => picture.decode())).then(() => {
      draw();
      section.dataset.live = "explorer";
    }, (error) => console.error(error));
  }

  // The sidebar marks the input in view.
  function follow() {
    const links = new Map(all(".side li a").map((link) => [link.hash.slice(1), link]));
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const link = links.get(target.id);
        if (isIntersecting) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-30% 0px -60%" });
    all("article.card").forEach((card) => observer.observe(card));
  }

  whenSeen(all("figure.chart"), drawChart);
  whenSeen(all(".explorer"), explore);
  follow();
})();

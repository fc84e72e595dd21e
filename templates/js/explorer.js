// The attention explorer: values are read back from the pictures, sizes from their opacity
// and signs from their hue.
const LABEL = 11; // pixels between two axis labels at least
const SHADES = 9;
const BESIDE = 116; // pixels of a map beside the large one

function explore(section) {
  const { rows, columns, start, order, pictures } = data(section);
  const form = one(".picks", section);
  const large = one(".large", section);
  const canvas = one("canvas", section);
  const keys = one(".keys", section);
  const queries = one(".queries", section);
  const beside = one(".beside", section);
  const square = rows.length === columns.length;
  const fit = (tokens, most) =>
    Math.min(most, 7 * Math.max(...tokens.map((token) => token.length)) + 12);
  let cell = 0; // set once the section is laid out
  const at = { query: start[0], key: start[1] };
  const sheets = {};

  const kind = () => form.elements.kind.value;
  const column = () => Number(form.elements.head.value);
  const layer = () => Number(form.elements.layer.value);
  const image = (name) => one(`img[data-kind="${name}"]`, section);
  const scale = (name) =>
    column() ? pictures[name].head_scale : pictures[name].summary_scale;
  const signed = (name) => pictures[name].signed && column() > 0;

  function offset(name) {
    const { gap } = pictures[name];
    return { left: column() * (columns.length + gap), top: layer() * (rows.length + gap) };
  }

  function value(name, query, key) {
    const { left, top } = offset(name);
    const { pixels, width } = sheets[name];
    const place = 4 * ((top + query) * width + left + key);
    const share = pixels[place + 3] / 255;
    const against = signed(name) && pixels[place + 2] > pixels[place];
    return (against ? -1 : 1) * share * share * scale(name);
  }

  function write(number, name) {
    if (!number) return "0";
    const size = Math.abs(number);
    const text = size < 0.001 ? size.toExponential(1) : size.toPrecision(2);
    return (signed(name) ? (number < 0 ? "−" : "+") : "") + text;
  }

  function range(name) {
    const end = scale(name).toPrecision(3);
    return signed(name) ? `−${end} to +${end}` : `0 to ${end}`;
  }

  function decode(name) {
    const picture = image(name);
    const { naturalWidth: width, naturalHeight: height } = picture;
    const sheet = document.createElement("canvas");
    sheet.width = width;
    sheet.height = height;
    const context = sheet.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    sheets[name] = { width, pixels: context.getImageData(0, 0, width, height).data };
  }

  function paint(target, name) {
    const { left, top } = offset(name);
    const context = target.getContext("2d");
    context.clearRect(0, 0, target.width, target.height);
    context.imageSmoothingEnabled = target.width < columns.length;
    context.drawImage(
      image(name), left, top, columns.length, rows.length, 0, 0, target.width, target.height);
  }

  function draw() {
    paint(canvas, kind());
    form.elements[form.elements.length - 1].value = `scale ${range(kind())}, square root`;
    (beside ? all("button", beside) : []).forEach((button) => {
      paint(one("canvas", button), button.dataset.kind);
      one(".range", button).textContent = range(button.dataset.kind);
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind()));
    });
    point();
  }

  function shadeOf(number, name) {
    const shade = Math.round(SHADES * Math.sqrt(Math.abs(number) / scale(name)));
    if (!(shade > 0)) return "";
    if (!pictures[name].signed) return (name === "norm" ? "v" : "a") + shade;
    return (!signed(name) ? "m" : number < 0 ? "n" : "p") + shade;
  }

  function point() {
    const name = kind();
    const said = write(value(name, at.query, at.key), name);
    one(".readout", section).textContent =
      `“${rows[at.query]}” ${pictures[name].verb} “${columns[at.key]}”: about ${said}`;
    all("span", queries).forEach((label) => label.classList.toggle("on", label.dataset.i == at.query));
    all("span", keys).forEach((label) => label.classList.toggle("on", label.dataset.i == at.key));
    all(".reach button", section).forEach((button, i) => {
      const here = value(name, at.query, i);
      button.className = shadeOf(here, name);
      if (!button.className) button.removeAttribute("class");
      button.title = write(here, name);
      button.setAttribute("aria-pressed", String(i === (square ? at.query : at.key)));
    });
    if (!beside) return;
    all("button", beside).forEach((button) => {
      const other = button.dataset.kind;
      one(".here", button).textContent = write(value(other, at.query, at.key), other);
    });
  }

  function label(box, tokens, place) {
    const every = Math.ceil(LABEL / cell);
    tokens.forEach((token, i) => {
      if (i % every) return;
      const span = make("span", token, box);
      span.dataset.i = i;
      span.style[place] = `${i * cell + (cell - LABEL) / 2}px`;
    });
  }

  function layOut() {
    keys.style.height = `${fit(columns, 88)}px`;
    queries.style.width = `${fit(rows, 110)}px`;
    const room = large.clientWidth - fit(rows, 110);
    cell = Math.max(3, Math.min(22, Math.floor(room / columns.length)));
    canvas.width = columns.length * cell;
    canvas.height = rows.length * cell;
    label(keys, columns, "left");
    label(queries, rows, "top");
    if (!beside) return;
    for (const name of order) {
      const button = make("button", "", beside);
      button.type = "button";
      button.dataset.kind = name;
      make("strong", pictures[name].title, button);
      const small = make("canvas", "", button);
      const zoom = BESIDE / Math.max(columns.length, rows.length);
      const unit = zoom > 1 ? Math.floor(zoom) : zoom;
      small.width = Math.max(1, Math.round(columns.length * unit));
      small.height = Math.max(1, Math.round(rows.length * unit));
      make("span", "", button).className = "range";
      make("span", "", button).className = "here";
      button.addEventListener("click", () => { form.elements.kind.value = name; draw(); });
    }
  }

  columns.forEach((token, i) => {
    const button = make("button", token, one(".reach", section));
    button.type = "button";
    button.addEventListener("click", () => { at[square ? "query" : "key"] = i; point(); });
    one(".reach", section).append(" ");
  });

  function move(query, key) {
    at.query = Math.max(0, Math.min(rows.length - 1, query));
    at.key = Math.max(0, Math.min(columns.length - 1, key));
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
    const { gap, layers, heads } = pictures[picture.dataset.kind];
    const box = picture.getBoundingClientRect();
    const pad = parseFloat(getComputedStyle(picture).paddingLeft);
    const unit = (box.width - 2 * pad) / picture.naturalWidth;
    const tile = (position, size) => Math.floor((position - pad) / unit / (size + gap));
    const head = tile(event.clientX - box.left, columns.length);
    form.elements.kind.value = picture.dataset.kind;
    form.elements.head.value = Math.max(0, Math.min(heads, head));
    form.elements.layer.value =
      Math.max(0, Math.min(layers - 1, tile(event.clientY - box.top, rows.length)));
    draw();
  }));
  form.addEventListener("change", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = large.hidden = false;
  section.classList.add("live");
  layOut();
  Promise.all(all(".atlas img", section).map((picture) => picture.decode())).then(() => {
    order.forEach(decode);
    draw();
    section.dataset.live = "explorer";
  }, (error) => console.error(error));
}

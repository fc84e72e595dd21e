// Scores of tokens and words: unpacked from the page's data, scaled, coloured and written.
const SHADED = 9; // shades of a hue, as in the stylesheet
const CELLED = 64; // columns that are drawn as table cells; more are drawn as pictures
const NARROW = 8; // pixels of a column of a picture
const LINE = 20; // pixels of a row of a picture
const INKS = {
  attention: ["124 92 246"], norm: ["13 148 136"], size: ["124 130 142"],
  signed: ["222 80 38", "38 112 214"],
};

// Two bytes a number: 32 * m + (e + 20) for m * 10 ** e, three significant digits.
function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return Array.from(new Int16Array(bytes.buffer), (code) => Number(`${code >> 5}e${(code & 31) - 20}`));
}

// The rows of an input. `view` says what is shown: {words, absolute, shared}.
function tokenRows(said) {
  const special = new Set(said.special);
  const words = said.words.map(([text, first, last], word) => ({ text, first, last, word, special: false }));
  const tokens = said.tokens.map((text, i) => ({ text, first: i, last: i + 1, special: special.has(i) }));
  const mixed = []; // words, and the tokens that are in no word
  for (let i = 0; i < tokens.length;) {
    const word = words.find(({ first, last }) => first <= i && i < last);
    mixed.push(word || tokens[i]);
    i = word ? word.last : i + 1;
  }
  const view = { words: true, absolute: false, shared: true };
  const groups = said.groups.map((group) => ({ ...group, count: group.rows.length }));

  function load(group) {
    if (group.tokens) return;
    const cut = (flat, wide) =>
      group.rows.map((_, row) => flat.slice(row * wide, (row + 1) * wide));
    group.tokens = cut(unpack(group.values), tokens.length);
    group.words = group.sums
      ? cut(unpack(group.sums), words.length)
      : group.tokens.map((row) => words.map(
        ({ first, last }) => row.slice(first, last).reduce((sum, value) => sum + value, 0)));
    group.ends = group.tokens.map((row, i) =>
      [...row, ...group.words[i]].reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  }

  const units = () => (view.words ? mixed : tokens);

  function score(group, row, unit) {
    load(group);
    return unit.word === undefined ? group.tokens[row][unit.first] : group.words[row][unit.word];
  }

  function scale(group, row) {
    load(group);
    return view.shared ? Math.max(...group.ends) : group.ends[row];
  }

  const isSigned = (group) => group.hue === "signed" && !view.absolute;

  function shade(group, row, unit) {
    const end = scale(group, row);
    const value = score(group, row, unit);
    const step = end > 0 ? Math.min(SHADED, Math.round(SHADED * Math.abs(value) / end)) : 0;
    return step ? prefix(group, value) + step : "";
  }

  function prefix(group, value) {
    if (group.hue !== "signed") return group.hue === "norm" ? "v" : "a";
    return view.absolute ? "m" : value < 0 ? "n" : "p";
  }

  function ink(group, row, unit) {
    const end = scale(group, row);
    const value = score(group, row, unit);
    const colors = INKS[group.hue === "signed" && view.absolute ? "size" : group.hue];
    return `rgb(${colors[isSigned(group) && value < 0 ? 1 : 0]} / ${end > 0 ? Math.abs(value) / end : 0})`;
  }

  function write(group, value) {
    const text = digitsOf(isSigned(group) ? value : Math.abs(value));
    return (isSigned(group) && value > 0 ? "+" : "") + text + (group.unit && ` ${group.unit}`);
  }

  function ends(group, row) {
    const end = digitsOf(scale(group, row));
    return [isSigned(group) ? `−${end}` : "0", isSigned(group) ? `+${end}` : end];
  }

  function range(group, row) {
    const end = digitsOf(scale(group, row));
    return (isSigned(group) ? `±${end}` : `0 to ${end}`) + (group.unit && ` ${group.unit}`);
  }

  // Its place by size among all words (or tokens): 1 is the largest.
  function rank(group, row, unit) {
    const size = Math.abs(score(group, row, unit));
    return 1 + units().filter((other) => Math.abs(score(group, row, other)) > size).length;
  }

  const unitAt = (token) => units().findIndex(({ first, last }) => first <= token && token < last);

  return { said, view, groups, units, unitAt, score, shade, ink, write, ends, range, rank, isSigned };
}

// Draw the rows of a sheet in the columns of the current words or tokens, and keep what marks a
// column and what is under the pointer.
function drawSheet(rows, sheet) {
  const units = rows.units();
  const long = units.length > CELLED;
  const groups = sheet.dataset.groups.split(" ").map((place) => rows.groups[place]);
  const most = Number(sheet.dataset.most);
  const table = one("table", sheet);
  all("thead, tbody", table).forEach((part) => part.remove());
  table.classList.toggle("drawn", long);
  const columns = units.map(() => []);
  const lines = []; // what each row of the body shows
  const buttons = long ? [] : heads(table, units, columns);
  if (long) longHead(table, units);
  const body = make("tbody", "", table);
  for (const group of groups) {
    group.rows.slice(0, most).forEach((names, row) => {
      lines.push({ group, row });
      const line = make("tr", "", body);
      const head = make("th", "", line);
      head.scope = "row";
      // alone in its sheet, a method need not be named
      const name = groups.length > 1 ? names[1] : names[0].slice(names[0].indexOf("/") + 1);
      make("span", name, head).className = "clip";
      if (groups.length > 1 || !rows.view.shared) {
        head.append(" ");
        make("span", rows.range(group, row), head).className = "range";
      }
      if (long) {
        picture(rows, group, row, units, make("td", "", line), `${name}: one column per token`);
        return;
      }
      units.forEach((unit, i) => {
        const cell = make("td", "", line);
        const shade = rows.shade(group, row, unit);
        if (shade) cell.className = shade;
        columns[i].push(cell);
      });
    });
  }
  return { sheet, long, columns, lines, buttons };
}

function heads(table, units, columns) {
  const line = make("tr", "", make("thead", "", table));
  make("td", "", line);
  return units.map((unit, i) => {
    const head = make("th", "", line);
    head.scope = "col";
    if (unit.special) head.className = "special";
    const button = make("span", unit.text, head);
    button.setAttribute("role", "button");
    columns[i].push(head);
    return button;
  });
}

function longHead(table, units) {
  const line = make("tr", "", make("thead", "", table));
  make("td", "", line);
  const space = "http://www.w3.org/2000/svg";
  const svg = make("td", "", line).appendChild(document.createElementNS(space, "svg"));
  svg.setAttribute("class", "columns");
  svg.setAttribute("width", NARROW * units.length);
  svg.setAttribute("height", 96);
  svg.setAttribute("viewBox", `0 0 ${NARROW * units.length} 96`); // for paper, which is narrow
  svg.setAttribute("preserveAspectRatio", "xMinYMax");
  svg.setAttribute("aria-hidden", "true");
  const upright = svg.appendChild(document.createElementNS(space, "g"));
  upright.setAttribute("transform", "translate(0 92)rotate(-90)");
  units.forEach((unit, i) => {
    if (i % 2) return; // a label is as wide as two columns
    const label = upright.appendChild(document.createElementNS(space, "text"));
    label.setAttribute("y", i * NARROW + NARROW / 2);
    if (unit.special) label.setAttribute("class", "special");
    label.textContent = unit.text.length > 12 ? `${unit.text.slice(0, 11)}…` : unit.text;
  });
}

function picture(rows, group, row, units, cell, name) {
  const canvas = make("canvas", "", cell);
  canvas.width = units.length;
  canvas.height = 1;
  canvas.style.width = `${NARROW * units.length}px`;
  canvas.style.height = `${LINE}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  const context = canvas.getContext("2d");
  units.forEach((unit, i) => {
    context.fillStyle = rows.ink(group, row, unit);
    context.fillRect(i, 0, 1, 1);
  });
}

// @ts-check
// Maps of layers and heads, read back from the pixels of pictures: sizes from their opacity,
// signs from their hue. Their levels run from -15 to 15 on a square-root scale.
import { contextOf, one, runScript } from "./dom.js";

/** @import { Color, ExplorerData, HeadPlace, LevelMap, Pair } from "./types" */

export const MAP_STEPS = 15;
const MAPS_KEPT = 60; // full maps kept in memory

/**
 * Blue says against where there are signs; sizes without one are grey.
 * @param {HTMLImageElement} image
 * @param {boolean} signed
 */
function readLevels(image, signed) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = contextOf(canvas, { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data: pixels } = context.getImageData(0, 0, width, height);
  const levels = new Int8Array(width * height);
  for (let i = 0, j = 0; i < levels.length; i += 1, j += 4) {
    const opacity = pixels[j + 3];
    if (!opacity) continue;
    const size = Math.round((opacity * MAP_STEPS) / 255);
    levels[i] = signed && pixels[j + 2] > pixels[j] + 60 ? -size : size;
  }
  return { width, height, levels };
}

/** @typedef {{ image: HTMLImageElement, width: number, height: number, levels: Int8Array }} Sheet */

/** @type {(levels: Int8Array, width: number, start: number, rows: number, columns: number) => Int8Array} */
function cut(levels, width, start, rows, columns) {
  const found = new Int8Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const from = start + row * width;
    found.set(levels.subarray(from, from + columns), row * columns);
  }
  return found;
}

/**
 * What waits for the picture of a map, by the name of its file.
 * @type {Map<string, (picture: string) => void>}
 */
const awaited = new Map();

/**
 * The script of a map's file calls window.reportgenMap with its name and picture.
 * @param {string} prefix
 * @param {string} name
 * @returns {Promise<string>}
 */
function fetchMap(prefix, name) {
  const source = `${prefix}${name}.js`;
  const key = source.slice(source.lastIndexOf("/") + 1, -3);
  window.reportgenMap = (given, picture) => {
    awaited.get(given)?.(picture);
    awaited.delete(given);
  };
  return new Promise((resolve, reject) => {
    awaited.set(key, resolve);
    runScript(source).catch(reject);
  });
}

/**
 * A map at full resolution, or the promise of one, or neither where the page does not have it.
 * @typedef {{ map?: LevelMap, coming?: Promise<LevelMap> }} WholeMap
 */

/**
 * Returns what reads the maps of an explorer: `pooled` those in the picture of all, `whole` those
 * at full resolution.
 * @param {HTMLElement} section
 * @param {ExplorerData} info
 * @param {Pair} shape
 */
export function openMaps(section, info, shape) {
  /** @type {Map<string, Sheet>} */
  const sheets = new Map();
  /** @type {Map<string, string>} */
  const sources = new Map(); // of pictures that were drawn anew
  /** @type {Map<string, WholeMap>} */
  const full = new Map();

  /** @param {string} name */
  function sheet(name) {
    const known = sheets.get(name);
    if (known) return known;
    const image = one(`img[data-kind="${name}"]`, section, HTMLImageElement);
    const read = { image, ...readLevels(image, info.quantities[name].signed) };
    sheets.set(name, read);
    return read;
  }

  /**
   * @param {string} name
   * @param {number} layer
   * @param {number} head
   * @returns {LevelMap}
   */
  function pooled(name, layer, head) {
    const { block, gap } = info.quantities[name];
    const rows = Math.ceil(shape[0] / block[0]);
    const columns = Math.ceil(shape[1] / block[1]);
    const { width, levels: all } = sheet(name);
    const start = layer * (rows + gap) * width + head * (columns + gap);
    return { rows, columns, levels: cut(all, width, start, rows, columns), block };
  }

  /**
   * @param {string} name
   * @param {string} picture
   * @returns {Promise<LevelMap>}
   */
  async function read(name, picture) {
    const image = new Image();
    image.src = picture;
    await image.decode();
    const { levels } = readLevels(image, info.quantities[name].signed);
    return { rows: shape[0], columns: shape[1], levels, block: [1, 1] };
  }

  /**
   * @param {string} name
   * @param {number} layer
   * @param {number} head
   */
  function whole(name, layer, head) {
    const place = `${name}-${layer + 1}-${head}`;
    const known = full.get(place);
    if (known) return known;
    /** @type {WholeMap} */
    const entry = {};
    if (info.maps === null) entry.map = pooled(name, layer, head);
    else if (typeof info.maps === "string") {
      entry.coming = fetchMap(info.maps, place).then((picture) => read(name, picture));
    } else if (info.maps[place]) entry.coming = read(name, info.maps[place]);
    else return entry;
    if (entry.coming) entry.coming.then((map) => { entry.map = map; }, () => full.delete(place));
    full.set(place, entry);
    const [oldest] = full.keys();
    if (full.size > MAPS_KEPT) full.delete(oldest);
    return entry;
  }

  /**
   * The heads (rows) of a layer at all tokens.
   * @param {number} layer
   * @returns {LevelMap}
   */
  function vectors(layer) {
    const { width, levels } = sheet("vectors");
    const start = layer * (info.heads + 1) * width;
    return { rows: info.heads, columns: shape[1], block: [1, 1], levels:
      cut(levels, width, start, info.heads, shape[1]) };
  }

  /**
   * Show the picture of all maps with the levels of each `factor` times what they are.
   * @param {string} name
   * @param {(place: HeadPlace) => number} factor
   */
  function rescale(name, factor) {
    const { image, width, height } = sheet(name);
    const source = sources.get(name) || image.src;
    sources.set(name, source);
    const { colors, signed, gap } = info.quantities[name];
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = contextOf(canvas);
    let same = true;
    for (let layer = 0; layer < info.layers; layer += 1) {
      for (let head = 0; head <= info.heads; head += 1) {
        const map = pooled(name, layer, head);
        const grown = factor({ layer, head });
        same &&= Math.abs(grown - 1) < 0.01;
        context.setTransform(1, 0, 0, 1, head * (map.columns + gap), layer * (map.rows + gap));
        const inks = signed && !head ? colors.slice(2) : colors.slice(0, 2);
        context.drawImage(pictureOf({ ...map, block: [1, 1] }, inks, 1, grown), 0, 0);
      }
    }
    image.src = same ? source : canvas.toDataURL();
  }

  return {
    pooled, whole, vectors, rescale,
    /** @type {LevelMap} */
    empty: { rows: 0, columns: 0, levels: new Int8Array(), block: [1, 1] },
  };
}

/**
 * Draw a map on a canvas, each token `unit` pixels wide; where several cells share a pixel, it
 * has the strongest, as in pooled maps. Levels are drawn `factor` times what they are.
 * @param {HTMLCanvasElement} canvas
 * @param {LevelMap} map
 * @param {Color[]} colors
 * @param {number} unit
 */
export function paintMap(canvas, map, colors, unit, factor = 1) {
  const small = pictureOf(map, colors, unit, factor);
  const [tall, wide] = sharing(map, unit);
  const context = contextOf(canvas);
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(small, 0, 0,
    small.width * wide * map.block[1] * unit, small.height * tall * map.block[0] * unit);
}

/**
 * How many cells share a pixel, down and across.
 * @param {LevelMap} map
 * @param {number} unit
 */
const sharing = (map, unit) =>
  map.block.map((block) => Math.max(1, Math.ceil(1 / (unit * block))));

/** @type {(map: LevelMap, colors: Color[], unit: number, factor: number) => HTMLCanvasElement} */
function pictureOf(map, colors, unit, factor) {
  const [tall, wide] = sharing(map, unit);
  const rows = Math.ceil(map.rows / tall);
  const columns = Math.ceil(map.columns / wide);
  const picture = new ImageData(columns, rows);
  const pixels = new Uint32Array(picture.data.buffer);
  const palette = paletteOf(colors, factor);
  for (let row = 0; row < map.rows; row += 1) {
    for (let column = 0; column < map.columns; column += 1) {
      const level = map.levels[row * map.columns + column];
      const pixel = Math.floor(row / tall) * columns + Math.floor(column / wide);
      const color = palette[level + MAP_STEPS];
      if (tall * wide === 1) pixels[pixel] = color;
      else if (color >>> 24 > pixels[pixel] >>> 24) pixels[pixel] = color; // opacity is size
    }
  }
  const small = document.createElement("canvas");
  small.width = columns;
  small.height = rows;
  contextOf(small).putImageData(picture, 0, 0);
  return small;
}

/**
 * The colours (the first, and for negative sizes the last) of the levels -15 to 15, as the bytes
 * of a picture's pixels.
 * @param {Color[]} colors
 * @param {number} factor
 */
function paletteOf(colors, factor) {
  const bytes = new Uint8ClampedArray(4 * (2 * MAP_STEPS + 1));
  for (let level = -MAP_STEPS; level <= MAP_STEPS; level += 1) {
    const color = colors[level < 0 ? colors.length - 1 : 0];
    bytes.set([...color, Math.min(255, (factor * Math.abs(level) * 255) / MAP_STEPS)], 4 * (level + MAP_STEPS));
  }
  return new Uint32Array(bytes.buffer);
}

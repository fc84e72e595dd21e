// @ts-check
// What the colours of maps say: where the scale of each ends, and the value of a cell. A map is
// named by its quantity and its {layer, head}; it may be shown on another scale than it is stored on.
import { MAP_STEPS } from "./maps.js";
import { digitsOf, withSign } from "./numbers.js";
import { unpack } from "./rows.js";

/** @import { Cell, ExplorerData, HeadPlace, LevelMap, Pair, ScaleKind } from "./types" */

/** @typedef {ReturnType<typeof makeScales>} Scales */

/**
 * @param {ExplorerData} info
 * @param {Pair} shape
 */
export function makeScales(info, [rows, columns]) {
  /** @type {Map<string, { places: Uint16Array | Uint32Array, values: number[] }>} */
  const listed = new Map();
  /** @type {ScaleKind | undefined} */
  let chosen; // of all quantities; else each as it is stored

  /** @param {string} name */
  function cellsOf(name) {
    const known = listed.get(name);
    if (known) return known;
    const { places, values } = info.quantities[name].exact || { places: "", values: "" };
    const { buffer } = Uint8Array.from(atob(places), (letter) => letter.charCodeAt(0));
    const wide = rows * columns > 65536;
    const cells = {
      places: wide ? new Uint32Array(buffer) : new Uint16Array(buffer), values: unpack(values) };
    listed.set(name, cells);
    return cells;
  }

  /**
   * The strongest cells of a map with their values, the largest size first.
   * @type {(name: string, place: HeadPlace) => (Cell & { value: number })[]}
   */
  function exact(name, { layer, head }) {
    const { places, values } = cellsOf(name);
    const each = values.length / (info.layers * (info.heads + 1));
    const first = each * (layer * (info.heads + 1) + head);
    return values.slice(first, first + each).map((value, i) => ({
      query: Math.floor(places[first + i] / columns), key: places[first + i] % columns, value,
    })).filter(({ value }) => value);
  }

  /** @param {string} name */
  const of = (name) => chosen || (info.quantities[name].own ? "own" : "shared");

  /** @type {(name: string, place: HeadPlace, kind: ScaleKind) => number} */
  function endOf(name, place, kind) {
    const { ends, head_scale, together_scale } = info.quantities[name];
    if (kind === "shared") return place.head ? head_scale : together_scale;
    return ends ? ends[place.layer] : Math.abs(exact(name, place)[0]?.value || 0);
  }

  /** @type {(name: string, place: HeadPlace) => number} */
  const stored = (name, place) => endOf(name, place, info.quantities[name].own ? "own" : "shared");

  /** @type {(name: string, place: HeadPlace) => number} */
  const end = (name, place) => endOf(name, place, of(name));

  /** @type {(name: string, place: HeadPlace) => boolean} */
  const signed = (name, { head }) => info.quantities[name].signed && head > 0;

  /** @type {(value: number, name: string, place: HeadPlace, digits?: number) => string} */
  const write = (value, name, place, digits) =>
    (signed(name, place) ? withSign(value, digits) : digitsOf(value, digits));

  /**
   * The level of a cell: at its own place, or that of its block where the map is pooled.
   * @type {(map: LevelMap, cell: Cell) => number}
   */
  const level = ({ columns: width, block, levels }, { query, key }) =>
    levels[Math.floor(query / block[0]) * width + Math.floor(key / block[1])];

  /** @type {(name: string, place: HeadPlace, map: LevelMap, cell: Cell) => string} */
  function told(name, place, map, cell) {
    const known = exact(name, place)
      .find(({ query, key }) => query === cell.query && key === cell.key);
    if (known) return write(known.value, name, place);
    const most = stored(name, place);
    /** @param {number} steps */
    const size = (steps) => Math.min(1, (Math.max(0, steps) / MAP_STEPS) ** 2) * most;
    const here = level(map, cell);
    const steps = Math.abs(here);
    const high = size(steps + 0.5);
    if (Math.max(...map.block) > 1) return `at most ${digitsOf(high, 2)} in size (pooled)`;
    if (!steps) return `under ${digitsOf(high, 2)}${signed(name, place) ? " in size" : ""}`;
    const sign = here < 0 ? -1 : 1;
    const range = [sign * size(steps - 0.5), sign * high].sort((a, b) => a - b);
    const [from, to] = range.map((value) => write(value, name, place, 2));
    return `about ${write(sign * size(steps), name, place, 2)} (${from} to ${to})`;
  }

  /**
   * Where the scales of all maps of a quantity end, in words.
   * @param {string} name
   */
  function ranges(name) {
    /** @param {number} head */
    const endsOf = (head) => Array.from({ length: info.layers }, (_, layer) =>
      Array.from({ length: head ? info.heads : 1 }, (_, i) => end(name, { layer, head: head + i })))
      .flat();
    const [heads, together] = [endsOf(1), endsOf(0)].map((found) =>
      [Math.min(...found), Math.max(...found)].map((value) => digitsOf(value)));
    if (of(name) === "own") {
      return `each map its own, up to its largest size: ${heads.join(" to ")} for heads, ${together.join(" to ")} for all together`;
    }
    const low = info.quantities[name].signed ? `−${heads[1]}` : "0";
    return `heads ${low} to ${write(end(name, { layer: 0, head: 1 }), name, { layer: 0, head: 1 })}, all together 0 to ${together[1]}`;
  }

  return {
    of, end, exact, level, ranges, signed, told, write,
    /** @param {ScaleKind | undefined} kind */
    choose(kind) { chosen = kind; },
    /**
     * By how much levels grow from the scale they are stored on to the one they are shown on.
     * @type {(name: string, place: HeadPlace) => number}
     */
    factor(name, place) {
      const here = end(name, place);
      return here > 0 ? Math.sqrt(stored(name, place) / here) : 0;
    },
  };
}

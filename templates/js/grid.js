// @ts-check
// Many maps of one quantity with their tokens: every head of a layer, every layer, or the lengths
// of vectors by head and token.
import { one } from "./dom.js";
import { headName } from "./heads.js";
import { labelsWidth, makePanel } from "./panels.js";

/** @import { Cell, ExplorerData, HeadPlace, LevelMap, MapView } from "./types" */
/** @import { Scales } from "./scales.js" */
/** @import { openMaps } from "./maps.js" */

const LEAST = 200; // pixels of a map at least
const MOST = 340; // and at most, where its tokens then have room
const LABEL = 12; // pixels of a token that has its label

/** @type {(value: number, size: number) => number} */
const within = (value, size) => Math.max(0, Math.min(size - 1, value));

export const VECTORS = "vectors";

/**
 * @typedef {object} GridActions
 * @property {(cell: Cell | null, say: string) => void} over
 * @property {(cell: Cell, token: number | null) => void} pick
 * @property {(place: HeadPlace) => void} open
 */

/**
 * @param {HTMLElement} section
 * @param {ExplorerData} info
 * @param {{ rows: string[], columns: string[] }} names
 * @param {ReturnType<typeof openMaps>} maps
 * @param {Scales} scales
 * @param {GridActions} act
 */
export function makeGrid(section, info, names, maps, scales, act) {
  const box = one(".many", section);
  /** @type {{ name: string, place: HeadPlace, panel: ReturnType<typeof makePanel>, map: LevelMap }[]} */
  let shown = [];
  let built = "";
  let at = { query: 0, key: 0 };
  let head = 0; // the row of vectors that is pointed at
  const heads = Array.from({ length: info.heads }, (_, i) => `head ${i + 1}`);

  /**
   * @param {MapView} view
   * @param {number} layer
   */
  function placesOf(view, layer) {
    if (view === "heads") return heads.map((_, i) => ({ layer, head: i + 1 }));
    const head = view === VECTORS ? 1 : 0;
    return Array.from({ length: info.layers }, (_, i) => ({ layer: i, head }));
  }

  /** @type {(name: string, place: HeadPlace, cell: Cell, map: LevelMap) => string} */
  function sentence(name, place, cell, map) {
    const told = scales.told(name, place, map, cell);
    const { layer } = place;
    const { rows, columns } = names;
    return name === VECTORS
      ? `${headName(info, { layer, head: cell.query + 1 })}, “${columns[cell.key]}”: ${told}`
      : `${headName(info, place)}: “${rows[cell.query]}” ${info.quantities[name].verb} “${columns[cell.key]}”: ${told}`;
  }

  /**
   * @param {MapView} view
   * @param {string} name
   * @param {number} amount
   */
  function build(view, name, amount) {
    const now = `${view === VECTORS} ${amount}`;
    if (now === built) return;
    built = now;
    box.replaceChildren();
    const rows = view === VECTORS ? heads : names.rows;
    shown = Array.from({ length: amount }, (_, i) => {
      /** @param {Cell} cell */
      function pick(cell) {
        const { name: kind, place, map } = shown[i];
        if (view === VECTORS) head = cell.query;
        act.pick(cell, view === VECTORS ? cell.key : null);
        act.over(null, sentence(kind, place, cell, map));
      }
      return {
        name, place: { layer: 0, head: 0 }, map: maps.empty,
        panel: makePanel(box, rows, names.columns, {
          over(cell) {
            const { name: kind, place, map } = shown[i];
            act.over(cell, cell ? sentence(kind, place, cell, map) : "");
          },
          pick,
          step(down, right) {
            pick({ query: within(at.query + down, rows.length),
              key: within(at.key + right, names.columns.length) });
          },
          enlarge: () => act.open(shown[i].place),
        }),
      };
    });
  }

  return {
    /** @param {boolean} shows */
    toggle(shows) {
      box.hidden = !shows;
      if (shows) return;
      box.replaceChildren();
      shown = [];
      built = "";
    },
    /**
     * Draw the maps of a view in `room` pixels; returns the promise of those that are loading.
     * @param {MapView} view
     * @param {string} kind
     * @param {number} layer
     * @param {number} room
     */
    draw(view, kind, layer, room) {
      const name = view === VECTORS ? VECTORS : kind;
      const places = placesOf(view, layer);
      build(view, name, places.length);
      const left = labelsWidth(view === VECTORS ? heads : names.rows);
      const tokens = names.columns.length;
      const wanted = Math.max(LEAST, Math.min(22, Math.floor(MOST / tokens)) * tokens,
        LABEL * tokens <= 1.5 * MOST ? LABEL * tokens : 0);
      const width = Math.min(room, left + wanted + tokens); // a pixel more for each, rounded off
      /** @type {Promise<LevelMap>[]} */
      const coming = [];
      places.forEach((place, i) => {
        const asked = name === VECTORS ? { map: maps.vectors(place.layer) }
          : maps.whole(name, place.layer, place.head);
        if (asked.coming && !asked.map) coming.push(asked.coming);
        const { panel } = shown[i];
        const map = asked.map || maps.pooled(name, place.layer, place.head);
        shown[i] = { name, place, panel, map };
        panel.show(name, false, name === VECTORS, "open");
        panel.layOut(width, true);
        panel.draw(map, {
          title: view === "heads" ? `Head ${place.head}` : `Layer ${place.layer + 1}`,
          colors: info.quantities[name].colors, signed: scales.signed(name, place),
          sizes: info.quantities[name].signed && !place.head,
          end: scales.end(name, place), factor: scales.factor(name, place),
        });
      });
      return coming;
    },
    /**
     * @param {Cell} cell
     * @param {number} token
     */
    mark(cell, token) {
      for (const { name, place, panel, map } of shown) {
        at = name === VECTORS ? { query: head, key: token } : cell;
        panel.mark(at, scales.told(name, place, map, at));
      }
    },
  };
}

// @ts-check
// The small maps of all heads: the chosen one is outlined, the one under the pointer is told.
import { all, make, one } from "./dom.js";
import { headFacts, headName } from "./heads.js";

/** @import { Scales } from "./scales.js" */
/** @import { ExplorerData, HeadPlace } from "./types" */

/**
 * @param {HTMLElement} section
 * @param {ExplorerData} info
 * @param {Scales} scales
 * @param {(place: HeadPlace) => void} pick
 */
export function makeTiles(section, info, scales, pick) {
  const images = all(".atlases img", section, HTMLImageElement);
  const frame = one(".maps", section);
  const tip = make("p", "", frame);
  tip.className = "tip";
  tip.hidden = true;

  /**
   * @param {HTMLElement} box
   * @param {HeadPlace} place
   */
  function outline(box, { layer, head }) {
    Object.assign(box.style, {
      left: `${(100 * head) / (info.heads + 1)}%`, width: `${100 / (info.heads + 1)}%`,
      top: `${(100 * layer) / info.layers}%`, height: `${100 / info.layers}%`,
    });
  }

  /**
   * @param {MouseEvent} event
   * @param {HeadPlace} place
   */
  function tell(event, place) {
    const box = frame.getBoundingClientRect();
    tip.textContent = [headName(info, place), ...headFacts(info, place, false)].join(" · ");
    tip.style.top = `${event.clientY - box.top + 20}px`;
    tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left, box.width - 300))}px`;
  }

  /** @param {HTMLImageElement} image */
  function listen(image) {
    const box = image.parentElement;
    if (!box) return;
    make("i", "", box).className = "chosen-tile";
    const hovered = make("i", "", box);
    hovered.className = "hovered-tile";
    hovered.hidden = true;
    /** @param {MouseEvent} event */
    const under = (event) => {
      const { left, top, width, height } = image.getBoundingClientRect();
      /** @type {(share: number, size: number) => number} */
      const count = (share, size) => Math.max(0, Math.min(size - 1, Math.floor(share * size)));
      return {
        layer: count((event.clientY - top) / height, info.layers),
        head: count((event.clientX - left) / width, info.heads + 1),
      };
    };
    box.addEventListener("pointermove", (event) => {
      const place = under(event);
      outline(hovered, place);
      tell(event, place);
      tip.hidden = hovered.hidden = false;
    });
    box.addEventListener("pointerleave", () => { tip.hidden = hovered.hidden = true; });
    box.addEventListener("click", (event) => pick(under(event)));
  }

  return {
    ready: Promise.all(images.map((image) => image.decode())).then(() => images.forEach(listen)),
    /**
     * @param {string} kind
     * @param {HeadPlace} place
     */
    show(kind, place) {
      for (const figure of all(".atlases figure", section)) {
        figure.classList.toggle("on", figure.dataset.kind === kind);
        outline(one(".chosen-tile", figure), place);
        if (figure.dataset.kind === kind) one(".ranges", figure).textContent = scales.ranges(kind);
      }
    },
  };
}

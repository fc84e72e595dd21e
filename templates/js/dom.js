// @ts-check
// What all parts of the script share. Text only ever enters the page through textContent.

/**
 * The first element in `root` that `selector` finds, or null.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} root
 * @param {new () => T} type what it has to be
 */
export function maybe(selector, root, type = /** @type {new () => T} */ (HTMLElement)) {
  const found = root.querySelector(selector);
  return found instanceof type ? found : null;
}

/**
 * The same where the page always has one.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} root
 * @param {new () => T} [type]
 */
export function one(selector, root, type) {
  const found = maybe(selector, root, type);
  if (!found) throw new Error(`not on the page: ${selector}`);
  return found;
}

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} root
 * @param {new () => T} type what those are that are wanted
 */
export function all(selector, root = document, type = /** @type {new () => T} */ (HTMLElement)) {
  const found = Array.from(root.querySelectorAll(selector));
  return /** @type {T[]} */ (found.filter((element) => element instanceof type));
}

/**
 * The nearest element that has an event's target in it, or is it, or null.
 * @param {string} selector
 * @param {Event} event
 */
export function around(selector, event) {
  const found = event.target instanceof Element && event.target.closest(selector);
  return found instanceof HTMLElement ? found : null;
}

/**
 * The JSON that stands in `root`.
 * @param {ParentNode} root
 * @returns {unknown}
 */
export const data = (root) =>
  JSON.parse(one('script[type="application/json"]', root).textContent);

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} text
 * @param {Element} parent
 */
export function make(tag, text, parent) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
  return element;
}

/**
 * Run a file of this site: data that comes as a script can be read in a page opened from disk.
 * @param {string} source
 * @returns {Promise<void>}
 */
export function runScript(source) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.addEventListener("error", () => reject(new Error(`${source} did not load`)));
    script.addEventListener("load", () => {
      script.remove();
      resolve();
    });
    script.src = source;
    document.head.append(script);
  });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser draws no canvas");
  return context;
}

/**
 * Call `act` once for each element, when it is about to be seen.
 * @template {Element} T
 * @param {T[]} elements
 * @param {(element: T) => void} act
 */
export function whenSeen(elements, act) {
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      observer.unobserve(entry.target);
      act(/** @type {T} */ (entry.target));
    }
  }, { rootMargin: "400px" });
  elements.forEach((element) => observer.observe(element));
}

// @ts-check
// What an overview of many sections has: links to them, below what it says first.
import { all, make, maybe } from "./dom.js";

const MANY = 3; // sections before the tables of predictions

export function listContents() {
  const header = maybe("#overview > header", document);
  const heads = all("#overview > section > h2[id]");
  if (!header || heads.findIndex(({ id }) => id === "says-title") < MANY) return;
  const list = make("nav", "", header);
  list.className = "contents";
  list.setAttribute("aria-label", "On this page");
  for (const head of heads) make("a", head.textContent, list).href = `#${head.id}`;
}

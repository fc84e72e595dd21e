// What all parts of the script share. Text only ever enters the page through textContent.
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

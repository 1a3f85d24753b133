// Building the page's elements. Text only ever enters as text nodes, so nothing that stands
// in a report, a title or a file name can become markup.

import { lang, t } from "./i18n.js";

/** An element with attributes, listeners (`onclick`) and children; null children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Add a stylesheet to the page; settles when it is there, or cannot be had. */
export const stylesheet = (path) => new Promise((done) => {
  document.head.append(el("link", { rel: "stylesheet", href: path, onload: done, onerror: done }));
});

/** A stretch of Chinese source text: fonts and screen readers need to know its language. */
export const han = (tag, attributes, ...children) =>
  el(tag, { lang: "zh-CN", ...attributes }, ...children);

/** Replace what is in `node` and keep the focus on the element of the same id. */
export function fill(node, ...children) {
  const focused = node.contains(document.activeElement) ? document.activeElement.id : "";
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (focused) byId(focused)?.focus({ preventScroll: true });
}

/** Say something to screen readers. */
export function announce(text) {
  byId("live").textContent = text;
}

/** Put text on the clipboard, also where the page is served over plain http. */
export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = el("textarea", { class: "unseen" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser refused to copy");
}

/** A button that copies `text()`, or what it promises, and says for a moment whether it worked. */
export function copyButton(label, text, attributes = {}) {
  const button = el("button", { type: "button", class: "quiet", ...attributes }, label);
  button.addEventListener("click", async () => {
    const failed = (error) => error[lang()] ?? t("copyFailed");
    const said = await Promise.resolve(text()).then(copy).then(() => t("copied"), failed);
    button.textContent = said;
    announce(said);
    setTimeout(() => (button.textContent = label), 1600);
  });
  return button;
}

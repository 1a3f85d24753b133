// The menu of references: copied, or downloaded for a reference manager.

import { citeUrl, reference } from "./api.js";
import { copyButton, el } from "./dom.js";
import { t } from "./i18n.js";

const FORMATS = [
  ["gbt7714-2025", "GB/T 7714—2025"], ["gbt7714-2015", "GB/T 7714—2015"],
  ["ris", "RIS", "ris"], ["bibtex", "BibTeX", "bib"], ["csl-json", "CSL-JSON", "json"],
]; // [name, label, ending of its file]
const GAP = 6; // px between the button and its menu
let opened = null; // { menu, button }

/** A button that opens the menu for a passage. */
export function citeButton(id) {
  const button = el("button", {
    type: "button", class: "quiet cite-button", "aria-haspopup": "dialog", "aria-expanded": "false",
    onclick: () => (opened?.button === button ? closeCite() : open(button, id)),
  }, t("cite"));
  return button;
}

/** Close the menu; tells whether there was one. The focus goes back unless it is elsewhere. */
export function closeCite() {
  if (!opened) return false;
  const { menu, button } = opened;
  opened = null;
  const inside = menu.contains(document.activeElement);
  menu.remove();
  button.setAttribute("aria-expanded", "false");
  if (inside) button.focus({ preventScroll: true });
  return true;
}

function open(button, id) {
  closeCite();
  const menu = el("div", { class: "menu", id: "cite-menu", role: "dialog", "aria-label": t("citeAs"), onkeydown: steer },
    el("p", {}, t("citeAs")), el("ul", {}, FORMATS.map((format) => row(id, format))));
  opened = { menu, button };
  document.body.append(menu);
  place(menu, button);
  button.setAttribute("aria-expanded", "true");
  menu.querySelector("button").focus({ preventScroll: true });
}

/** A format; its text is asked for at once, because a browser lets a click copy only soon after. */
function row(id, [format, label, ending]) {
  const text = reference(id, format);
  text.catch(() => {}); // said by the button
  return el("li", {},
    el("span", {}, label),
    copyButton(t("copy"), () => text, { "aria-label": `${t("copy")} ${label}`, "data-format": format }),
    ending ? el("a", {
      class: "quiet", href: citeUrl(id, format), download: `${id.replace(/[^\w.-]+/g, "-")}.${ending}`,
      "aria-label": `${t("download")} ${label}`,
    }, t("download")) : null);
}

/** Below the button, or above it where there is no room; never beyond the window's edge. */
function place(menu, button) {
  const [box, at] = [menu.getBoundingClientRect(), button.getBoundingClientRect()];
  const below = at.bottom + GAP + box.height <= window.innerHeight;
  menu.style.left = `${Math.max(GAP, Math.min(at.left, window.innerWidth - box.width - GAP))}px`;
  menu.style.top = `${Math.max(GAP, below ? at.bottom + GAP : at.top - GAP - box.height)}px`;
}

function steer(event) {
  const doors = [...opened.menu.querySelectorAll("button, a")];
  const at = doors.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    doors[(at + step + doors.length) % doors.length].focus();
    event.preventDefault();
  }
  // Tab leaves as if the menu stood behind its button.
  const leaves = event.key === "Tab" && at === (event.shiftKey ? 0 : doors.length - 1);
  if (leaves) closeCite();
}

document.addEventListener("pointerdown", ({ target }) => {
  if (opened && !opened.menu.contains(target) && !opened.button.contains(target)) closeCite();
});
/** The menu stays at its button and goes when the button leaves the window. */
function follow() {
  if (!opened) return;
  if (!opened.button.isConnected) { // drawn anew with what has come since
    closeCite();
    return;
  }
  const { top, bottom } = opened.button.getBoundingClientRect();
  if (bottom < 0 || top > window.innerHeight) closeCite();
  else place(opened.menu, opened.button);
}

for (const moves of ["scroll", "resize"]) {
  window.addEventListener(moves, follow, { capture: true, passive: true });
}

// The keyboard: `/` to the search box, arrows through the hits, Enter opens, Escape closes.

import { byId } from "./dom.js";

const typing = (node) => node.matches("input:not([type=checkbox]), textarea, select");

/** Listen; `open` opens the report behind a hit, `close` closes the reader and tells if it did. */
export function listen(open, close) {
  document.addEventListener("keydown", (event) => {
    const taken = event.defaultPrevented || event.isComposing; // an input method is at work
    if (taken || event.ctrlKey || event.metaKey || event.altKey) return;
    if (handle(event, open, close)) event.preventDefault();
  });
}

function handle({ key, target }, open, close) {
  if (key === "Escape") return close();
  if (key === "/" && !typing(target)) return focusBox();
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (step && movable(target)) return move(step);
  if (key === "Enter" && target.matches(".hit")) return open(target.dataset.open);
  return false;
}

function focusBox() {
  byId("q").focus();
  byId("q").select();
  return true;
}

// Arrows keep scrolling the reader; in a text with line breaks they would move the cursor,
// but the search box has one line.
const movable = (target) => !target.closest(".reader") && (target.id === "q" || !typing(target));

function move(step) {
  const hits = [...document.querySelectorAll(".hit")];
  const at = hits.findIndex((hit) => hit.contains(document.activeElement));
  if (!hits.length || (at < 0 && step < 0)) return false;
  if (at === 0 && step < 0) return focusBox();
  const next = hits[Math.min(at + step, hits.length - 1)];
  hits.forEach((hit) => (hit.tabIndex = hit === next ? 0 : -1));
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

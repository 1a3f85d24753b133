// The keyboard: `/` to the search box, arrows through the hits or cells, Enter opens, [ and ]
// go to the neighbouring hits of the opened report, G explains words, Escape closes.

import { byId } from "./dom.js";

const STOPS = ".hit, .matrix .quote"; // what the arrows walk through
const typing = (node) => node.matches("input:not([type=checkbox]), textarea, select");

/** Listen; `act` holds what the page can do: open(id), close(), step(±1), gloss(±1) -> done? */
export function listen(act) {
  document.addEventListener("keydown", (event) => {
    const taken = event.defaultPrevented || event.isComposing; // an input method is at work
    if (taken || event.ctrlKey || event.metaKey || event.altKey) return;
    if (handle(event, act)) event.preventDefault();
  });
}

function handle({ key, target }, act) {
  if (key === "Escape") return act.close();
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (arrow && movable(target)) return move(arrow);
  if (key === "Enter" && target.matches(".hit")) return act.open(target.dataset.open);
  if (typing(target)) return false;
  if (key === "/") return focusBox();
  const step = { "[": -1, "]": 1, "【": -1, "】": 1 }[key];
  if (step) return act.step(step);
  const word = { g: 1, G: -1 }[key];
  return word ? act.gloss(word) : false;
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
  const stops = [...document.querySelectorAll(STOPS)];
  const at = stops.findIndex((stop) => stop.contains(document.activeElement));
  if (!stops.length || (at < 0 && step < 0)) return false;
  if (at === 0 && step < 0) return focusBox();
  const next = stops[Math.min(at + step, stops.length - 1)];
  stops.forEach((stop) => stop.matches(".hit") && (stop.tabIndex = stop === next ? 0 : -1));
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

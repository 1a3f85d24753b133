// English meanings of Chinese words in report text: under the pointer, under a held finger, or
// word by word with a key. The text itself is not touched: selecting and links work as ever.

import { glosses } from "./api.js";
import { announce, byId, el, han } from "./dom.js";
import { lang } from "./i18n.js";
import { points } from "./text.js";

const KEY = "bureau.gloss";
const TEXTS = '.text p, #layout [lang="zh-CN"]'; // where Chinese text stands
const READ = ".passage, .quote"; // what the key begins with
const REST = 110; // ms that the pointer must rest on a word
const HOLD = 400; // ms that a finger must: less than the system's own long press
const SLIP = 10; // px that a held finger may move
const STRETCH = 1000; // characters asked for at once, with
const MARGIN = 200; // on both sides, so that no word is cut where it is pointed at
const HAN = /\p{Script=Han}/u;

let wanted = remembered(); // "on", "off" or, never chosen, null
let shown = null; // the word in sight: { block, start, rects }
let timer = 0;
let asked = 0; // number of the newest wish: answers to older ones are dropped
let held = null; // where a finger went down

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser may forbid storage: the page then forgets
  }
}

/** Whether glosses are shown: by default to readers of the English interface. */
export const glossOn = () => (wanted ? wanted === "on" : lang() === "en");

/** Switch glosses on or off and remember it. */
export function setGloss(on) {
  wanted = on ? "on" : "off";
  hideGloss();
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // see `remembered`
  }
}

/** Hide the gloss in sight; tells whether there was one. */
export function hideGloss() {
  clearTimeout(timer);
  asked += 1;
  const was = shown;
  shown = null;
  byId("gloss").hidden = true;
  if (window.CSS?.highlights) CSS.highlights.delete("gloss");
  return Boolean(was);
}

/** Show the next (or, with step -1, previous) word's gloss in the text that has the focus. */
export function stepGloss(step) {
  const block = glossOn() && (shown?.block.isConnected ? shown.block : focusedText());
  if (!block) return false;
  const mark = block.closest(".text") && block.querySelector("mark");
  const from = shown?.block === block ? shown.start : (mark ? offsetIn(block, mark, 0) : 0) - 1;
  lookUp(block, Math.max(from, 0), (words) =>
    (step > 0 ? words.find((w) => w.start > from) : words.findLast((w) => w.start < from)), true);
  return true;
}

function focusedText() {
  const at = document.activeElement;
  const place = at.closest(".hit, .reader, .bureau, td, li") ?? byId("results");
  return at.closest(READ) ?? place.querySelector(".text mark")?.closest("p") ?? place.querySelector(READ);
}

function pointAt(x, y) {
  const found = characterAt(x, y);
  if (!found || !HAN.test(found.character)) return;
  const at = offsetIn(found.block, found.node, found.offset);
  lookUp(found.block, at, (words) => words.find((w) => w.start <= at && at < w.end));
}

/** Ask for the words round `at` and show the one that `choose` picks. */
async function lookUp(block, at, choose, aloud = false) {
  const wish = (asked += 1);
  const from = Math.max(0, Math.floor(at / STRETCH) * STRETCH - MARGIN);
  const text = points(block.textContent).slice(from, from + STRETCH + 2 * MARGIN).join("");
  const words = await glosses(text).catch(() => []); // a help that fails is no failure of the page
  const word = choose(words.map((w) => ({ ...w, start: w.start + from, end: w.end + from })));
  if (wish !== asked || !word || !block.isConnected) return;
  show(block, word);
  if (aloud) announce(`${word.word}: ${word.gloss}`);
}

function show(block, word) {
  const range = rangeOf(block, word.start, word.end);
  const rects = [...range.getClientRects()];
  if (!rects.length) return;
  const node = byId("gloss");
  node.replaceChildren(han("b", {}, word.word), " ", el("span", { lang: "en" }, word.gloss));
  node.hidden = false;
  const [at, box] = [rects[0], node.getBoundingClientRect()];
  const above = rects.at(-1).bottom + 6 + box.height > window.innerHeight;
  node.style.left = `${Math.max(6, Math.min(at.left, document.documentElement.clientWidth - box.width - 6))}px`;
  node.style.top = `${above ? at.top - 6 - box.height : rects.at(-1).bottom + 6}px`;
  shown = { block, start: word.start, rects };
  if (window.CSS?.highlights) CSS.highlights.set("gloss", new Highlight(range));
}

/** The character of a report's text at a point of the window, or null. */
function characterAt(x, y) {
  const [node, offset] = caretAt(x, y);
  const block = node?.nodeType === Node.TEXT_NODE && node.parentElement.closest(TEXTS);
  if (!block) return null;
  // The caret stands before or after the character that the point is in.
  for (const near of [offset, offset - 1]) {
    const start = near > 0 && /[\uDC00-\uDFFF]/.test(node.data[near] ?? "") ? near - 1 : near;
    const character = String.fromCodePoint(node.data.codePointAt(start) ?? 32);
    if (start < 0 || start >= node.length) continue;
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, start + character.length);
    if ([...range.getClientRects()].some((rect) => holds(rect, x, y))) return { block, node, offset: start, character };
  }
  return null;
}

function caretAt(x, y) {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return [position.offsetNode, position.offset];
  const range = document.caretRangeFromPoint?.(x, y);
  return range ? [range.startContainer, range.startOffset] : [];
}

const holds = (rect, x, y) => x >= rect.left && x <= rect.right && y >= rect.top && y <= rect.bottom;

/** Code points of `block` before an offset in one of its nodes. */
function offsetIn(block, node, offset) {
  const before = document.createRange();
  before.setStart(block, 0);
  before.setEnd(node, offset);
  return points(before.toString()).length;
}

/** The stretch of `block` between two numbers of code points. */
function rangeOf(block, start, end) {
  const range = document.createRange();
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  let at = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const chars = points(node.data);
    const units = (n) => chars.slice(0, n - at).join("").length;
    if (start >= at && start < at + chars.length) range.setStart(node, units(start));
    if (end > at && end <= at + chars.length) range.setEnd(node, units(end));
    at += chars.length;
  }
  return range;
}

function onMove({ pointerType, buttons, clientX: x, clientY: y }) {
  if (pointerType !== "mouse") {
    if (held && Math.hypot(x - held.x, y - held.y) > SLIP) drop();
    return;
  }
  if (shown?.rects.some((rect) => holds(rect, x, y))) return;
  hideGloss();
  if (!buttons && glossOn()) timer = setTimeout(pointAt, REST, x, y);
}

function onDown({ pointerType, clientX: x, clientY: y }) {
  hideGloss();
  if (pointerType === "mouse" || !glossOn()) return;
  held = { x, y };
  timer = setTimeout(pointAt, HOLD, x, y);
}

/** A finger that leaves early has tapped; a gloss in sight stays until the next touch. */
function drop() {
  held = null;
  clearTimeout(timer);
}

/** Listen to the pointer. */
export function listenGloss() {
  document.body.append(el("div", { class: "gloss", id: "gloss", role: "tooltip", hidden: true }));
  document.addEventListener("pointermove", onMove, { passive: true });
  document.addEventListener("pointerdown", onDown, { passive: true });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, drop, { passive: true });
  document.addEventListener("scroll", hideGloss, { capture: true, passive: true });
  document.documentElement.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && hideGloss());
}

// Collections of passages (摘录集), kept in this browser alone: the store behind the mode
// “collection”, the count in the bar, and the button that collects a span of a report.
//
// For any view that shows a span:  collectButton(item), where `item` has report_id, start, end,
// text and, as far as they are known, issuer, title, region, year, date, heading_path, page.

import { announce, byId, el } from "./dom.js";
import { lang } from "./i18n.js";
import { points, spanId } from "./text.js";

const KEY = "bureau.collections";
const VERSION = 1;
/** Items of a collection, as many as the server exports at once. */
export const MOST = 500;
const FACTS = ["issuer", "title", "region", "year", "date", "heading_path", "page", "sha256"];
const SAYS = {
  collect: ["收藏", "Collect"],
  collected: ["已收藏 ✓", "Collected ✓"],
  selection: ["收藏所选文字", "Collect selection"],
  added: ["已收入“{name}”，共 {n} 条", "Added to “{name}”: {n} in all"],
  removed: ["已从“{name}”移出", "Taken out of “{name}”"],
  full: ["“{name}”已满（{n} 条）：请另建摘录集", "“{name}” is full ({n}): begin another collection"],
  forgets: ["浏览器不保存数据：离开本页前请先导出", "This browser keeps no data: export before you leave the page"],
  first: ["我的摘录", "My collection"],
};
const watchers = new Set(); // called after every change
let kept = null; // the store where the browser forbids storage
let read = null; // { raw, store }: what was last read, because every button on the page asks
let volatile = false; // the last change is in memory only

const say = (key, values = {}) =>
  SAYS[key][lang() === "zh" ? 0 : 1].replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** A name for a collection or a moment: unlikely to be there already. */
const fresh = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;

/** The store: { version, current, collections: [{ id, name, created, items }] }; to be read only. */
export function store() {
  if (kept) return kept;
  const raw = written();
  if (!read || read.raw !== raw) read = { raw, store: parsed(raw) };
  return read.store;
}

function written() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // forbidden
  }
}

function parsed(raw) {
  try {
    return sound(JSON.parse(raw || "null"));
  } catch {
    return sound(null); // not ours
  }
}

/** What was stored, as far as it can be used: other pages of this address may write there too. */
function sound(stored) {
  const list = stored?.version === VERSION && Array.isArray(stored.collections) ? stored.collections : [];
  const collections = list.filter((c) => c && typeof c.id === "string" && typeof c.name === "string" && Array.isArray(c.items))
    .map((c) => ({ ...c, items: c.items.filter(usable) }));
  if (!collections.length) collections.push({ id: "first", name: say("first"), created: "", items: [] });
  const current = collections.some(({ id }) => id === stored?.current) ? stored.current : collections[0].id;
  return { version: VERSION, current, collections };
}

/** Whether something is a span of a report with its text. */
export const usable = (item) => Boolean(item) && typeof item.report_id === "string" && typeof item.text === "string"
  && Number.isInteger(item.start) && Number.isInteger(item.end) && item.start >= 0 && item.end > item.start;

/** Whether what is collected will be gone with this page. */
export const forgets = () => volatile;

/** Read the store, let `edit` change it, write it back; the edited store. */
export function change(edit) {
  const next = kept ?? parsed(written());
  const result = edit(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
    kept = null;
    volatile = false;
  } catch {
    kept = next; // forbidden, or full
    volatile = true;
  }
  changed();
  return result;
}

function changed() {
  drawCount();
  for (const watcher of watchers) watcher();
}

/** Call `watcher` after every change, those in other windows too; returns how to stop that. */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The collection that the button collects into. */
export const current = (held = store()) => held.collections.find(({ id }) => id === held.current);

/** A new, empty collection of the store `held`. */
export function begin(held, name, items = []) {
  const made = { id: fresh(), name, created: new Date().toISOString(), items };
  held.collections.push(made);
  held.current = made.id;
  return made;
}

/** What a collection keeps of a span. */
export function itemOf(span) {
  const facts = FACTS.map((name) => [name, span[name]]).filter(([, value]) => value !== undefined && value !== null);
  const { report_id, start, end, text, note = "" } = span;
  return { id: spanId(span), report_id, start, end, text, ...Object.fromEntries(facts), note, added: span.added ?? new Date().toISOString() };
}

/** The spans that `id` (report:start-end) names among the items of the current collection. */
export const holds = (id) => current().items.some((item) => spanId(item) === id);

/** Collect a span, or take it out again; tells what happened. */
function toggle(span) {
  const id = spanId(span);
  return change((held) => {
    const into = current(held);
    const { name } = into;
    const at = into.items.findIndex((item) => spanId(item) === id);
    if (at >= 0) {
      into.items.splice(at, 1);
      return say("removed", { name });
    }
    if (into.items.length >= MOST) return say("full", { name, n: MOST });
    into.items.push(itemOf(span));
    return say("added", { name, n: into.items.length });
  });
}

/** A small button that collects a span and takes it out again; null for what is no span. */
export function collectButton(span, attributes = {}) {
  if (!span || !usable(span)) return null;
  const button = el("button", {
    type: "button", class: "quiet collect", "data-collect": spanId(span), ...attributes,
    onclick: () => {
      const said = toggle(span);
      announce(volatile ? `${said} · ${say("forgets")}` : said);
    },
  });
  drawButton(button);
  return button;
}

function drawButton(button) {
  const on = holds(button.dataset.collect);
  const words = say(on ? "collected" : "collect");
  if (button.textContent !== words) button.textContent = words;
  button.setAttribute("aria-pressed", String(on));
}

/** Show in the bar how many passages the current collection holds. */
export function drawCount() {
  const badge = byId("collected");
  if (!badge) return;
  const n = current().items.length;
  badge.textContent = n ? String(n) : "";
  badge.hidden = !n;
}

/** Buttons on the page follow the store, whoever changed it. */
watch(() => document.querySelectorAll("button[data-collect]").forEach(drawButton));
window.addEventListener("storage", ({ key }) => {
  if (key === KEY || key === null) changed();
});
drawCount();

/** A button beside the open report that collects the words that are selected in it; hidden
 * without a selection. `itemAt({ start, end })` makes an item of a span. */
export function selectionButton(itemAt) {
  return el("button", {
    type: "button", class: "quiet", id: "collect-selection", hidden: !selectedSpan(),
    onpointerdown: (event) => event.preventDefault(), // keeps the selection
    onclick: () => {
      const span = selectedSpan();
      const item = span && itemAt(span);
      if (!item || !usable(item)) return;
      if (!holds(spanId(item))) announce(toggle(item));
      getSelection().removeAllRanges();
    },
  }, say("selection"));
}

/** The selected span of the open report's text, without white space at its ends, or null. */
function selectedSpan() {
  const text = document.querySelector("#reader-body .text");
  const selection = getSelection();
  if (!text || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!text.contains(range.commonAncestorContainer)) return null;
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const words = range.toString();
  const start = points(before.toString()).length + points(words).length - points(words.trimStart()).length;
  const length = points(words.trim()).length;
  return length ? { start, end: start + length } : null;
}

document.addEventListener("selectionchange", () => {
  const button = byId("collect-selection");
  if (button) button.hidden = !selectedSpan();
});

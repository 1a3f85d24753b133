// Collections of passages: kept in this browser, checked and exported by the server, which keeps
// none of them. The store is in collect.js; an article is checked in proof.js.

import { Failure } from "./api.js";
import { citeButton } from "./cite.js";
import { MOST, begin, change, current, forgets, itemOf, store, usable, watch } from "./collect.js";
import { announce, byId, copyButton, el, fill, han } from "./dom.js";
import { path, year } from "./hits.js";
import { lang, t } from "./i18n.js";
import { PROOF_WORDS, proofView, send } from "./proof.js";
import { href } from "./state.js";
import { citation, quoteWithSource, spanId } from "./text.js";

export const WORDS = {
  "collection.title": ["{name}：{n} 条", "{name}: {n|passage|passages}"],
  "collection.mine": ["我的摘录集", "My collections"],
  "collection.note": ["点“收藏”的段落收入当前摘录集。摘录集只保存在本浏览器，服务器不留存。", "“Collect” puts passages into the collection shown here. Collections stay in this browser; the server keeps none."],
  "collection.forgets": ["浏览器不允许保存，或空间已满：关闭本页前请导出。", "The browser does not let this page save, or has no room left: export before you close it."],
  "collection.new": ["新建", "New"],
  "collection.rename": ["改名", "Rename"],
  "collection.delete": ["删除此集", "Delete"],
  "collection.name": ["摘录集名称", "Name of the collection"],
  "collection.save": ["确定", "Save"],
  "collection.export": ["导出", "Export"],
  "collection.import": ["导入 JSON", "Import JSON"],
  "collection.empty": ["这里还没有摘录。", "Nothing collected yet."],
  "collection.emptyHint": ["检索、问答、比较或阅读原文时，点“收藏”即可收入；也可导入导出过的 JSON。", "Press “Collect” beside any passage, quote or cell, or in the reader; or import a JSON file exported before."],
  "collection.up": ["上移", "Move up"],
  "collection.down": ["下移", "Move down"],
  "collection.remove": ["移出", "Take out"],
  "collection.comment": ["备注", "Note"],
  "collection.undo": ["撤销", "Undo"],
  "collection.removed": ["已移出一条", "One passage taken out"],
  "collection.deleted": ["已删除“{name}”", "“{name}” deleted"],
  "collection.imported": ["导入 {n} 条，已有 {old} 条", "{n} imported, {old} already there"],
  "collection.unusable": ["这个文件不是导出的摘录集（JSON）", "This file is no exported collection (JSON)"],
  "collection.moved": ["第 {n} 条，共 {of} 条", "Now {n} of {of}"],
  "collection.exported": ["已导出", "Exported"],
  "collection.status.verbatim": ["与原文一致", "verbatim"],
  "collection.status.changed": ["原文已变", "the report has changed"],
  "collection.status.missing": ["索引中没有", "not in this index"],
  ...PROOF_WORDS,
};
export const PARAMS = ["name"];

const FILES = [
  ["md", "Markdown", "md"], ["gbt7714-2025", "GB/T 7714—2025", "txt"], ["gbt7714-2015", "GB/T 7714—2015", "txt"],
  ["ris", "RIS", "ris"], ["bibtex", "BibTeX", "bib"], ["csl-json", "CSL-JSON", "csl.json"],
  ["csv", "CSV", "csv"], ["xlsx", "Excel", "xlsx"], ["json", "JSON", "json"],
];
const FORMAT = "bureau-collection";
const LONGEST_NAME = 60;
const LONGEST_NOTE = 2000;
let shown = { state: null, verdicts: {} }; // what is drawn
let undo = null; // { said, restore }: the last thing that was taken away
let naming = ""; // "new" or "rename" while a name is typed
let trouble = null; // the last failure of an export or import, as { zh, en }

/** The verdicts on the items of the collection that the address names. */
export async function load(state, signal) {
  if (store().collections.some(({ id }) => id === state.name) && store().current !== state.name) {
    change((held) => { held.current = state.name; });
  }
  const { id, items } = current();
  // The way back leads to this collection, also when another has become the current one.
  if (!signal.aborted && state.name !== id) history.replaceState(null, "", href(state, { name: id, open: state.open }));
  if (!items.length) return { verdicts: {} };
  const quotes = items.map(({ report_id, start, end, text }) => ({ report_id, start, end, text }));
  try {
    const found = await send("v1/verify", JSON.stringify({ quotes }), "application/json", signal);
    const { quotes: checked } = await found.json();
    return { verdicts: Object.fromEntries(checked.map((verdict, n) => [spanId(items[n]), verdict.status])) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { verdicts: {} }; // a collection can be read without a server
  }
}

/** What the reader can step through. */
export const items = () => current().items;

export function view(state, { verdicts }) {
  shown = { state, verdicts };
  const root = el("div", { id: "collection" });
  const proof = el("div", { id: "proof" }, proofView(state));
  draw(root);
  return [root, proof];
}

/** Draw again what a change has changed; the field that is being typed in keeps its text. */
function redraw() {
  const root = byId("collection");
  if (root) draw(root);
}
watch(redraw);

function draw(root) {
  const here = current();
  const count = here.items.length;
  fill(root,
    el("h2", { class: "unseen" }, t("collection.title", { name: here.name, n: count })),
    shelf(here),
    el("p", { class: "hint" }, t("collection.note")),
    forgets() ? el("p", { class: "note weak", role: "alert" }, t("collection.forgets")) : null,
    undo ? undoBar() : null,
    trouble ? el("p", { class: "note error", role: "alert", id: "trouble" }, trouble[lang()]) : null,
    tools(here),
    count ? el("ol", { class: "hits", id: "kept" }, here.items.map((item, n) => el("li", {}, card(item, n, count))))
      : el("div", { class: "note", id: "nothing-kept" }, el("p", {}, el("b", {}, t("collection.empty"))), el("p", {}, t("collection.emptyHint"))));
}

/** The collections by name, and what can be done with the one that is shown. */
function shelf(here) {
  const { collections } = store();
  return el("div", { class: "shelf" },
    el("nav", { "aria-label": t("collection.mine") }, el("ul", { class: "chips" }, collections.map((c) => el("li", {},
      el("a", { class: "chip", href: href(shown.state, { name: c.id, open: "" }), "aria-current": c.id === here.id ? "page" : null },
        c.name, el("span", { class: "count" }, String(c.items.length))))))),
    naming ? nameForm(here) : el("p", { class: "tools" },
      button("new", () => name("new")), button("rename", () => name("rename")), button("delete", () => remove(here))));
}

const button = (what, onclick, more = {}) =>
  el("button", { type: "button", class: "quiet", id: `collection-${what}`, onclick, ...more }, t(`collection.${what}`));

function name(what) {
  naming = what;
  redraw();
  byId("collection-name").select();
}

function nameForm(here) {
  const back = naming;
  const field = el("input", {
    id: "collection-name", maxlength: LONGEST_NAME, required: true, "aria-label": t("collection.name"),
    placeholder: t("collection.name"), value: naming === "rename" ? here.name : null,
  });
  const done = () => {
    naming = "";
    redraw();
    byId(`collection-${back}`)?.focus();
  };
  return el("form", {
    class: "naming", onsubmit: (event) => {
      event.preventDefault();
      const typed = safeName(field.value);
      if (!typed) return field.focus();
      naming = "";
      change((held) => {
        if (back === "new") begin(held, typed);
        else current(held).name = typed;
      });
      if (back === "new") visit(current().id);
      else done();
      return undefined;
    },
    onkeydown: (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      done();
    },
  }, field, el("button", { class: "button", type: "submit" }, t("collection.save")));
}

/** A name that a file can have too. */
const safeName = (text) => text.normalize("NFC").replace(/[/\\:*?"<>|\p{Cc}]/gu, "-").replace(/^[\s.]+/, "").trim().slice(0, LONGEST_NAME);

/** Go to a collection, through its address. */
function visit(id) {
  const link = el("a", { href: href(shown.state, { name: id, open: "" }), hidden: true });
  byId("collection").append(link);
  link.click();
}

function remove(here) {
  const { collections } = store();
  const at = collections.findIndex(({ id }) => id === here.id);
  undo = {
    said: t("collection.deleted", { name: here.name }),
    restore: (held) => {
      held.collections.splice(at, 0, here);
      held.current = here.id;
    },
  };
  const next = collections[at + 1] ?? collections[at - 1];
  change((held) => {
    held.collections = held.collections.filter(({ id }) => id !== here.id);
    held.current = next?.id ?? "";
  });
  announce(undo.said);
  byId("collection-undo").focus();
}

const undoBar = () => el("p", { class: "note undo", role: "status" }, el("span", {}, undo.said),
  el("button", {
    type: "button", class: "quiet strong", id: "collection-undo", onclick: () => {
      const { restore } = undo;
      undo = null;
      change(restore);
    },
  }, t("collection.undo")));

/** Export in every form, and import. */
function tools(here) {
  const choose = el("input", { type: "file", class: "unseen", id: "collection-file", accept: ".json,application/json", tabindex: -1, "aria-hidden": "true" });
  choose.addEventListener("change", () => choose.files[0] && bringIn(choose.files[0]));
  return el("div", { class: "exports" },
    here.items.length ? el("div", { role: "group", "aria-label": t("collection.export") }, el("span", {}, t("collection.export")),
      FILES.map(([format, label, ending]) => el("button", {
        type: "button", class: "quiet", id: `export-${format}`, onclick: () => takeOut(here, format, ending),
      }, label))) : null,
    button("import", () => choose.click()), choose);
}

async function takeOut(here, format, ending) {
  const body = JSON.stringify({
    name: safeName(here.name) || "-", items: here.items.map((item) => ({ id: spanId(item), text: item.text, note: item.note ?? "" })),
  });
  try {
    const answer = await send(`v1/collections/export?format=${format}`, body, "application/json");
    save(await answer.blob(), `${safeName(here.name) || "collection"}.${ending}`);
    settle(null, t("collection.exported"));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    settle(error);
  }
}

/** Show a failure, or that there is none. */
function settle(failure, said = failure?.[lang()]) {
  trouble = failure;
  redraw();
  announce(said);
}

function save(blob, filename) {
  const link = el("a", { href: URL.createObjectURL(blob), download: filename, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Add the items of an exported file to the collection that is shown. */
async function bringIn(file) {
  const found = await file.text().then(JSON.parse).catch(() => null);
  const given = found?.format === FORMAT && Array.isArray(found.items) ? found.items.filter(usable) : [];
  if (!given.length) {
    const [zh, en] = WORDS["collection.unusable"];
    return settle({ zh, en });
  }
  const old = change((held) => {
    const into = current(held);
    const known = new Set(into.items.map(spanId));
    const fresh = given.filter((item) => !known.has(spanId(item))).slice(0, MOST - into.items.length);
    into.items.push(...fresh.map((item) => itemOf({ ...item, note: String(item.note ?? "").slice(0, LONGEST_NOTE) })));
    return given.length - fresh.length;
  });
  return settle(null, t("collection.imported", { n: given.length - old, old }));
}

function card(raw, n, count) {
  const item = { issuer: "", title: "", heading_path: [], ...raw };
  const id = spanId(item);
  const open = href(shown.state, { open: id });
  const status = shown.verdicts[id];
  return el("article", {
    class: "hit kept", id: `kept-${n + 1}`, tabindex: n ? -1 : 0, "aria-labelledby": `kept-${n + 1}-title`, "data-open": id,
    "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown", onkeydown: (event) => steer(event, id),
    "aria-current": shown.state.open === id ? "true" : null,
  },
    el("header", {},
      el("h3", { id: `kept-${n + 1}-title` }, han("a", { href: open, tabindex: -1 }, item.issuer || id), year(item),
        status ? el("span", { class: `badge status ${status}` }, t(`collection.status.${status}`)) : null),
      path(item)),
    han("blockquote", { class: "passage" }, item.text),
    han("p", { class: "cite" }, citation(item)),
    note(item, id, n),
    el("footer", {},
      el("a", { class: "quiet strong", href: open }, t("open")),
      copyButton(t("copyQuote"), () => quoteWithSource(item)), citeButton(id),
      mover("up", id, n, n > 0), mover("down", id, n, n < count - 1),
      el("button", { type: "button", class: "quiet", id: `remove-${n}`, onclick: () => drop(id) }, t("collection.remove"))));
}

function note(item, id, n) {
  return el("label", { class: "comment" }, el("span", {}, t("collection.comment")), area(item.note ?? "", {
    id: `comment-${n}`, rows: item.note ? 2 : 1, maxlength: LONGEST_NOTE,
    onchange: ({ target }) => change((held) => {
      const kept = current(held).items.find((one) => spanId(one) === id);
      if (kept) kept.note = target.value.trim();
    }),
  }));
}

function area(text, attributes) {
  const node = el("textarea", attributes);
  node.value = text;
  return node;
}

const mover = (what, id, n, can) => el("button", {
  type: "button", class: "quiet", id: `${what}-${n}`, disabled: !can, "aria-label": t(`collection.${what}`), title: t(`collection.${what}`),
  onclick: () => move(id, what === "up" ? -1 : 1, what),
}, el("span", { "aria-hidden": "true" }, what === "up" ? "↑" : "↓"));

function steer(event, id) {
  const step = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || event.target.matches("textarea")) return;
  event.preventDefault();
  move(id, step);
}

/** Move an item by one place; the focus goes with it. */
function move(id, step, by = "") {
  const { items: all } = current();
  const from = all.findIndex((item) => spanId(item) === id);
  const to = from + step;
  if (to < 0 || to >= all.length) return;
  change((held) => {
    const list = current(held).items;
    list.splice(to, 0, ...list.splice(from, 1));
  });
  const same = by && byId(`${by}-${to}`);
  (same && !same.disabled ? same : byId(`kept-${to + 1}`)).focus();
  announce(t("collection.moved", { n: to + 1, of: all.length }));
}

function drop(id) {
  const { id: into, items: all } = current();
  const at = all.findIndex((item) => spanId(item) === id);
  const item = all[at];
  undo = {
    said: t("collection.removed"),
    restore: (held) => (held.collections.find((c) => c.id === into) ?? current(held)).items.splice(at, 0, item),
  };
  change((held) => current(held).items.splice(at, 1));
  announce(undo.said);
  byId("collection-undo").focus();
}

// Wording: how a phrase or a draft is printed, by how many bureaus and since when; without a
// draft, the formulations that most bureaus share.

import { getJson } from "./api.js";
import { collectButton } from "./collect.js";
import { copyButton, el, han } from "./dom.js";
import { t } from "./i18n.js";
import { chosen, filters, href } from "./state.js";
import { quoteWithSource, spanId } from "./text.js";

export const WORDS = {
  "wording.found": ["{n} 处可循的表述（草稿共 {of} 处）", "{n} of {of|part|parts} in print"],
  "wording.one": ["报告中的写法", "In print"],
  "wording.oneNone": ["报告中没有这样的写法", "Not in print"],
  "wording.top": ["最常用的表述", "The most shared formulations"],
  "wording.topHint": [
    "八个字以上、至少两个机关使用的表述，按使用机关数排列；长表述中的片段只在明显更常用时单列。点击一条可查看各种写法与全部出处。",
    "Formulations of eight characters or more that at least two bureaus print, by the number of bureaus. A part of a longer one is listed only if clearly more print it. Choose one for its variants and all its places.",
  ],
  "wording.hint": [
    "标点、空格和数字不同，算同一写法。后附的出处均为报告原文。",
    "Marks, spaces and numbers make no difference to a wording. Every place is verbatim.",
  ],
  "wording.used": ["{of} 个机关中 {n} 个使用", "used by {n} of {of|bureau|bureaus}"],
  "wording.since": ["最早 {first} 年，最近 {last} 年", "first {first}, last {last}"],
  "wording.times": ["{n} 处", "{n|place|places}"],
  "wording.fuller": ["常接作", "Usually goes on"],
  "wording.fullerUsed": ["{n} 个机关", "{n|bureau|bureaus}"],
  "wording.variants": ["{n} 种写法", "{n|variant|variants}"],
  "wording.moreVariants": ["另有 {n} 种写法未列出", "{n|more variant|more variants} not listed"],
  "wording.moreInstances": ["其余 {n} 处", "{n} more"],
  "wording.inExport": ["另有 {n} 处，见导出文件", "{n} more in the exported file"],
  "wording.whole": ["整句", "Whole sentence"],
  "wording.none": ["未见于其他报告", "No bureau prints it"],
  "wording.noneHint": ["可能是自己的表述，也可以按意思检索：", "It may be words of your own. Search by meaning instead:"],
  "wording.copy": ["复制表述", "Copy wording"],
  "wording.added": ["多出", "added"],
  "wording.missing": ["缺少", "left out"],
  "wording.empty": ["没有两个机关共用的表述。", "No formulation is shared by two bureaus."],
  "wording.more": ["显示更多表述", "More formulations"],
  "wording.similarity": ["相似度 {n}", "similarity {n}"],
};
export const PARAMS = [];

const FILES = [["csv", "CSV"], ["xlsx", "Excel"], ["json", "JSON"]];
const FACETS = ["region", "year", "level", "role", "issuer"];
const SHOWN = 3; // places of a variant before the rest is folded away
const TOP = 20;
const MOST_TOP = 100;

const params = (state, more = {}) =>
  new URLSearchParams([...(state.q ? [["q", state.q]] : []), ...chosen(state), ...Object.entries(more)]);

/** What is printed like the draft, or the most shared formulations; and the filters. */
export async function load(state, signal) {
  const path = state.q ? `v1/wording?${params(state)}` : `v1/wording/top?${params(state, { k: Math.max(TOP, state.k) })}`;
  const counted = (without) => getJson(`v1/facets?${filters({ ...state, ...without })}`, signal);
  const widened = FACETS.filter((name) => state[name].length);
  const [found, { facets }, ...others] = await Promise.all([
    getJson(path, signal), counted({}), ...widened.map((name) => counted({ [name]: [] })),
  ]);
  const wider = Object.fromEntries(widened.map((name, n) => [name, others[n].facets[name]]));
  return { ...found, facets: { ...facets, ...wider }, all: {} };
}

/** The places on the page. */
export const items = (found) => found.parts
  ? found.parts.flatMap((part) => part.clusters.flatMap((c) => c.variants.flatMap((v) => v.instances)))
  : found.formulations.map((form) => form.instance);

export const view = (state, found) => (found.parts ? draftView(state, found) : topView(state, found));

function draftView(state, found) {
  const known = found.parts.filter((part) => part.clusters.length).length;
  return [
    el("div", { class: "summary" },
      el("h2", {}, found.parts.length > 1
        ? t("wording.found", { n: known, of: found.parts.length }) : t(known ? "wording.one" : "wording.oneNone")), known ? exports(state) : null),
    el("p", { class: "hint wd-hint" }, t("wording.hint")),
    found.parts.map((part) => partView(state, found, part)),
  ];
}

const exports = (state) => el("p", { class: "exports" }, t("export"),
  FILES.map(([format, label]) => el("a", {
    class: "quiet", href: `v1/wording/export?${params(state, { format })}`, download: "", id: `export-${format}`,
  }, label)));

function partView(state, found, part) {
  const alone = found.parts.length === 1;
  const name = alone ? null : el("h3", {}, han("span", {}, part.text),
    part.whole ? el("span", { class: "badge" }, t("wording.whole")) : null);
  return el("section", { class: "wd-part" }, name, part.clusters.length
    ? part.clusters.map((cluster) => card(state, found, cluster))
    : nothing(state, part));
}

const nothing = (state, part) => el("div", { class: "note wd-none" },
  el("p", {}, el("b", {}, t("wording.none")), " ", t("wording.noneHint"), " ",
    el("a", { href: href(state, { mode: "search", q: part.text, open: "" }) }, t("search"))));

function card(state, found, cluster) {
  const [first, ...others] = cluster.variants;
  return el("article", { class: "wd-card" },
    han("p", { class: "wd-text" }, cluster.text),
    usage(cluster, found.bureaus),
    el("div", { class: "tools" },
      copyButton(t("wording.copy"), () => cluster.text),
      copyButton(t("copyQuote"), () => quoteWithSource(first.instances[0]))),
    cluster.fuller ? fuller(state, cluster.fuller) : null,
    others.length
      ? el("h4", {}, t("wording.variants", { n: cluster.variants.length + cluster.more_variants }))
      : null,
    el("ul", { class: "wd-variants" }, cluster.variants.map((v) => variant(state, v, others.length > 0))),
    cluster.more_variants ? el("p", { class: "hint" }, t("wording.moreVariants", { n: cluster.more_variants })) : null);
}

/** “Used by 4 of 5 bureaus · first 2023, last 2025”, with a bar of the share. */
function usage(used, of) {
  const years = { first: used.first ?? "?", last: used.last ?? "?" };
  return el("p", { class: "wd-usage" },
    el("meter", { min: 0, max: of, value: used.bureaus, "aria-hidden": "true" }),
    el("b", {}, t("wording.used", { n: used.bureaus.toLocaleString(), of: of.toLocaleString() })),
    el("span", {}, t("wording.since", years)),
    el("span", {}, t("wording.times", { n: used.occurrences.toLocaleString() })));
}

const fuller = (state, { text, bureaus }) => el("p", { class: "wd-fuller" },
  el("span", { class: "kind" }, t("wording.fuller")), " ",
  han("a", { href: href(state, { q: text, open: "" }) }, text), " ",
  el("span", { class: "count" }, t("wording.fullerUsed", { n: bureaus })),
  copyButton(t("wording.copy"), () => text));

function variant(state, found, several) {
  const shown = found.instances.slice(0, SHOWN);
  const rest = found.instances.slice(SHOWN);
  const open = rest.some((item) => spanId(item) === state.open);
  const name = several ? el("p", { class: "wd-variant" },
    han("span", {}, marked(found.differences)),
    el("span", { class: "count" }, t("wording.times", { n: found.occurrences.toLocaleString() })),
    found.similarity < 1 ? el("span", { class: "count" }, t("wording.similarity", { n: found.similarity.toFixed(2) })) : null) : null;
  return el("li", {}, name,
    el("ul", { class: "wd-places" }, shown.map((item) => place(state, item))),
    rest.length ? el("details", { open },
      el("summary", {}, t("wording.moreInstances", { n: rest.length })),
      el("ul", { class: "wd-places" }, rest.map((item) => place(state, item)))) : null,
    found.more_instances ? el("p", { class: "hint" }, t("wording.inExport", { n: found.more_instances.toLocaleString() })) : null);
}

/** A variant against the first: what it adds and leaves out, told by marks and to screen readers. */
const marked = (differences) => differences.map(([kind, text]) => kind === "same" ? text
  : el(kind === "added" ? "ins" : "del", { title: t(`wording.${kind}`) }, text));

const place = (state, item) => el("li", { "aria-current": spanId(item) === state.open ? "true" : null },
  el("p", { class: "line" },
    han("a", { href: href(state, { open: spanId(item) }), "data-open": spanId(item) }, item.issuer || item.title),
    el("span", { class: "year" }, item.year ? String(item.year) : t("unknown")),
    el("span", { class: "tools" }, copyButton(t("copyQuote"), () => quoteWithSource(item)), collectButton(item))),
  han("p", { class: "wd-context" }, item.before, el("mark", {}, item.text), item.after));

function topView(state, found) {
  const larger = found.formulations.length < Math.min(found.total, MOST_TOP)
    ? Math.min(MOST_TOP, Math.max(TOP, state.k) + 30) : 0;
  return [
    el("div", { class: "summary" }, el("h2", {}, t("wording.top")), found.total ? exports(state) : null),
    el("p", { class: "hint wd-hint" }, t(found.total ? "wording.topHint" : "wording.empty")),
    el("ol", { class: "wd-top" }, found.formulations.map((form) => el("li", {},
      han("a", { class: "wd-text", href: href(state, { q: form.text, open: "" }) }, form.text),
      usage(form, found.bureaus),
      el("p", { class: "tools" },
        han("a", { class: "quiet", href: href(state, { open: spanId(form.instance) }), "data-open": spanId(form.instance) },
          `${form.instance.issuer} ${form.instance.year ?? ""}`),
        copyButton(t("wording.copy"), () => form.text),
        copyButton(t("copyQuote"), () => quoteWithSource(form.instance)))))),
    larger ? el("p", { class: "more" }, el("a", { class: "button", id: "more", href: href(state, { k: larger }) }, t("wording.more"))) : null,
  ];
}

// Indicators: what bureaus say in numbers. Without a name, the names that most of them give;
// with one, a bar chart and a table for every definition. Definitions are never added up.

import { getJson } from "./api.js";
import { el, han } from "./dom.js";
import { lang, t } from "./i18n.js";
import { chosen, href, unfiltered } from "./state.js";
import { spanId } from "./text.js";

export const WORDS = {
  "indicators.title": ["{n} 个数值，{g} 种口径", "{n|value|values}, {g|definition|definitions}"],
  "indicators.names": ["{b} 个机关给出最多的指标", "What most of {b|bureau|bureaus} give in numbers"],
  "indicators.note": [
    "数值按原文换算（1万余人＝10,000 人）；口径不同的分列，不合计、不平均。点数值可看原文。",
    "Numbers are normalised (1万余人 is 10,000 人). Different definitions stand apart and are never added up or averaged. A value opens its source.",
  ],
  "indicators.given": ["{of} 个机关中有 {b} 个给出", "given by {b} of {of|bureau|bureaus}"],
  "indicators.times": ["{n} 个数值", "{n|value|values}"],
  "indicators.change": ["增减", "change"],
  "indicators.none": ["报告中没有这个名称的指标。", "No report gives a number of this name."],
  "indicators.noneHint": ["换一个名称，或去掉筛选条件；也可以看看", "Try another name or fewer filters, or see "],
  "indicators.all": ["常见指标", "the common names"],
  "indicators.name": ["指标", "Name"],
  "indicators.value": ["数值", "Value"],
  "indicators.issuer": ["机关", "Bureau"],
  "indicators.year": ["年份", "Year"],
  "indicators.region": ["地区", "Region"],
  "indicators.subject": ["对象", "Of what"],
  "indicators.period": ["时段", "Period"],
  "indicators.comparison": ["同比", "Change"],
  "indicators.quote": ["原文", "Source"],
  "indicators.bureaus": ["机关", "Bureaus"],
  "indicators.years": ["年份", "Years"],
  "indicators.kind.change": ["增减", "change"],
  "indicators.kind.earlier": ["此前", "before"],
  "indicators.kind.target": ["计划", "planned"],
  "indicators.sorted": ["排序", "Sorted by"],
  "indicators.approx": ["约", "about "],
  "indicators.chart": ["{name}：各机关数值", "{name}: values by bureau"],
  "indicators.table": ["{name} 的数值", "Values of {name}"],
  "indicators.more": ["另有 {n} 个数值未列出：请筛选，或导出。", "{n|more value is|more values are} not listed: filter, or export."],
  "indicators.moreNames": ["另有 {n} 种口径未列出。", "{n|more definition is|more definitions are} not listed."],
  "indicators.rest": ["其余 {n} 种口径", "{n|more definition|more definitions}"],
};
export const PARAMS = ["sort"];

const FILES = [["csv", "CSV"], ["xlsx", "Excel"], ["json", "JSON"]];
const FACETS = ["region", "year", "level", "role", "issuer"]; // in the column at the left
const CHARTED = 24; // bars of a chart
const OPENED = 6; // definitions that stand unfolded
const SVG = "http://www.w3.org/2000/svg";

/** The parameters of the interface for a state. */
function params(state) {
  const own = [["q", state.q], ...chosen(state), ["sort", state.sort]].filter(([, value]) => value);
  if (!state.expand) own.push(["expand", "false"]);
  return new URLSearchParams(own);
}

/** The values, and what their reports can be filtered by. */
export async function load(state, signal) {
  const widened = FACETS.filter((name) => state[name].length);
  const [found, ...others] = await Promise.all([
    getJson(`v1/indicators?${params(state)}`, signal),
    ...widened.map((name) => getJson(`v1/indicators?${params({ ...state, [name]: [] })}`, signal)),
  ]);
  const wider = Object.fromEntries(widened.map((name, n) => [name, others[n].facets[name]]));
  return { ...found, facets: { ...found.facets, ...wider }, all: {} };
}

/** The words that state the values. */
export const items = (found) => found.values;

export function view(state, found) {
  if (!state.q) return names(state, found);
  if (!found.groups.length) return [empty(state)];
  const total = found.values.length + found.left_out;
  const sections = found.groups.map((group, n) => definition(state, group, found.values.filter((v) => v.group === n)));
  const rest = sections.slice(OPENED);
  return [
    el("div", { class: "summary" },
      el("h2", {}, t("indicators.title", { n: total.toLocaleString(), g: found.groups.length + found.more_groups })),
      exports(state)),
    el("p", { class: "hint" }, t("indicators.note")),
    carried(found),
    sorting(state),
    sections.slice(0, OPENED),
    rest.length ? el("details", { class: "in-rest" }, el("summary", {}, t("indicators.rest", { n: rest.length })), rest) : null,
    found.left_out ? el("p", { class: "more" }, t("indicators.more", { n: found.left_out.toLocaleString() })) : null,
    found.more_groups ? el("p", { class: "more" }, t("indicators.moreNames", { n: found.more_groups.toLocaleString() })) : null,
  ];
}

const empty = (state) => el("div", { class: "note" }, el("h2", {}, t("indicators.none")),
  el("p", {}, t("indicators.noneHint"),
    el("a", { href: href(state, { ...unfiltered(), q: "", open: "" }) }, t("indicators.all"))));

const exports = (state) => el("p", { class: "exports" }, t("export"), FILES.map(([format, label]) =>
  el("a", { class: "quiet", href: `v1/indicators/export?${params(state)}&format=${format}`, download: "", id: `export-${format}` }, label)));

/** What English words were carried to. */
const carried = ({ expansion }) => expansion.length
  ? el("p", { class: "in-carried" }, expansion.map(({ term, words }) =>
    el("span", {}, el("b", {}, term), " → ", han("span", {}, words.slice(0, 4).join("、")))))
  : null;

/** The orders of the values, each a link. */
const sorting = (state) => el("nav", { class: "in-sort", "aria-label": t("indicators.sorted") },
  el("span", { "aria-hidden": "true" }, t("indicators.sorted")),
  ["region", "issuer", "year", "value"].map((order) => {
    const now = (state.sort || "region").replace("-", "") === order;
    const down = now && state.sort.startsWith("-");
    const next = now && !down ? `-${order}` : order;
    return el("a", {
      class: "chip", id: `sort-${order}`, href: href(state, { sort: next === "region" ? "" : next, open: "" }),
      "aria-current": now ? "true" : null,
    }, t(`indicators.${order}`), now ? el("span", { "aria-hidden": "true" }, down ? " ↓" : " ↑") : null);
  }));

/** One name with its unit: who gives it, a chart, and a table. */
function definition(state, group, values) {
  if (!values.length) return null;
  const name = `${group.name}（${group.unit}）`;
  return el("section", { class: "in-group" },
    el("h3", {}, han("span", {}, name),
      group.change ? el("span", { class: "in-tag" }, t("indicators.change")) : null,
      group.planned ? el("span", { class: "in-tag" }, t("indicators.kind.target")) : null,
      el("small", {}, t("indicators.given", { b: group.bureaus, of: group.of }))),
    values.length > 1 ? chart(group, values.slice(0, CHARTED)) : null,
    table(state, group, values));
}

/** Bars from zero, one for each value, in the table's order. The table says the same in words. */
function chart(group, values) {
  const numbers = values.map(({ value }) => value);
  const low = Math.min(0, ...numbers);
  const high = Math.max(0, ...numbers, group.unit === "%" && !group.change ? 100 : 0) || 1;
  const place = (value) => (100 * (value - low)) / (high - low);
  const rows = values.map((value) => {
    const bar = svg("rect", {
      x: Math.min(place(value.value), place(0)), width: Math.max(0.4, Math.abs(place(value.value) - place(0))), y: 1, height: 8,
    });
    return el("div", { class: `in-bar ${value.kind}` },
      han("span", { class: "in-who" }, value.issuer, " ", el("small", {}, String(value.year ?? ""))),
      svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none" }, bar),
      el("span", { class: "in-much" }, shown(value)));
  });
  return el("div", { class: "in-chart", role: "img", "aria-label": t("indicators.chart", { name: group.name }) }, rows);
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** A value as a person reads it. */
function shown({ value, upper, unit, approx }) {
  const number = (n) => n.toLocaleString(lang() === "zh" ? "zh-CN" : "en", { maximumFractionDigits: 4 });
  const range = upper === null ? number(value) : `${number(value)}–${number(upper)}`;
  return `${approx ? t("indicators.approx") : ""}${range}${unit === "%" ? "%" : ` ${unit}`}`;
}

const SAID = ["subject", "period", "comparison"]; // columns that are left out where all is empty
const COLUMNS = ["issuer", "year", "value", "subject", "period", "comparison", "quote"];

function table(state, group, values) {
  const label = t("indicators.table", { name: group.name });
  const columns = COLUMNS.filter((name) => !SAID.includes(name) || values.some((value) => value[name]));
  const head = columns.map((name) => el("th", { role: "columnheader", scope: "col" }, t(`indicators.${name}`)));
  const box = { class: "in-box", role: "region", tabindex: 0, "aria-label": label };
  return el("div", box, el("table", { class: "in-table", role: "table" },
    el("caption", { class: "unseen" }, label),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head)),
    el("tbody", { role: "rowgroup" }, values.map((value) => row(state, value, columns)))));
}

function row(state, value, columns) {
  const open = { href: href(state, { open: spanId(value) }), "data-open": spanId(value) };
  const content = {
    year: () => String(value.year ?? t("unknown")),
    value: () => [el("a", { ...open, class: "in-open" }, shown(value)),
      value.kind === "earlier" ? el("span", { class: "in-tag" }, t("indicators.kind.earlier")) : null],
    quote: () => han("span", {}, excerpt(value)),
  };
  const cells = columns.slice(1).map((name) =>
    el("td", { role: "cell", class: `in-${name}` }, content[name]?.() ?? han("span", {}, value[name])));
  return el("tr", { role: "row", "aria-current": state.open === spanId(value) ? "true" : null },
    el("th", { role: "rowheader", scope: "row" }, han("span", {}, value.issuer), han("small", {}, value.region)),
    cells);
}

/** The words that say so, the value marked. */
function excerpt({ text, start, value_start, value_end }) {
  const chars = Array.from(text);
  const part = (a, b) => chars.slice(a - start, b - start).join("");
  return [part(start, value_start), el("mark", {}, part(value_start, value_end)), part(value_end, start + chars.length)];
}

/** The names that most bureaus give, each a link to its values. */
function names(state, found) {
  if (!found.groups.length) return [empty(state)];
  const most = Math.max(...found.groups.map(({ bureaus }) => bureaus));
  const rows = found.groups.map((group) => el("li", {},
    han("a", { href: href(state, { q: group.name, open: "" }) }, group.name),
    han("span", { class: "in-unit" }, group.unit),
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { x: 0, y: 1, height: 8, width: (100 * group.bureaus) / most })),
    el("span", { class: "in-count" }, t("indicators.given", { b: group.bureaus, of: group.of }))));
  return [
    el("div", { class: "summary" },
      el("h2", {}, t("indicators.names", { b: found.bureaus.toLocaleString() })), exports(state)),
    el("p", { class: "hint" }, t("indicators.note")),
    el("ol", { class: "in-names" }, rows),
    found.more_groups ? el("p", { class: "more" }, t("indicators.moreNames", { n: found.more_groups.toLocaleString() })) : null,
  ];
}

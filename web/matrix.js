// The practice matrix: practices against bureaus, regions or years. A cell shows its state by a
// sign and opens its quote; of a practice that is looked at alone the quotes stand in the cells.

import { getJson } from "./api.js";
import { el, han } from "./dom.js";
import { has, lang, t } from "./i18n.js";
import { chosen, filters, href, unfiltered } from "./state.js";
import { citation, spanId } from "./text.js";

export const WORDS = {
  "matrix.title": ["{p} 项做法 × {c} 列 · {n} 格找到", "{p|practice|practices} × {c|column|columns} · found in {n|cell|cells}"],
  "matrix.notDone": [
    "“未找到”不等于“没有做”：报告未必写尽所做之事，也可能换了说法。找到 {found} 格，未找到 {not_found} 格，无报告 {no_report} 格；概率达到 {floor} 视为找到。",
    "“Not found” is not the same as “not done”: a report need not tell all, and may put it differently. {found} found, {not_found} not found, {no_report} without a report; found means a probability of at least {floor}.",
  ],
  "matrix.by": ["列", "Columns"],
  "matrix.by.issuer": ["机关", "Bureau"],
  "matrix.by.province": ["省", "Province"],
  "matrix.by.prefecture": ["地市", "Prefecture"],
  "matrix.by.county": ["县区", "County"],
  "matrix.by.level": ["层级", "Level"],
  "matrix.by.year": ["年份", "Year"],
  "matrix.by.report": ["报告", "Report"],
  "matrix.practice": ["做法", "Practice"],
  "matrix.find": ["在做法名称中查找", "Find among the practices"],
  "matrix.findNone": ["没有这样的做法名称。", "No practice of this name."],
  "matrix.only": ["只看此项", "Only this"],
  "matrix.all": ["显示全部做法", "Show all practices"],
  "matrix.compare": ["按问题比较", "Compare"],
  "matrix.all.reports": ["{n}/{of} 份报告", "{n} of {of|report|reports}"],
  "matrix.reports": ["{n} 份", "{n|report|reports}"],
  "matrix.cell": ["{state}，概率 {score}，{n}/{of} 份报告：{quote}", "{state}, probability {score}, {n} of {of|report|reports}: {quote}"],
  "matrix.table": ["做法与{by}对照", "Practices by {by}"],
  "matrix.more": ["另有 {n} 列未列出：请用筛选条件或换一种列来缩小范围；导出文件可含 400 列。", "{n|more column is|more columns are} left out: narrow them down by filters or other columns. A file holds up to 400."],
  "matrix.none": ["没有符合条件的报告。", "No report fits these filters."],
};
export const PARAMS = ["by", "practice"];

const STATES = { found: "●", not_found: "○", no_report: "–" }; // their signs
const FILES = [["csv", "CSV"], ["xlsx", "Excel"], ["json", "JSON"]];
const AXES = ["issuer", "province", "prefecture", "county", "level", "year", "issuer,year", "province,year"];
const FACETS = ["region", "year", "level", "role", "issuer"]; // in the column at the left
const QUOTED = 3; // practices up to which cells show their quotes
const UPRIGHT = 8; // columns up to which their names lie
let sought = ""; // words that the names of the rows are narrowed down by

/** The parameters of the interface for a state. */
function params(state) {
  const own = PARAMS.filter((name) => state[name]).map((name) => [name, state[name]]);
  return new URLSearchParams([...chosen(state), ...own]);
}

/** The matrix, and what its reports can be filtered by. */
export async function load(state, signal) {
  const facetsWithout = (names) => {
    const rest = { ...state, ...Object.fromEntries(names.map((name) => [name, []])) };
    return getJson(`v1/facets?${filters(rest)}`, signal);
  };
  const widened = FACETS.filter((name) => state[name].length);
  const [found, counted, ...others] = await Promise.all([
    getJson(`v1/matrix?${params(state)}`, signal), facetsWithout(["role"]),
    ...widened.map((name) => facetsWithout([name, "role"])),
  ]);
  const wider = Object.fromEntries(widened.map((name, n) => [name, others[n].facets[name]]));
  return { ...found, facets: { ...counted.facets, ...wider }, all: {} };
}

/** The quotes of all cells. */
export const items = (found) =>
  found.rows.flatMap((row) => row.cells.flatMap((cell) => cell.evidence ?? []));

export function view(state, found) {
  const { rows, columns, counts } = found;
  if (!columns.length) return [axes(state, found), empty(state)];
  const numbers = Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, n.toLocaleString()]));
  return [
    el("div", { class: "summary" },
      el("h2", {}, t("matrix.title", { p: rows.length, c: columns.length, n: counts.found })), exports(state)),
    axes(state, found),
    el("p", { class: "states" }, Object.keys(STATES).map((name) => [sign(name, numbers[name]), " "])),
    el("p", { class: "hint", id: "not-done" }, t("matrix.notDone", { ...numbers, floor: found.floor })),
    state.practice ? el("p", { class: "pm-all" }, el("a", { class: "quiet", href: href(state, { practice: "", open: "" }) }, t("matrix.all"))) : finder(),
    table(state, found),
    found.more_columns ? el("p", { class: "more" }, t("matrix.more", { n: found.more_columns.toLocaleString() })) : null,
  ];
}

const empty = (state) => el("div", { class: "note" }, el("h2", {}, t("matrix.none")),
  el("p", {}, el("a", { href: href(state, { ...unfiltered(), open: "" }) }, t("clear"))));

const exports = (state) => el("p", { class: "exports" }, t("export"), FILES.map(([format, label]) =>
  el("a", { class: "quiet", href: `v1/matrix/export?${params(state)}&format=${format}`, download: "", id: `export-${format}` }, label)));

/** What the columns stand for, as links. */
function axes(state, found) {
  const now = found.by.join(",");
  return el("nav", { class: "pm-axes", "aria-label": t("matrix.by") },
    el("span", { class: "pm-label", "aria-hidden": "true" }, t("matrix.by")),
    AXES.map((by) => el("a", {
      class: "chip", id: `by-${by.replace(",", "-")}`, href: href(state, { by, open: "" }),
      "aria-current": by === now ? "true" : null,
    }, axisName(by))));
}

const axisName = (by) => by.split(",").map((name) => t(`matrix.by.${name}`)).join(" × ");

/** A state in words and by its sign, never by colour alone. */
const sign = (name, n) => el("span", { class: `state ${name}` },
  el("span", { class: "sign", "aria-hidden": "true" }, STATES[name]), t(`state.${name}`),
  n === undefined ? null : el("b", {}, n));

/** A box that hides the rows without these words in their names. */
const finder = () => el("p", { class: "pm-find" }, el("input", {
  type: "search", class: "find", id: "find-practice", autocomplete: "off", value: sought,
  placeholder: t("matrix.find"), "aria-label": t("matrix.find"),
  oninput: ({ target }) => narrow(target.closest("main"), (sought = target.value.trim())),
}));

function narrow(main, words) {
  const rows = [...main.querySelectorAll(".pm tbody tr")];
  for (const row of rows) row.hidden = !named(row.dataset.names, words);
  main.querySelector(".pm-nothing").hidden = rows.some((row) => !row.hidden);
}

const named = (names, words) => names.toLowerCase().includes(words.toLowerCase());

function table(state, found) {
  const name = t("matrix.table", { by: axisName(found.by.join(",")) });
  const box = { class: "pm-box", role: "region", tabindex: 0, "aria-label": name };
  const [kind, head, body] = found.rows.length <= QUOTED ? quotes(state, found) : grid(state, found);
  const words = state.practice ? "" : sought;
  const hidden = body.map((row) => Boolean(row.dataset.names) && !named(row.dataset.names, words));
  body.forEach((row, n) => row.toggleAttribute("hidden", hidden[n]));
  return [
    el("div", box, el("table", { class: `pm ${kind}` }, el("caption", { class: "unseen" }, name),
      el("thead", {}, el("tr", {}, head)), el("tbody", {}, body))),
    el("p", { class: "pm-nothing hint", hidden: !hidden.every(Boolean) }, t("matrix.findNone")),
  ];
}

/** [class, heads, rows]: a row for every practice. */
function grid(state, found) {
  const upright = found.columns.length > UPRIGHT;
  const head = [el("th", { scope: "col" }, t("matrix.practice")),
    found.columns.map((column) => el("th", { scope: "col" }, columnHead(column, found.by, !upright)))];
  const body = found.rows.map((row) => el("tr", { "data-names": `${row.id} ${row.zh} ${row.en}` },
    el("th", { scope: "row" }, rowHead(state, found, row)),
    row.cells.map((cell) => tableCell(state, cell, false))));
  return [upright ? "upright" : "", head, body];
}

/** The same for few practices, turned: a row for every bureau, region or year, with quotes. */
function quotes(state, found) {
  const head = [el("th", { scope: "col" }, axisName(found.by.join(","))),
    found.rows.map((row) => el("th", { scope: "col" }, rowHead(state, found, row)))];
  const body = found.columns.map((column, n) => el("tr", {},
    el("th", { scope: "row" }, columnHead(column, found.by, true)),
    found.rows.map((row) => tableCell(state, row.cells[n], true))));
  return ["quoted", head, body];
}

/** The values of a column and the number of its reports. */
function columnHead(column, by, unit) {
  const parts = column.labels.map((label, n) => {
    const text = by[n] === "level" && has(`level.${label}`) ? t(`level.${label}`) : label || t("unknown");
    return /^[\d ]+$/.test(text) || text !== label ? el("span", {}, text) : han("span", {}, text);
  });
  const reports = t("matrix.reports", { n: column.reports });
  return [el("span", { class: "pm-head" }, parts), unit
    ? el("small", {}, reports)
    : el("small", { title: reports }, el("span", { "aria-hidden": "true" }, String(column.reports)), el("span", { class: "unseen" }, reports))];
}

function rowHead(state, found, row) {
  const zh = lang() === "zh";
  const name = (zh ? row.zh : row.en) || row.zh || row.en;
  const query = zh ? row.query_zh : row.query_en;
  const alone = state.practice === row.id;
  return [
    el("span", { class: "pm-name", lang: name === row.zh ? "zh-CN" : "en" }, el("b", {}, row.id), " ", name),
    el("span", { class: "pm-count" }, t("matrix.all.reports", { n: row.found, of: found.reports })),
    el("span", { class: "pm-doors" },
      alone ? null : el("a", { href: href(state, { practice: row.id, open: "" }), "aria-label": `${t("matrix.only")}: ${name}` }, t("matrix.only")),
      el("a", { href: href(state, { mode: "compare", q: query, open: "" }), "aria-label": `${t("matrix.compare")}: ${name}` }, t("matrix.compare"))),
  ];
}

function tableCell(state, cell, quoted) {
  const { evidence } = cell;
  const open = evidence && state.open === spanId(evidence);
  return el("td", { class: cell.state, "aria-current": open ? "true" : null },
    evidence ? door(state, cell, quoted) : bare(cell.state));
}

const bare = (name) => [el("span", { class: "pm-sign", "aria-hidden": "true" }, STATES[name]),
  el("span", { class: "unseen" }, t(`state.${name}`))];

/** The sign of a cell with its figures: the link to its quote. */
function door(state, cell, quoted) {
  const { evidence, found, reports, score } = cell;
  const name = t("matrix.cell", { state: t(`state.${cell.state}`), score: score.toFixed(2), n: found, of: reports, quote: evidence.text });
  const link = el("a", {
    class: "pm-door", href: href(state, { open: spanId(evidence) }), "data-open": spanId(evidence), title: evidence.text, "aria-label": name,
  },
    el("span", { class: "pm-sign" }, STATES[cell.state]),
    reports > 1 ? el("span", { class: "pm-share" }, `${found}/${reports}`) : null,
    el("span", { class: "pm-score" }, score.toFixed(2)));
  if (!quoted || cell.state !== "found") return link;
  return [link, han("p", { class: "pm-quote" }, evidence.text), han("p", { class: "cite on-paper" }, citation(evidence))];
}

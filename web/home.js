// The first visit: what this is, what is in it, and questions to start with.

import { el, han } from "./dom.js";
import { examples, lang, t } from "./i18n.js";
import { href } from "./state.js";

const SHOWN = 12; // reports listed by name

/** The page without a question. `corpus` is null while it is being read. */
export function homeView(state, corpus) {
  return el("div", { class: "home" },
    el("h1", {}, t("heroTitle")),
    el("p", { class: "lead" }, t("heroText")),
    corpus && facts(corpus),
    exampleLinks(state),
    corpus && reportList(state, corpus.reports));
}

function exampleLinks(state) {
  const links = examples().map(([mode, q]) =>
    el("li", {}, el("a", { href: href(state, { mode, q, open: "" }), lang: lang() === "zh" ? "zh-CN" : "en" },
      el("span", { class: "kind" }, t(mode)), el("span", {}, q))));
  return el("section", {}, el("h2", {}, t("examples")), el("ul", { class: "examples" }, links));
}

function facts({ reports, passages }) {
  const count = (field) => new Set(reports.map((r) => r[field]).filter(Boolean)).size;
  const rows = [
    [reports.length, "reports"], [count("issuer"), "bureaus"], [span(reports), "years"],
    [count("region"), "regions"], [passages, "passages"],
  ];
  return el("dl", { class: "facts" }, rows.map(([n, key]) =>
    el("div", {}, el("dt", {}, t(key)), el("dd", {}, n.toLocaleString()))));
}

function span(reports) {
  const years = reports.map((r) => r.year).filter(Boolean);
  const [first, last] = [Math.min(...years), Math.max(...years)];
  if (!years.length) return "–";
  return first === last ? String(first) : `${first}–${last}`;
}

function reportList(state, reports) {
  const newest = [...reports].sort((a, b) => (b.year ?? 0) - (a.year ?? 0));
  const rows = newest.slice(0, SHOWN).map((report) => el("li", {},
    han("a", { href: href(state, { open: report.report_id }), "data-open": report.report_id }, report.title),
    el("span", { class: "meta" }, han("span", {}, report.region), el("span", {}, String(report.year ?? "")))));
  const rest = reports.length - rows.length;
  return el("section", {},
    el("h2", {}, t("holds")),
    el("ul", { class: "titles" }, rows),
    rest > 0 ? el("p", { class: "more" }, t("andMore", { n: rest.toLocaleString() })) : null);
}

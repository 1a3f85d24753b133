// The first visit: what this is, what is in it, and questions to start with.

import { el, han } from "./dom.js";
import { examples, lang, t } from "./i18n.js";
import { href } from "./state.js";

const NAMED = 8; // regions named beside their number

/** The page without a question. `corpus` is null while it is being read. */
export function homeView(state, corpus) {
  return el("div", { class: "home" },
    el("div", { class: "hero" }, el("h1", {}, t("heroTitle")), el("p", { class: "lead" }, t("heroText"))),
    exampleLinks(state),
    corpus && el("section", { class: "holds" }, el("h2", {}, t("holds")), facts(corpus), coverage(corpus)),
    corpus && titles(state, corpus));
}

function exampleLinks(state) {
  const links = examples().map(([mode, q]) =>
    el("li", {}, el("a", { href: href(state, { mode, q, open: "" }), lang: lang() === "zh" ? "zh-CN" : "en" },
      el("span", { class: "kind" }, t(mode)), el("span", {}, q))));
  return el("section", { class: "try" }, el("h2", {}, t("examples")), el("ul", { class: "examples" }, links));
}

function facts({ reports, bureaus, passages, years, regions, more_regions: more, level }) {
  const named = regions.filter(({ label }) => label);
  const names = named.slice(0, NAMED).map(({ label }) => label).join("、");
  const count = named.length + more;
  const rows = [
    ["reports", reports, el("span", {}, t("inPassages", { n: passages.toLocaleString() }))],
    ["bureaus", bureaus],
    ["years", span(years)],
    [`regions.${level}`, count, han("span", { title: names }, names)],
  ];
  return el("dl", { class: "facts" }, rows.map(([key, n, more]) => el("div", {},
    el("dt", {}, t(key)),
    el("dd", {}, el("b", {}, n.toLocaleString()), more))));
}

function span(years) {
  const [first, last] = [years[0], years.at(-1)];
  if (!years.length) return "–";
  return first === last ? String(first) : `${first}–${last}`;
}

/** Reports by region and year; a report without a year stands in the last column. */
function coverage({ regions, years, more_regions: more }) {
  const last = regions.filter(({ label }) => !label);
  const columns = [...years.map(String), ...(regions.some((region) => region.years[""]) ? [""] : [])];
  const row = ({ label, years: counts }) => el("tr", {},
    han("th", { scope: "row", title: label || null }, label || t("unknown")),
    columns.map((year) => el("td", { class: counts[year] ? "some" : null }, counts[year]?.toLocaleString() ?? "·")));
  return el("div", { class: "coverage-box", role: "region", tabindex: 0, "aria-label": t("coverage") },
    el("table", { class: "coverage" },
      el("caption", {}, t("coverage")),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("region")),
        columns.map((year) => el("th", { scope: "col" }, year || t("unknown"))))),
      el("tbody", {}, [...regions.filter(({ label }) => label), ...last].map(row))),
    more ? el("p", { class: "more" }, t("andMore", { n: more.toLocaleString() })) : null);
}

function titles(state, { titles: listed, reports }) {
  const rows = listed.map((report) => el("li", {},
    han("a", { href: href(state, { open: report.report_id }), "data-open": report.report_id }, report.title),
    el("span", { class: "meta" }, han("span", {}, report.region), el("span", {}, String(report.year ?? "")))));
  const rest = reports - rows.length;
  return el("section", { class: "all" },
    el("h2", {}, t("titles")),
    el("ul", { class: "titles" }, rows),
    rest > 0 ? el("p", { class: "more" }, t("andMore", { n: rest.toLocaleString() })) : null);
}

// Compare: bureaus against years, the best evidence in every cell. "Not found" says something
// about the search, "no report" about the corpus: neither says that nothing was done.

import { exportUrl } from "./api.js";
import { collectButton } from "./collect.js";
import { el, han } from "./dom.js";
import { score } from "./hits.js";
import { t } from "./i18n.js";
import { cellItem } from "./items.js";
import { reading } from "./render.js";
import { href } from "./state.js";
import { citation, spanId } from "./text.js";

const STATES = { found: "●", not_found: "○", no_report: "–" }; // their signs
const FILES = [["csv", "CSV"], ["xlsx", "Excel"], ["json", "JSON"]];

/** The table of a comparison. */
export function compareView(state, found) {
  const { rows, years, counts } = found;
  if (!rows.length) return [el("div", { class: "note" }, el("h2", {}, t("noBureaus")), el("p", {}, t("noneHint")))];
  return [
    el("div", { class: "summary" },
      el("h2", {}, t("compared", { b: rows.length, y: years.length, n: counts.found })),
      exports(state)),
    el("p", { class: "states" }, Object.keys(STATES).map((name) => [sign(name, counts[name]), " "])),
    el("p", { class: "hint" }, t("notDone", counts)),
    reading(state, found),
    table(state, found),
    found.more_issuers ? el("p", { class: "more" }, t("moreIssuers", { n: found.more_issuers.toLocaleString() })) : null,
  ];
}

const exports = (state) => el("p", { class: "exports" }, t("export"),
  FILES.map(([format, label]) =>
    el("a", { class: "quiet", href: exportUrl(state, format), download: "", id: `export-${format}` }, label)));

/** A state in words and by its sign, never by colour alone. */
const sign = (name, n) => el("span", { class: `state ${name}` },
  el("span", { class: "sign", "aria-hidden": "true" }, STATES[name]), t(`state.${name}`),
  n === undefined ? null : el("b", {}, String(n)));

function table(state, { query, rows, years }) {
  const names = years.map((year) => (year ? String(year) : t("unknown")));
  // Its roles are named because a narrow page lays the cells out as cards, not as a table.
  const head = el("thead", { role: "rowgroup" }, el("tr", { role: "row" },
    el("th", { role: "columnheader", scope: "col" }, t("issuer")),
    names.map((name) => el("th", { role: "columnheader", scope: "col" }, name))));
  const body = el("tbody", { role: "rowgroup" }, rows.map((row) => el("tr", { role: "row" },
    el("th", { role: "rowheader", scope: "row" }, han("span", {}, row.issuer), han("small", {}, row.region)),
    row.cells.map((cell, n) => tableCell(state, row, cell, names[n])))));
  const box = { class: "matrix-box", role: "region", tabindex: 0, "aria-label": t("byYear") };
  return el("div", { class: "matrix-frame" }, el("div", box, el("table", { class: "matrix", role: "table" },
    el("caption", { class: "unseen" }, t("matrixOf", { q: query })), head, body)));
}

function tableCell(state, row, cell, year) {
  const item = cellItem(row, cell);
  const found = cell.state === "found";
  return el("td", { role: "cell", class: cell.state, "aria-current": item && state.open === spanId(item) ? "true" : null },
    el("p", { class: "cell-head" },
      el("span", { class: "cell-year", "aria-hidden": "true" }, year), sign(cell.state),
      found ? score(cell.score) : null),
    item && door(state, item, found));
}

/** The quote of a found cell; of a cell without a find only a small link to what came closest. */
function door(state, item, found) {
  const link = { href: href(state, { open: spanId(item) }), "data-open": spanId(item) };
  if (!found) return el("a", { ...link, class: "closest", title: item.text }, t("closest"));
  return [
    han("a", { ...link, class: "quote" }, item.text),
    han("p", { class: "cite on-paper" }, citation(item)),
    collectButton(item),
  ];
}

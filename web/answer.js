// Ask: verbatim quotes by bureau, each with a numbered citation; or why there is no answer.

import { citeButton } from "./cite.js";
import { copyButton, el, han } from "./dom.js";
import { evidenceList, hitList, path, year } from "./hits.js";
import { t } from "./i18n.js";
import { quotesOf } from "./items.js";
import { nothing, reading } from "./render.js";
import { href } from "./state.js";
import { citation, pathLine, quoteWithSource, spanId } from "./text.js";

/** The answer, or "insufficient evidence" with the closest passages. */
export function answerView(state, found) {
  return found.sufficient ? sufficient(state, found) : insufficient(state, found);
}

function insufficient(state, found) {
  if (!found.closest.length) return [nothing(state, found), reading(state, found)];
  return [
    el("div", { class: "note weak", role: "note" },
      el("h2", {}, t("insufficient")), el("p", {}, t("insufficientText"))),
    reading(state, found),
    hitList(state, found.closest),
  ];
}

function sufficient(state, found) {
  const quotes = quotesOf(found);
  const groups = found.bureaus.map(({ report_id }) => quotes.filter((q) => q.report_id === report_id));
  const all = () => quotes.map(quoteWithSource).join("\n\n");
  return [
    el("div", { class: "summary" },
      el("h2", {}, t("answer", { b: groups.length, n: quotes.length })),
      copyButton(t("copyAll"), all)),
    el("p", { class: "hint" }, t("answerNote")),
    reading(state, found),
    groups.map((group) => bureauQuotes(state, group)),
    sources(state, quotes),
    found.evidence?.length ? evidence(state, found.evidence) : null,
  ];
}

function bureauQuotes(state, quotes) {
  return el("section", { class: "bureau" },
    el("h3", {}, han("span", {}, quotes[0].issuer), year(quotes[0])),
    quotes.map((quote, n) => [
      pathLine(quote.heading_path) === pathLine(quotes[n - 1]?.heading_path ?? []) ? null : path(quote),
      han("blockquote", { class: "passage" }, quote.text, number(state, quote))]));
}

/** The number behind a quote: opens the report at the quoted sentence. */
function number(state, quote) {
  return el("a", {
    class: "number", id: `quote-${quote.n}`, href: href(state, { open: spanId(quote) }),
    "aria-label": t("quoteNo", { n: quote.n }), lang: "",
    "aria-current": state.open === spanId(quote) ? "true" : null, "data-open": spanId(quote),
  }, String(quote.n));
}

function sources(state, quotes) {
  const rows = quotes.map((quote) => el("li", {},
    han("a", { href: href(state, { open: spanId(quote) }) }, citation(quote)),
    copyButton(t("copyQuote"), () => quoteWithSource(quote)), citeButton(quote.passage_id)));
  return el("section", { class: "sources" }, el("h3", {}, t("sources")), el("ol", {}, rows));
}

let unfolded = false; // the evidence is shown: kept while the page is open

function evidence(state, hits) {
  const remember = ({ target }) => (unfolded = target.open);
  return el("details", { class: "behind", id: "behind", open: unfolded, ontoggle: remember },
    el("summary", {}, t("evidence", { n: hits.length })),
    el("p", { class: "hint" }, t("evidenceNote")),
    evidenceList(state, hits));
}

// Ask: verbatim quotes by bureau, each with a numbered citation; or why there is no answer.

import { citeButton } from "./cite.js";
import { collectButton } from "./collect.js";
import { copyButton, el, han } from "./dom.js";
import { evidenceList, hitList, path, year } from "./hits.js";
import { t } from "./i18n.js";
import { quotesOf } from "./items.js";
import { nothing, reading } from "./render.js";
import { href } from "./state.js";
import { citation, pathLine, quoteWithSource, spanId } from "./text.js";
import { figures, pointHead, terms, understood } from "./understood.js";

/** The answer, or "insufficient evidence" with the closest passages. */
export function answerView(state, found) {
  return found.sufficient ? sufficient(state, found) : insufficient(state, found);
}

function insufficient(state, found) {
  if (!found.closest.length) return [nothing(state, found), reading(state, found)];
  return [
    el("div", { class: "note weak", role: "note" },
      el("h2", {}, t("insufficient")), el("p", {}, t("insufficientText"))),
    understood(state, found.asked),
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
    found.llm ? null : el("p", { class: "hint" }, t("answerNote")),
    understood(state, found.asked),
    reading(state, found),
    el("div", { class: "answers" },
      el("div", {},
        found.llm ? el("p", { class: "hint" }, t("answerNote")) : null,
        figures(state, found.figures),
        found.points.length ? byPoint(state, found, quotes) : byBureau(state, found, groups),
        sources(state, quotes),
        found.evidence?.length ? evidence(state, found.evidence) : null),
      found.llm ? beside(state, found) : null),
  ];
}

/** Room for the language model's answer, where the server has one. */
function beside(state, found) {
  const room = el("section", { class: "llm", id: "llm" });
  import("./llm.js").then(({ drawModel }) => drawModel(room, state, found), () => room.remove());
  return room;
}

/** Side by side where bureaus are compared. */
const byBureau = (state, found, groups) =>
  el("div", { class: `bureaus form-${found.asked.form}` }, groups.map((group) => bureauQuotes(state, group)));

/** The quotes under the practices that they are about. */
const byPoint = (state, found, quotes) => found.points.map((point) => {
  const own = point.quotes.map((n) => quotes[n]);
  return el("section", { class: "bureau" }, pointHead(point, own, found.of), own.map((quote, n) => [
    own[n - 1]?.report_id === quote.report_id ? null
      : el("p", { class: "whose" }, han("b", {}, quote.issuer), " ", year(quote)),
    path(quote), quoted(state, quote)]));
});

const quoted = (state, quote) =>
  [han("blockquote", { class: "passage" }, quote.text, number(state, quote)), terms(quote.terms)];

function bureauQuotes(state, quotes) {
  return el("section", { class: "bureau" },
    el("h3", {}, han("span", {}, quotes[0].issuer), year(quotes[0])),
    quotes.map((quote, n) => [
      pathLine(quote.heading_path) === pathLine(quotes[n - 1]?.heading_path ?? []) ? null : path(quote),
      quoted(state, quote)]));
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
    copyButton(t("copyQuote"), () => quoteWithSource(quote)), citeButton(quote.passage_id), collectButton(quote)));
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

// Ask: verbatim quotes by bureau, each with a numbered citation; or why there is no answer.

import { copyButton, el, han } from "./dom.js";
import { t } from "./i18n.js";
import { expansion, hitList, path } from "./render.js";
import { href } from "./state.js";
import { citation, pathLine, quoteWithSource, spanId } from "./text.js";

/** The answer, or "insufficient evidence" with the closest passages. */
export function answerView(state, found) {
  return found.sufficient ? sufficient(state, found) : insufficient(state, found);
}

function insufficient(state, found) {
  return [
    el("div", { class: "note weak", role: "note" },
      el("h2", {}, t("insufficient")), el("p", {}, t("insufficientText"))),
    expansion(state, found.expansion),
    hitList(state, found.closest),
  ];
}

function sufficient(state, found) {
  let n = 0;
  const groups = found.bureaus.map((bureau) =>
    bureau.quotes.map((quote) => ({ ...bureau, ...quote, n: ++n })));
  const numbered = groups.flat();
  const key = groups.length === 1 ? "answer1" : "answer";
  const all = () => numbered.map(quoteWithSource).join("\n\n");
  return [
    el("div", { class: "summary" },
      el("h2", {}, t(key, { b: groups.length, n: numbered.length })),
      copyButton(t("copyAll"), all)),
    el("p", { class: "hint" }, t("answerNote")),
    expansion(state, found.expansion),
    groups.map((quotes) => bureauQuotes(state, quotes)),
    sources(state, numbered),
  ];
}

function bureauQuotes(state, quotes) {
  const { issuer, year } = quotes[0];
  return el("section", { class: "bureau" },
    el("h3", {}, han("span", {}, issuer), el("span", { class: "year" }, year ? String(year) : t("unknown"))),
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
    copyButton(t("copyQuote"), () => quoteWithSource(quote))));
  return el("section", { class: "sources" }, el("h3", {}, t("sources")), el("ol", {}, rows));
}

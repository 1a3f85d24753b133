// Hits, the expansion of English words, and the states in between: loading, nothing, failure.

import { copyButton, el, han } from "./dom.js";
import { lang, t } from "./i18n.js";
import { href, more } from "./state.js";
import { citation, marked, pathLine, quoteWithSource, spanId } from "./text.js";

/** The results of a search. */
export function searchView(state, found) {
  if (!found.hits.length) return [nothing(), expansion(state, found.expansion)];
  const larger = more(state, found.total);
  return [
    el("div", { class: "summary" },
      el("h2", {}, t("shown", { k: found.hits.length, n: found.total })),
      el("p", { class: "keys" }, t("keys"))),
    expansion(state, found.expansion),
    hitList(state, found.hits),
    larger && el("p", { class: "more" },
      el("a", { class: "button", href: href(state, { k: larger }), id: "more" }, t("more"))),
  ];
}

/** Hit cards in a list that the arrow keys walk through. */
export const hitList = (state, hits) =>
  el("ol", { class: "hits" }, hits.map((hit, n) => el("li", {}, card(state, hit, n))));

function card(state, hit, n) {
  const id = `hit-${n + 1}`;
  const open = spanId(hit) === state.open;
  return el("article", {
    class: "hit", id, tabindex: n ? -1 : 0, "aria-labelledby": `${id}-title`,
    "aria-current": open ? "true" : null, "data-open": spanId(hit),
  },
    el("header", {},
      el("h3", { id: `${id}-title` },
        han("a", { href: href(state, { open: spanId(hit) }), tabindex: -1 }, hit.issuer),
        el("span", { class: "year" }, hit.year ? String(hit.year) : t("unknown")),
        badge(hit.matched)),
      path(hit)),
    han("blockquote", { class: "passage" }, marked(hit.text, hit.marks)),
    han("p", { class: "cite" }, citation(hit)),
    el("footer", {},
      el("a", { class: "quiet strong", href: href(state, { open: spanId(hit) }) }, t("open")),
      copyButton(t("copyQuote"), () => quoteWithSource(hit))),
  );
}

/** The headings above a passage; text under no heading is named by its role. */
export function path(item) {
  if (!item.heading_path.length) return el("p", { class: "path" }, t(`role.${item.role ?? "intro"}`));
  return han("p", { class: "path" }, pathLine(item.heading_path));
}

const badge = (matched) =>
  el("span", { class: `badge ${matched}`, title: t(`why.${matched}`) }, t(`matched.${matched}`));

/** How English words were carried to Chinese ones, with a switch; null for Chinese queries. */
export function expansion(state, terms) {
  if (!terms.length && (state.expand || !/[a-z]{2}/i.test(state.q))) return null;
  const rows = terms.map(({ term, words }) => [
    el("dt", { lang: "en" }, term), han("dd", {}, words.join("、")),
  ]);
  const toggle = el("input", {
    type: "checkbox", role: "switch", id: "expand", checked: state.expand,
    "data-href": href(state, { expand: !state.expand }),
  });
  return el("section", { class: "expansion" },
    el("label", {}, el("span", {}, t("expansion")), toggle),
    terms.length ? el("dl", {}, rows) : null);
}

const nothing = () => el("div", { class: "note" }, el("h2", {}, t("none")), el("p", {}, t("noneHint")));

/** A failure in the user's language, with a way to try again. */
export function failure(error, retry) {
  return el("div", { class: "note error", role: "alert" },
    el("h2", {}, t("errorTitle")),
    el("p", {}, error[lang()] ?? error.message),
    el("button", { type: "button", class: "button", onclick: retry }, t("retry")));
}

/** Grey lines where the hits will stand. */
export const skeleton = () =>
  el("div", { class: "skeleton", "aria-hidden": "true" },
    [1, 2, 3].map(() => el("div", {}, el("i"), el("i"), el("i"), el("i"))));

// Hit cards; passages with the same wording stand folded under the first of them.

import { citeButton } from "./cite.js";
import { collectButton } from "./collect.js";
import { copyButton, el, han } from "./dom.js";
import { t } from "./i18n.js";
import { href, similar } from "./state.js";
import { citation, marked, pathLine, quoteWithSource, spanId } from "./text.js";

/** Hit cards in a list that the arrow keys walk through. */
export const hitList = (state, hits) =>
  el("ol", { class: "hits" }, folded(hits).map((group, n) => el("li", {}, card(state, group, n))));

/** Hits as { hit, same }: `same` are the later ones with its wording. */
function folded(hits) {
  const groups = new Map(); // passage id -> the group it stands in
  for (const hit of hits) {
    const group = groups.get(hit.same_as) ?? { hit, same: [] };
    if (group.hit !== hit) group.same.push(hit);
    groups.set(hit.passage_id, group);
  }
  return [...new Set(groups.values())];
}

function card(state, { hit, same }, n) {
  const id = `hit-${n + 1}`;
  return el("article", {
    class: "hit", id, tabindex: n ? -1 : 0, "aria-labelledby": `${id}-title`,
    "aria-current": current(state, hit), "data-open": spanId(hit),
  },
    el("header", {},
      el("h3", { id: `${id}-title` },
        han("a", { href: href(state, { open: spanId(hit) }), tabindex: -1 }, hit.issuer),
        year(hit), badge(hit.matched)),
      path(hit)),
    han("blockquote", { class: "passage" }, marked(hit.text, hit.marks)),
    han("p", { class: "cite" }, citation(hit)),
    el("footer", {},
      el("a", { class: "quiet strong", href: href(state, { open: spanId(hit) }) }, t("open")),
      ...actions(hit),
      el("a", { class: "quiet similar", href: similar(state, hit.text) }, t("similar"))),
    same.length ? sameWording(state, same) : null);
}

const actions = (hit) =>
  [copyButton(t("copyQuote"), () => quoteWithSource(hit)), citeButton(hit.passage_id), collectButton(hit)];

const current = (state, hit) => (spanId(hit) === state.open ? "true" : null);

function sameWording(state, hits) {
  const open = hits.some((hit) => current(state, hit));
  return el("details", { class: "same", open },
    el("summary", {}, t("same", { n: hits.length })),
    el("ul", {}, hits.map((hit) => el("li", { "aria-current": current(state, hit) },
      line(state, hit), path(hit), el("p", { class: "tools" }, actions(hit))))));
}

/** Bureau and year in one line, a link to the report. */
const line = (state, hit, ...more) => el("p", { class: "line" },
  han("a", { href: href(state, { open: spanId(hit) }), "data-open": spanId(hit) }, hit.issuer),
  year(hit), ...more);

/** Passages in a plain list, with their relevance and how they matched. */
export const evidenceList = (state, hits) =>
  el("ol", { class: "evidence" }, hits.map((hit) => el("li", { "aria-current": current(state, hit) },
    line(state, hit, score(hit.score), badge(hit.matched)), path(hit),
    han("blockquote", { class: "passage" }, hit.text))));

/** The year of a report, as far as it is known. */
export const year = (item) =>
  el("span", { class: "year" }, item.year ? String(item.year) : t("unknown"));

/** A relevance between 0 and 1. */
export const score = (value) =>
  el("span", { class: "score", title: t("relevance") }, el("span", { class: "unseen" }, t("relevance")), value.toFixed(2));

/** The headings above a passage; text under no heading is named by its role. */
export function path(item) {
  if (!item.heading_path.length) return el("p", { class: "path" }, t(`role.${item.role ?? "intro"}`));
  return han("p", { class: "path" }, pathLine(item.heading_path));
}

const badge = (matched) =>
  el("span", { class: `badge ${matched}`, title: t(`why.${matched}`) }, t(`matched.${matched}`));

// What the question was understood to ask for: filters it names, the practices that quotes are
// about, the figures that it wants.

import { el, han } from "./dom.js";
import { lang, t } from "./i18n.js";
import { href } from "./state.js";
import { citation, spanId } from "./text.js";

/** The filters taken from the question, each to be left out, and what no report is from. */
export function understood(state, { filters, absent }) {
  const kinds = new Map();
  for (const { name, words } of filters) {
    const kind = name === "issuer" ? "region" : name;
    kinds.set(kind, new Set([...(kinds.get(kind) ?? []), words]));
  }
  const chips = [...kinds].map(([kind, words]) => el("li", {}, el("a", {
    class: "chip", href: href(state, { ignore: [...state.ignore, kind] }), id: `named-${kind}`,
  }, el("span", { class: "kind" }, t(kind)), han("span", {}, [...words].join("、")),
    el("span", { "aria-hidden": "true" }, "×"), el("span", { class: "unseen" }, t("remove")))));
  const back = state.ignore.length
    ? el("li", {}, el("a", { class: "chip clear", href: href(state, { ignore: [] }) }, t("namedBack")))
    : null;
  return [
    chips.length || back
      ? el("div", { class: "named" }, el("span", {}, t("named")), el("ul", { class: "chips" }, chips, back))
      : null,
    absent.length
      ? el("p", { class: "absent", role: "note" }, t("absent"), han("b", {}, absent.join("、")))
      : null,
  ];
}

/** The figures that were asked for, each with the words that say so. */
export function figures(state, values) {
  if (!values.length) return null;
  return el("section", { class: "figures", "aria-label": t("figures") }, values.map((value) =>
    el("article", { class: "figure" },
      el("p", { class: "amount" }, han("b", {}, value.printed), " ", han("span", {}, value.name)),
      el("p", { class: "whose" }, han("span", {}, value.issuer), value.year ? ` · ${value.year}` : ""),
      han("a", { class: "said", href: href(state, { open: spanId(value) }), "data-open": spanId(value) }, value.text),
      han("p", { class: "cite on-paper" }, citation(value)))));
}

/** A practice's heading, with how many of the bureaus it was found in. */
export function pointHead(point, quotes, of) {
  const name = point.practice ? point[lang()] || point.zh || point.en : t("otherPoints");
  const n = new Set(quotes.map(({ issuer }) => issuer)).size;
  return el("h3", { class: "point" }, el("span", {}, name), el("small", {}, t("bureausOf", { n, of })));
}

/** The field's terms in a quote with their meaning, for who asked in English. */
export const terms = (words) => words?.length
  ? el("p", { class: "terms" }, words.map(({ word, gloss }) =>
    el("span", {}, han("b", {}, word), " ", el("span", { lang: "en" }, gloss))))
  : null;

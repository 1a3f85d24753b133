// What stands round the hits: how the question was read, and the states without hits.

import { el, han } from "./dom.js";
import { display } from "./facets.js";
import { hitList } from "./hits.js";
import { lang, t } from "./i18n.js";
import { href, more, now } from "./state.js";

/** The results of a search. */
export function searchView(state, found) {
  if (!found.hits.length) return [nothing(state, found), reading(state, found)];
  const larger = more(state, found.total);
  return [
    el("div", { class: "summary" },
      el("h2", {}, t("shown", { k: found.hits.length, n: found.total })),
      el("p", { class: "keys" }, t("keys"))),
    reading(state, found),
    hitList(state, found.hits),
    larger && el("p", { class: "more" },
      el("a", { class: "button", href: href(state, { k: larger }), id: "more" }, t("more"))),
  ];
}

/** How the question was read: slips corrected, English words carried to Chinese ones. */
export const reading = (state, found) =>
  [corrections(found.corrections ?? []), expansion(state, found.expansion)];

const corrections = (pairs) => pairs.length
  ? el("p", { class: "read-as" }, pairs.map(([typed, read]) => el("span", {},
    el("s", { lang: "en" }, typed), " ", t("readAs"), " ", el("b", { lang: "en" }, read))))
  : null;

/** The Chinese words of each term, with a switch; null where there is nothing to switch. */
function expansion(state, terms) {
  if (!terms.length && (state.expand || !/[a-z]{2}/i.test(state.q))) return null;
  const rows = terms.map(({ term, words }) => [
    el("dt", { lang: /[a-z]/i.test(term) ? "en" : "zh-CN" }, term), han("dd", {}, words.join("、")),
  ]);
  const toggle = el("input", {
    type: "checkbox", role: "switch", id: "expand", checked: state.expand,
    onchange: ({ target }) => { target.dataset.href = href(now(), { expand: target.checked }); },
  });
  return el("section", { class: "expansion" },
    el("label", {}, el("span", {}, t("expansion")), toggle),
    terms.length ? el("dl", {}, rows) : null);
}

/** No passages: which filters stand in the way, and what each of them holds back. */
export function nothing(state, { without }) {
  const culprits = without.filter(({ total }) => total).map(({ name, values, total }) => el("li", {},
    el("a", { class: "chip", href: href(state, { [name]: [] }) },
      el("span", { class: "kind" }, t(name)),
      el("s", {}, values.map((value) => display(name, value)).join(" · ")),
      el("span", { class: "count" }, t("brings", { n: total.toLocaleString() })))));
  return el("div", { class: "note", id: "nothing" },
    el("h2", {}, t("none")),
    el("p", {}, t(culprits.length ? "noneFiltered" : without.length ? "noneAlone" : "noneHint")),
    culprits.length ? el("ul", { class: "chips" }, culprits) : null);
}

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

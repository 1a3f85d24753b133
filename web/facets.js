// The column of filters: what the ranked passages are made of, and chips for what was chosen.

import { byId, el, fill, han } from "./dom.js";
import { has, t } from "./i18n.js";
import { chosen, href, now, toggled, unfiltered } from "./state.js";

const SHOWN = 12; // values of a facet before the rest is folded away
const ROLES = ["intro", "work", "duty", "problems", "plans"];
const LEVELS = ["national", "province", "prefecture", "county"];
const ORDER = {
  year: (a, b) => b.value - a.value,
  level: (a, b) => LEVELS.indexOf(a.value) - LEVELS.indexOf(b.value),
  role: (a, b) => ROLES.indexOf(a.value) - ROLES.indexOf(b.value),
  region: (a, b) => a.value.localeCompare(b.value),
};
const MOST = 50; // values found by their words
const sought = {}; // words by which values are looked for, by facet
const unfolded = new Set(); // facets whose rest is shown: kept while the page is open
let names = {}; // label of every region and report seen, for chips

/** Draw the filters; a box that is ticked is followed like a link, by its `data-href`. `all` names more values. */
export function drawFacets(state, { facets, all }) {
  for (const { value, label } of [...(all.region ?? []), ...(facets.region ?? [])]) names[value] = label;
  const groups = ["region", "year", "level", "role", "issuer"].map((name) =>
    group(state, name, (facets[name] ?? []).filter(({ value }) => value)));
  const count = chosen(state).length;
  const panel = el("details", { id: "filters", open: wide.matches || byId("filters")?.open },
    el("summary", {}, t("filters"), count ? el("span", { class: "count" }, String(count)) : null),
    groups);
  byId("facets").setAttribute("aria-label", t("filters"));
  fill(byId("facets"), panel);
}

// On a wide screen the filters stand open beside the results; on a phone they are folded.
const wide = matchMedia("(min-width: 60rem)");
wide.addEventListener("change", () => byId("filters")?.toggleAttribute("open", wide.matches));

function group(state, name, values) {
  if (!values.length) return null;
  const sorted = ORDER[name] ? [...values].sort(ORDER[name]) : values;
  const few = sorted.length <= SHOWN + 1;
  const first = sorted.filter(({ value }, n) => few || n < SHOWN || state[name].includes(value));
  const rest = sorted.filter((value) => !first.includes(value));
  const rows = (some) => some.map((value) => row(state, name, value, sorted));
  const list = el("div", {});
  const draw = (words) => list.replaceChildren(...(words
    ? rows(sorted.filter(({ label }) => label.includes(words)).slice(0, MOST))
    : [...rows(first), ...(rest.length ? [folded(name, rest.length, () => rows(rest))] : [])]));
  draw(sought[name]);
  return el("fieldset", {}, el("legend", {}, t(name)), rest.length > SHOWN ? finder(name, draw) : null, list);
}

/** A box that narrows a long list of values down to those with these words in them. */
const finder = (name, draw) => el("input", {
  type: "search", class: "find", id: `find-${name}`, autocomplete: "off", value: sought[name],
  placeholder: t("find", { label: t(name) }), "aria-label": t("find", { label: t(name) }),
  oninput: ({ target }) => draw((sought[name] = target.value.trim())),
});

/** The rest of a long list, built when it is unfolded: there may be thousands. */
function folded(name, n, rows) {
  const box = el("div", {});
  const show = ({ target }) => {
    unfolded[target.open ? "add" : "delete"](name);
    if (target.open && !box.firstChild) box.append(...rows());
  };
  if (unfolded.has(name)) box.append(...rows());
  return el("details", { class: "rest", open: unfolded.has(name), ontoggle: show },
    el("summary", {}, t("moreValues", { n })), box);
}

function row(state, name, { value, label, count }, all) {
  const id = `f-${name}-${value}`;
  const box = el("input", {
    type: "checkbox", id, checked: state[name].includes(value),
    onchange: ({ target }) => { target.dataset.href = href(now(), { [name]: ticked(now()[name], value, target.checked) }); },
  });
  const shown = name === "region" ? innermost(value, label, all) : display(name, value);
  const depth = name === "region" ? depthOf(value, all) : 0;
  const text = has(`${name}.${value}`) ? el("span", {}, shown) : han("span", { title: label }, shown);
  return el("label", { class: `depth-${depth}`, for: id }, box, text,
    el("span", { class: "count" }, String(count)));
}

/** Values with one more, or without it. */
const ticked = (values, value, on) => [...values.filter((other) => other !== value), ...(on ? [value] : [])];

/** Codes of the divisions that contain the one with this code: 350481 lies in 350400, 350000. */
const widerCodes = (code) =>
  [`${code.slice(0, 2)}0000`, `${code.slice(0, 4)}00`].filter((wider) => wider !== code);

const above = (code, all) => all.filter((other) => widerCodes(code).includes(other.value));

const depthOf = (code, all) => above(code, all).length;

/** A region's own name: 福建省三明市永安市 stands below 福建省三明市 as 永安市. */
function innermost(code, label, all) {
  const outer = above(code, all).map((other) => other.label).sort((a, b) => b.length - a.length)[0];
  return outer && label.startsWith(outer) && label !== outer ? label.slice(outer.length) : label;
}

/** A filter value as the user reads it: roles and levels have names, regions and reports labels. */
export function display(name, value) {
  return has(`${name}.${value}`) ? t(`${name}.${value}`) : names[value] ?? value;
}

/** The chosen filters above the results, each a link that takes it away. */
export function chips(state) {
  const pairs = chosen(state);
  if (!pairs.length) return null;
  const links = pairs.map(([name, value]) => {
    const label = display(name, value);
    return el("li", {}, el("a", {
      class: "chip", href: href(state, toggled(state, name, value)),
    }, el("span", { class: "kind" }, t(name)), " ", label,
      el("span", { "aria-hidden": "true" }, "×"), el("span", { class: "unseen" }, t("remove"))));
  });
  return el("ul", { class: "chips", "aria-label": t("chosen") }, links,
    pairs.length > 1
      ? el("li", {}, el("a", { class: "chip clear", href: href(state, unfiltered()) }, t("clear")))
      : null);
}

/** Names for the chips of reports. */
export function rememberName(value, label) {
  names = { ...names, [value]: label };
}

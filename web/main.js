// Address -> page. Every change of state is a change of address; this module follows them.

import { Failure, corpus, results } from "./api.js";
import { answerView } from "./answer.js";
import { closeCite } from "./cite.js";
import { compareView } from "./compare.js";
import { announce, byId, el, fill } from "./dom.js";
import { chips, drawFacets } from "./facets.js";
import { glossOn, hideGloss, listenGloss, setGloss, stepGloss } from "./gloss.js";
import { homeView } from "./home.js";
import { lang, setLang, t } from "./i18n.js";
import { itemsOf } from "./items.js";
import { listen } from "./keys.js";
import { neighbour, setItems, showReader } from "./panel.js";
import { failure, searchView, skeleton } from "./render.js";
import { MODES, href, parse, resultKey } from "./state.js";

const PATIENCE = 150; // ms before "loading" is shown: quick answers must not flicker
const VIEWS = { search: searchView, ask: answerView, compare: compareView };
const narrow = matchMedia("(max-width: 60rem)");
let state = parse(location.search);
let shown = { key: null, data: null }; // the results on the page
let question = ""; // the question they answer: a new one starts at the top of the page
let running = new AbortController(); // the request under way; a newer one ends it

/** Go to an address of this page. */
function go(address) {
  history.pushState(null, "", address);
  follow();
}

/** Show what the address says. */
async function follow() {
  state = parse(location.search);
  closeCite();
  hideGloss();
  drawFrame();
  await Promise.all([showResults(), showReader(state, follow)]);
}

function drawFrame() {
  document.documentElement.lang = lang() === "zh" ? "zh-CN" : "en";
  document.title = [state.q, t("brand")].filter(Boolean).join(" · ");
  document.body.className = state.q ? `mode-${state.mode}` : "first";
  byId("skip").textContent = t("skip");
  byId("brand").textContent = t("brand");
  byId("submit").textContent = t(state.mode);
  byId("lang").textContent = t("other");
  byId("lang").lang = lang() === "zh" ? "en" : "zh-CN";
  byId("q").placeholder = t(`${state.mode}Placeholder`);
  byId("q").setAttribute("aria-label", t(`${state.mode}Placeholder`));
  if (document.activeElement !== byId("q") || state.q) byId("q").value = state.q;
  drawModes();
  drawSwitch();
}

/** The switch of the English glosses. */
function drawSwitch() {
  const button = byId("glosses");
  button.setAttribute("aria-checked", String(glossOn()));
  button.setAttribute("aria-label", t("gloss"));
  button.title = t("glossHint");
  fill(button, el("span", { class: "word", "aria-hidden": "true" }, t("gloss")),
    el("span", { class: "glyph", "aria-hidden": "true" }, "文", el("small", {}, "A")));
}

function drawModes() {
  byId("modes").setAttribute("aria-label", t("modes"));
  fill(byId("modes"), MODES.map((mode) => el("a", {
    id: `mode-${mode}`, href: href(state, { mode }), "aria-current": state.mode === mode ? "page" : null,
  }, t(mode))));
}

async function showResults() {
  const key = state.q ? resultKey(state) : "";
  if (key !== shown.key) await load(key);
  else draw();
}

async function load(key) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  shown = { key, data: null };
  if (!state.q) draw();
  const slow = setTimeout(() => waiting(state.q), PATIENCE);
  try {
    const data = await (state.q ? results(state, signal) : corpus(signal));
    if (signal.aborted) return;
    shown = { key, data };
    draw();
    settle();
  } catch (error) {
    if (signal.aborted) return;
    shown = { key: null, data: null };
    showFailure(error);
  } finally {
    clearTimeout(slow);
    if (!signal.aborted) waiting(false);
  }
}

function waiting(on) {
  byId("progress").hidden = !on;
  byId("results").setAttribute("aria-busy", String(Boolean(on)));
  if (!on) return;
  announce(t("loading"));
  if (!byId("results").querySelector(".hit, .bureau, .matrix")) fill(byId("results"), skeleton());
}

/** Announce new results; a new question is read from its first hit, a filter moves nothing. */
function settle() {
  if (!state.q) return;
  const asked = `${state.mode} ${state.q}`;
  if (question && question !== asked) window.scrollTo(0, 0);
  question = asked;
  announce(byId("results").querySelector("h2")?.textContent ?? "");
}

function draw() {
  const { data } = shown;
  byId("facets").hidden = !state.q;
  setItems(state.q && data ? itemsOf(state.mode, data) : []);
  if (!state.q) return fill(byId("results"), homeView(state, data));
  if (!data) return undefined;
  drawFacets(state, data);
  return fill(byId("results"), el("p", { class: "on-paper asked" }, state.q), chips(state), VIEWS[state.mode](state, data));
}

function showFailure(error) {
  if (!(error instanceof Failure)) throw error;
  byId("facets").hidden = true;
  fill(byId("results"), state.q ? chips(state) : null, failure(error, follow));
}

function openHit(id) {
  go(href(state, { open: id }));
  return true;
}

/** Close what lies on top: the menu of references, a gloss, the reader. */
function close() {
  if (closeCite() || hideGloss()) return true;
  if (!state.open) return false;
  go(href(state, { open: "" }));
  return true;
}

/** To the next hit of the opened report, or the one before. */
function step(by) {
  const open = neighbour(by);
  if (open) go(href(state, { open }));
  return Boolean(open);
}

// Links inside the page change the address without loading it again; with a modifier key, or
// by the middle button, they open a tab as any link does.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="?"]');
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});
document.addEventListener("change", ({ target }) => {
  if (target.dataset.href) go(target.dataset.href);
});
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const q = byId("q").value.trim();
  if (q !== state.q) go(href(state, { q, open: "" }));
  else follow();
});
byId("lang").addEventListener("click", () => {
  setLang(lang() === "zh" ? "en" : "zh");
  follow();
});
byId("glosses").addEventListener("click", () => {
  setGloss(!glossOn());
  drawSwitch();
});
window.addEventListener("popstate", follow);
listen({ open: openHit, close, step, gloss: stepGloss });
listenGloss();
if (!state.q && !narrow.matches) byId("q").focus();
follow();

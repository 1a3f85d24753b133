// Address -> page. Every change of state is a change of address; this module follows them.

import { Failure, corpus, results } from "./api.js";
import { answerView } from "./answer.js";
import { closeCite } from "./cite.js";
import { drawCount } from "./collect.js";
import { compareView } from "./compare.js";
import { announce, byId, el, fill, stylesheet } from "./dom.js";
import { chips, drawFacets } from "./facets.js";
import { glossOn, hideGloss, listenGloss, setGloss, stepGloss } from "./gloss.js";
import { homeView } from "./home.js";
import { addWords, lang, setLang, t } from "./i18n.js";
import { itemsOf } from "./items.js";
import { listen } from "./keys.js";
import { neighbour, setItems, showReader } from "./panel.js";
import { failure, searchView, skeleton } from "./render.js";
import { MODES, askedIn, href, isTool, parse, resultKey } from "./state.js";

const PATIENCE = 150; // ms before "loading" is shown: quick answers must not flicker
const VIEWS = { search: searchView, ask: answerView, compare: compareView };
const tools = {}; // promises of the modules of tools that were opened
const narrow = matchMedia("(max-width: 60rem)");
let state = parse(location.search);
let shown = { key: null, data: null }; // the results on the page
let question = ""; // the question they answer: a new one starts at the top of the page
let shownTool = null; // the module that shows them, if a tool does
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
  document.body.className = atHome() ? "first" : `mode-${state.mode}`;
  byId("skip").textContent = t("skip");
  byId("brand").textContent = t("brand");
  byId("submit").textContent = t(askedIn(state.mode));
  byId("lang").textContent = t("other");
  byId("lang").lang = lang() === "zh" ? "en" : "zh-CN";
  byId("q").placeholder = t(`${askedIn(state.mode)}Placeholder`);
  byId("q").setAttribute("aria-label", t(`${askedIn(state.mode)}Placeholder`));
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
  }, t(mode), mode === "collection" && el("span", { class: "collected", id: "collected" }))));
  drawCount();
}

/** Whether there is nothing to show but what the corpus holds. */
const atHome = () => !state.q && !isTool(state.mode);

/** A tool's module, with its words and its stylesheet; loaded when it is first opened. */
function tool(mode) {
  tools[mode] ??= Promise.all([import(`./${mode}.js`), stylesheet(`${mode}.css`)]).then(([module]) => {
    addWords(module.WORDS);
    return module;
  });
  tools[mode].catch(() => delete tools[mode]);
  return tools[mode];
}

/** What the address asks for, and the tool that shows it. */
async function loaded(signal) {
  if (atHome()) return [await corpus(signal), null];
  if (!isTool(state.mode)) return [await results(state, signal), null];
  const module = await tool(state.mode).catch(unreachable);
  return [await module.load(state, signal), module];
}

async function showResults() {
  const key = atHome() ? "" : resultKey(state);
  if (key !== shown.key) await load(key);
  else draw();
}

async function load(key) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  shown = { key, data: null };
  if (atHome()) draw();
  const slow = setTimeout(() => waiting(!atHome()), PATIENCE);
  try {
    const [data, module] = await loaded(signal);
    if (signal.aborted) return;
    shown = { key, data };
    shownTool = module;
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
  if (!byId("results").querySelector(".hit, .bureau, .matrix, .pm")) fill(byId("results"), skeleton());
}

/** Announce new results; a new question is read from its first hit, a filter moves nothing. */
function settle() {
  if (atHome()) return;
  const asked = `${state.mode} ${state.q}`;
  if (question && question !== asked) window.scrollTo(0, 0);
  question = asked;
  announce(byId("results").querySelector("h2")?.textContent ?? "");
}

function draw() {
  const { data } = shown;
  const columns = Boolean(state.q || data?.facets); // results, and beside them what they are made of
  byId("facets").hidden = atHome() || !columns;
  document.body.classList.toggle("plain", !atHome() && !data?.facets);
  if (atHome()) {
    setItems([]);
    return fill(byId("results"), homeView(state, data));
  }
  if (!data) return undefined;
  setItems(shownTool ? shownTool.items(data) : itemsOf(state.mode, data));
  if (data.facets) drawFacets(state, data);
  const view = shownTool ? shownTool.view : VIEWS[state.mode];
  const asked = state.q && el("p", { class: "on-paper asked" }, state.q);
  return fill(byId("results"), asked, data.facets && chips(state), view(state, data));
}

function showFailure(error) {
  if (!(error instanceof Failure)) throw error;
  byId("facets").hidden = true;
  fill(byId("results"), atHome() ? null : chips(state), failure(error, follow));
}

/** A tool's module could not be had, as when the server has gone. */
function unreachable() {
  throw new Failure(
    "The server does not answer. Check that it is running, then try again.",
    "服务器没有响应。请确认服务正在运行，然后重试。",
  );
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
  const mode = askedIn(state.mode);
  if (q !== state.q || mode !== state.mode) go(href(state, { q, mode, open: "" }));
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

// The panel that holds the reader: beside the results, or over everything on a phone.

import { Failure, report } from "./api.js";
import { byId } from "./dom.js";
import { rememberName } from "./facets.js";
import { lang } from "./i18n.js";
import { neighbours } from "./items.js";
import { drawReader, drawReaderHead, drawReaderNote, drawReaderWait } from "./reader.js";
import { failure } from "./render.js";
import { parseSpan } from "./text.js";

const PATIENCE = 150; // ms before "opening" is shown
const NOTHING = { id: "", key: "", report: null };
const narrow = matchMedia("(max-width: 60rem)");
let state = { open: "" };
let opened = NOTHING; // the span in the reader, its report, and the language it is drawn in
let items = []; // the spans of the results on the page
let arrived = false; // the first address has been shown: from now on a person opens reports

/** Tell the reader which spans the results on the page hold: it leads from one to the next. */
export function setItems(found) {
  items = found;
  if (opened.report) drawReaderHead(state, opened.report, items);
}

/** The neighbouring span of the result in the opened report, or undefined. */
export function neighbour(step) {
  if (!opened.report) return undefined;
  const { before, after } = neighbours(items, state.open);
  return step < 0 ? before : after;
}

/** Open, refresh or close the reader as `next` says; `retry` is offered after a failure. */
export async function showReader(next, retry) {
  state = next;
  const byHand = arrived;
  arrived = true;
  document.body.classList.toggle("reading", Boolean(state.open));
  byId("reader").hidden = !state.open;
  cover();
  if (!state.open) return leave();
  const key = `${state.open} ${lang()}`;
  if (opened.key === key) return opened.report && drawReaderHead(state, opened.report, items);
  const focus = opened.id !== state.open && (byHand || narrow.matches);
  opened = { id: state.open, key, report: null };
  return load(focus, retry);
}

async function load(focus, retry) {
  const { id } = opened;
  const current = () => state.open === id;
  const slow = setTimeout(() => current() && drawReaderWait(state), PATIENCE);
  try {
    const found = await report(parseSpan(id).report);
    if (current()) show(found, focus);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (!current()) return;
    opened.key = "";
    drawReaderNote(state, failure(error, retry));
  } finally {
    clearTimeout(slow);
  }
}

function show(found, focus) {
  opened.report = found;
  rememberName(found.report_id, found.title);
  drawReader(state, found, items);
  // Opening narrows the column of hits: keep the chosen hit or cell in sight.
  document.querySelector(":is(.hit, td, .ch-text)[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) byId("reader").focus({ preventScroll: true });
}

/** On a phone the reader covers everything: the page below it must not be reachable. */
function cover() {
  const covered = Boolean(state.open) && narrow.matches;
  for (const id of ["bar", "facets", "results", "skip"]) byId(id).inert = covered;
  byId("reader").setAttribute("role", covered ? "dialog" : "complementary");
  byId("reader").ariaModal = covered ? "true" : null;
}

/** Give the focus that the reader had back to where it was opened from. */
function leave() {
  const { id } = opened;
  opened = NOTHING;
  if (!id || document.activeElement !== document.body) return;
  const doors = [...document.querySelectorAll("[data-open]")];
  (doors.find((node) => node.dataset.open === id) ?? byId("results")).focus({ preventScroll: true });
}

narrow.addEventListener("change", cover);

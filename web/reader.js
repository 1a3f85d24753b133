// The source: a report's outline and text, opened at the cited span. The span is found by its
// stored offsets, never by searching for the words.

import { citeButton } from "./cite.js";
import { collectButton, selectionButton } from "./collect.js";
import { byId, copyButton, el, fill, han } from "./dom.js";
import { t } from "./i18n.js";
import { neighbours, passageOf } from "./items.js";
import { legend, shadeOn, shadeSwitch, shaded, shares } from "./shading.js";
import { href, unfiltered } from "./state.js";
import { parseSpan, pathLine, points, quoteWithSource, spanId } from "./text.js";

/** Draw `report` with the span that `state.open` names; `items` are the spans of the result. */
export function drawReader(state, report, items) {
  const span = parseSpan(state.open);
  const chars = points(report.text);
  const current = sectionAt(report.sections, span);
  fill(byId("reader"),
    el("div", { class: "reader-head", id: "reader-head" }),
    outline(report.sections, current, span),
    el("div", {
      class: "reader-body", id: "reader-body", tabindex: 0, role: "region", "aria-label": t("reader"),
    },
      han("div", { class: "text", id: "reader-text" }, paragraphs(report, chars, span))));
  byId("reader").setAttribute("aria-label", report.title);
  drawReaderHead(state, report, items);
  scrollTo(byId("reader-body").querySelector("mark"));
  if (shadeOn()) shade(state, report);
}

/** Draw the text again with its sentences shaded, or without; what is in sight stays there. */
async function shade(state, report) {
  const found = shadeOn() ? await shares(report.report_id).catch(() => null) : null;
  const text = byId("reader-text");
  if (!text || byId("reader").getAttribute("aria-label") !== report.title) return; // another one by now
  const { scrollTop, scrollHeight } = byId("reader-body");
  byId("shade-legend")?.remove();
  fill(text, paragraphs(report, points(report.text), parseSpan(state.open), found?.sentences));
  if (found) text.before(legend(found));
  byId("reader-body").scrollTop = scrollTop + byId("reader-body").scrollHeight - scrollHeight;
}

/** What is shown while a report is being read. */
export const drawReaderWait = (state) =>
  drawReaderNote(state, el("p", { class: "wait" }, t("reading")));

/** What is shown instead of a report. */
export function drawReaderNote(state, node) {
  fill(byId("reader"), el("div", { class: "reader-head" }, closeLink(state)), node);
  byId("reader").setAttribute("aria-label", t("reader"));
}

const closeLink = (state) =>
  el("a", { class: "close", id: "close", href: href(state, { open: "" }), "aria-label": t("close") },
    el("span", { "aria-hidden": "true" }, "×"));

/** The reader's head: its links hold the rest of the page's state, which changes below it. */
export function drawReaderHead(state, report, items) {
  const cited = citedItem(report, parseSpan(state.open));
  const facts = [report.region, report.year, report.date].filter(Boolean).join(" · ");
  const only = href({ ...state, ...unfiltered() }, { mode: "search", report: [report.report_id], open: "" });
  fill(byId("reader-head"),
    han("h2", {}, report.title),
    closeLink(state),
    han("p", { class: "meta" }, `${report.issuer}${facts ? ` · ${facts}` : ""}`),
    el("div", { class: "tools" },
      cited ? [
        copyButton(t("copyQuote"), () => quoteWithSource(cited)), citeButton(passageOf(items, state.open)),
        collectButton({ ...cited, page: pageOf(items, state.open) }),
      ] : null,
      selectionButton((span) => citedItem(report, span)),
      report.file_url?.startsWith("v1/") ? original(report, pageOf(items, state.open)) : null,
      shadeSwitch(() => shade(state, report)),
      state.q ? el("a", { class: "quiet", href: only }, t("onlyThis")) : null,
      steps(state, items)));
}

/** The original file in a tab of its own, a PDF at the cited page. */
function original(report, page) {
  const place = page && report.media_type === "application/pdf" ? `#page=${page}` : "";
  return el("a", {
    class: "quiet", id: "original", href: report.file_url + place, target: "_blank", rel: "noopener", title: report.file,
  }, t("original"), el("span", { "aria-hidden": "true" }, " ↗"));
}

const pageOf = (items, open) => items.find((item) => spanId(item) === open)?.page;

/** To the neighbouring hits in this report; null where the result has no other. */
function steps(state, items) {
  const { before, after, n, of } = neighbours(items, state.open);
  if (!before && !after) return null;
  const arrow = (id, open, sign, key) => el("a", {
    class: "step", id, href: open ? href(state, { open }) : null, role: open ? null : "link",
    "aria-disabled": open ? null : "true", "aria-label": t(id), "aria-keyshortcuts": key, title: `${t(id)} (${key})`,
  }, el("span", { "aria-hidden": "true" }, sign));
  return el("div", { class: "steps", role: "group", "aria-label": t("steps") },
    arrow("before", before, "‹", "["),
    el("span", { class: "count", id: "place" }, n ? t("place", { n, of }) : t("placeOf", { of })),
    arrow("after", after, "›", "]"));
}

function citedItem(report, span) {
  if (span.end <= span.start) return null;
  const path = report.sections[sectionAt(report.sections, span)]?.heading_path ?? [];
  const text = points(report.text).slice(span.start, span.end).join("");
  return { ...report, ...span, heading_path: path, text };
}

/** The last section that begins at or before the span. */
function sectionAt(sections, span) {
  let found = -1;
  sections.forEach((section, n) => { if (section.start <= span.start) found = n; });
  return found;
}

const depth = (section) => `depth-${Math.min(section.heading_path.length, 4)}`;

function outline(sections, current, span) {
  const rows = sections.flatMap((section, n) => section.end > section.start ? [
    el("li", { class: depth(section) },
      han("button", {
        type: "button", "aria-current": span.end && n === current ? "true" : null,
        onclick: () => jump(n),
      }, pathLine([section.heading])))] : []);
  if (!rows.length) return null;
  return el("details", { class: "outline" }, el("summary", {}, t("outline"), here(sections[current], span)),
    el("nav", { "aria-label": t("outline") }, el("ol", {}, rows)));
}

/** The cited section's heading beside the word "outline". */
const here = (section, span) =>
  span.end && section?.heading ? han("span", {}, pathLine([section.heading])) : null;

function jump(n) {
  const heading = byId(`section-${n}`);
  scrollTo(heading);
  heading.focus({ preventScroll: true });
}

/** The text as paragraphs; every character stands in it once, line ends included. */
function paragraphs(report, chars, span, sentences = []) {
  const nodes = [];
  for (let start = 0; start < chars.length; ) {
    const found = chars.indexOf("\n", start);
    const end = found < 0 ? chars.length : found + 1;
    nodes.push(el("p", {}, runs(report.sections, chars, start, end, span, sentences)));
    start = end;
  }
  return nodes;
}

/** A paragraph cut where headings, shaded sentences and the cited span begin and end. */
function runs(sections, chars, start, end, span, sentences) {
  const headings = sections
    .map((s, n) => ({ ...s, n, depth: depth(s) }))
    .filter((s) => s.start < end && s.end > start && s.end > s.start);
  const shares = sentences.filter((s) => s.level && s.start < end && s.end > start);
  const cuts = [start, end, span.start, span.end, ...[...headings, ...shares].flatMap((s) => [s.start, s.end])];
  const edges = [...new Set(cuts)].filter((at) => at >= start && at <= end).sort((a, b) => a - b);
  return edges.slice(1).map((to, i) => {
    const from = edges[i];
    const sentence = shares.find((s) => s.start <= from && to <= s.end);
    const words = chars.slice(from, to).join("");
    const text = sentence ? shaded(sentence, words) : words;
    const heading = headings.find((s) => s.start <= from && to <= s.end);
    const cited = span.start <= from && to <= span.end;
    const node = cited ? el("mark", {}, text) : text;
    if (!heading) return node;
    const id = from === heading.start ? `section-${heading.n}` : null;
    return el("strong", { id, tabindex: id ? -1 : null, class: heading.depth }, node);
  });
}

// Only the reader scrolls: scrollIntoView would move the page under it as well.
function scrollTo(node) {
  const body = byId("reader-body");
  if (!node) return;
  const offset = node.getBoundingClientRect().top - body.getBoundingClientRect().top;
  body.scrollTop += offset - Math.min(96, body.clientHeight / 4);
}

// Spans and citations. The server counts Unicode code points, JavaScript strings count UTF-16
// units: every offset goes through `points`.

import { el } from "./dom.js";

/** A text as an array of code points, so that `points(t).slice(a, b)` is the server's t[a:b]. */
export const points = (text) => Array.from(text);

/** The headings above a passage in one line, without their closing punctuation. */
export const pathLine = (path) => path.map((heading) => heading.replace(/[。：]+$/, "")).join(" › ");

/** The citation in one line, in the form that the command line prints. */
export function citation(item) {
  const page = item.page ? `第 ${item.page} 页` : "";
  const parts = [`${item.issuer}：《${item.title}》`, pathLine(item.heading_path), page];
  return `${parts.filter(Boolean).join("，")}，[${spanId(item)}]`;
}

/** What names a span in the page's address: `report:start-end`. */
export const spanId = (item) => `${item.report_id}:${item.start}-${item.end}`;

/** The parts of a span's name, or null; a bare report id is a report opened at its top. */
export function parseSpan(id) {
  const match = /^(.+?)(?::(\d+)-(\d+))?$/s.exec(id);
  if (!match) return null;
  return { report: match[1], start: Number(match[2] ?? 0), end: Number(match[3] ?? 0) };
}

/** A quote with its citation, as it is put on the clipboard. */
export const quoteWithSource = (item) => `“${item.text}”\n—— ${citation(item)}`;

/** `text` as nodes, its `marks` ([start, end] in code points, in order) in <mark>. */
export function marked(text, marks = []) {
  const chars = points(text);
  const nodes = [];
  let at = 0;
  for (const [start, end] of marks) {
    nodes.push(chars.slice(at, start).join(""), el("mark", {}, chars.slice(start, end).join("")));
    at = end;
  }
  nodes.push(chars.slice(at).join(""));
  return nodes.filter((node) => node !== "");
}

// What a result holds that can be opened: spans of reports, each with what cites it.

import { parseSpan, spanId } from "./text.js";

/** The spans of a search, an answer or a comparison, in its order. */
export function itemsOf(mode, found) {
  if (mode === "search") return found.hits;
  if (mode === "compare") return found.rows.flatMap((row) => row.cells.flatMap((cell) => cellItem(row, cell) ?? []));
  return found.sufficient ? [...found.figures, ...quotesOf(found), ...(found.drafted ?? [])] : found.closest;
}

/** The quotes of an answer, numbered from 1. */
export const quotesOf = (found) => found.bureaus
  .flatMap((bureau) => bureau.quotes.map((quote) => ({ ...bureau, ...quote })))
  .map((quote, n) => ({ ...quote, n: n + 1 }));

/** The evidence of a cell with its bureau and year, or null. */
export const cellItem = (row, cell) =>
  cell.evidence && { ...cell.evidence, issuer: row.issuer, region: row.region, year: cell.year };

/** Where the opened span stands among the result's spans of its report: before, after, place. */
export function neighbours(items, open) {
  const span = parseSpan(open);
  const here = items.filter((item) => item.report_id === span?.report);
  const inOrder = here.sort((a, b) => a.start - b.start || a.end - b.end).map(spanId);
  const ids = [...new Set(inOrder)];
  const at = ids.indexOf(open);
  if (at >= 0) return { before: ids[at - 1], after: ids[at + 1], n: at + 1, of: ids.length };
  const start = (id) => parseSpan(id).start;
  const before = ids.filter((id) => start(id) < span.start).at(-1);
  return { before, after: ids.find((id) => start(id) >= span.start), n: 0, of: ids.length };
}

/** The passage that an opened span belongs to: a quote is cited as its passage. */
export const passageOf = (items, open) =>
  items.find((item) => spanId(item) === open)?.passage_id ?? open;

// The HTTP interface. Failures carry both languages, because the server's explanations do.

import { filters, query } from "./state.js";

const FACETS = ["region", "year", "level", "role", "issuer"];
const NAMED = 12; // reports listed by name on the first visit
const KEPT = 300; // texts whose glosses are kept
const reports = new Map(); // reports already read: they do not change while the page is open
const known = new Map(); // text -> promise of its glosses

/** A failure that can be shown: `en` and `zh` are sentences for the user. */
export class Failure extends Error {
  constructor(en, zh) {
    super(en);
    this.en = en;
    this.zh = zh;
  }
}

async function get(path, signal) {
  const response = await fetch(path, { signal, headers: { Accept: "application/json" } }).catch(
    (error) => {
      if (error.name === "AbortError") throw error;
      throw new Failure(
        "The server does not answer. Check that it is running, then try again.",
        "服务器没有响应。请确认服务正在运行，然后重试。",
      );
    },
  );
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const detail = typeof body.detail === "string" ? body.detail : "";
  throw new Failure(
    detail || `The server cannot use this request (status ${response.status}).`,
    body.detail_zh || detail || `服务器无法处理该请求（状态码 ${response.status}）。`,
  );
}

/** What the server answers at a path, as data. */
export const getJson = async (path, signal) => (await get(path, signal)).json();

/** What the corpus holds: counts, regions by year, and its first reports by name. */
export async function corpus(signal) {
  const [coverage, list] = await Promise.all([
    getJson("v1/coverage", signal), getJson(`v1/reports?k=${NAMED}`, signal),
  ]);
  return { ...coverage, titles: list.reports };
}

/** One report with its outline and text. */
export async function report(id, signal) {
  if (!reports.has(id)) {
    reports.set(id, await getJson(`v1/reports/${encodeURIComponent(id)}`, signal));
  }
  return reports.get(id);
}

/** The address of a passage's entry for a bibliography. */
export const citeUrl = (id, format) => `v1/cite/${encodeURIComponent(id)}?format=${format}`;

/** A passage's entry for a bibliography, as text. */
export const reference = async (id, format) => (await get(citeUrl(id, format))).text();

/** The address of the compared cells as a file. */
export const exportUrl = (state, format) => `v1/compare/export?${query(state)}&format=${format}`;

/** The words of `text` that have a meaning in English; asked for once. */
export function glosses(text) {
  if (!known.has(text)) {
    if (known.size >= KEPT) known.delete(known.keys().next().value);
    const asked = getJson(`v1/gloss?${new URLSearchParams({ text })}`).then(({ words }) => words);
    known.set(text, asked);
    asked.catch(() => known.delete(text));
  }
  return known.get(text);
}

/** Hits, an answer or a comparison for a state, with the facets that belong to it. */
export async function results(state, signal) {
  const body = getJson(`v1/${state.mode}?${query(state)}`, signal);
  const counted = state.mode === "search" ? body : getJson(facetsPath(state), signal);
  const [found, { facets, without = [] }, widened] = await Promise.all([
    body, counted, widen(state, signal),
  ]);
  const all = without.length ? (await getJson("v1/facets", signal)).facets : {};
  return { ...found, without, facets: { ...facets, ...widened }, all };
}

/** Where facets are counted: over the ranked passages, or over all bureaus that can be compared. */
const facetsPath = (state) => state.mode === "compare"
  ? `v1/facets?${filters({ ...state, year: [], role: [] })}`
  : `v1/search?${query({ ...state, k: 1 })}`;

/** Facets with a choice in them, counted without it: else no second value could be chosen. */
async function widen(state, signal) {
  const names = FACETS.filter((name) => state[name].length);
  const counted = names.map(async (name) => {
    const found = await getJson(facetsPath({ ...state, [name]: [] }), signal);
    return [name, found.facets[name]];
  });
  return Object.fromEntries(await Promise.all(counted));
}

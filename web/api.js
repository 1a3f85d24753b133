// The HTTP interface. Failures carry both languages, because the server's explanations do.

import { query } from "./state.js";

const FACETS = ["region", "year", "role", "issuer"];
const reports = new Map(); // reports already read: they do not change while the page is open

/** A failure that can be shown: `en` and `zh` are sentences for the user. */
export class Failure extends Error {
  constructor(en, zh) {
    super(en);
    this.en = en;
    this.zh = zh;
  }
}

async function getJson(path, signal) {
  const response = await fetch(path, { signal, headers: { Accept: "application/json" } }).catch(
    (error) => {
      if (error.name === "AbortError") throw error;
      throw new Failure(
        "The server does not answer. Check that it is running, then try again.",
        "服务器没有响应。请确认服务正在运行，然后重试。",
      );
    },
  );
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const detail = typeof body.detail === "string" ? body.detail : "";
  throw new Failure(
    detail || `The server cannot use this request (status ${response.status}).`,
    body.detail_zh || detail || `服务器无法处理该请求（状态码 ${response.status}）。`,
  );
}

/** The corpus: its reports and counts. */
export const corpus = (signal) => getJson("v1/reports", signal);

/** One report with its outline and text. */
export async function report(id, signal) {
  if (!reports.has(id)) {
    reports.set(id, await getJson(`v1/reports/${encodeURIComponent(id)}`, signal));
  }
  return reports.get(id);
}

/** Hits or an answer for a state, with the facets that belong to it. */
export async function results(state, signal) {
  const asks = state.mode === "ask";
  const search = getJson(`v1/search?${query(asks ? { ...state, k: 1 } : state)}`, signal);
  const answer = asks ? getJson(`v1/ask?${query(state)}`, signal) : search;
  const [found, body, widened] = await Promise.all([search, answer, widen(state, signal)]);
  return { ...body, facets: { ...found.facets, ...widened } };
}

/** Facets with a choice in them, counted without it: else no second value could be chosen. */
async function widen(state, signal) {
  const names = FACETS.filter((name) => state[name].length);
  const counted = names.map(async (name) => {
    const found = await getJson(`v1/search?${query({ ...state, [name]: [], k: 1 })}`, signal);
    return [name, found.facets[name]];
  });
  return Object.fromEntries(await Promise.all(counted));
}

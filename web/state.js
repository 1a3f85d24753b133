// Everything that a link to this page must restore stands in its address, under the names of
// the HTTP interface's own parameters; `mode` and `open` are the page's.

const FACETS = ["region", "year", "level", "role", "issuer", "report"];
const TAKEN = ["region", "year", "level"]; // filters that an answer takes from the question
const PAGE = 10;
const MOST = 100;
const LONGEST = 4000; // characters of a question

/** The page's modes; the first needs no name in the address. */
export const MODES = ["search", "ask", "compare", "wording", "indicators", "matrix", "changes", "collection"];

/** The tools among them, each a module of its own, with the parameters that only it has. */
const OWN = {
  wording: [],
  indicators: ["sort"],
  matrix: ["by", "practice"],
  changes: ["a", "b"],
  collection: ["name"],
};

/** Whether a mode is a tool: it shows something without a question too. */
export const isTool = (mode) => Object.hasOwn(OWN, mode);

/** The mode that a question typed in this mode is meant for. */
export const askedIn = (mode) => (["matrix", "changes", "collection"].includes(mode) ? MODES[0] : mode);

/** The state that an address describes; nonsense in it falls back to the defaults. */
export function parse(search) {
  const params = new URLSearchParams(search);
  const k = Math.trunc(Number(params.get("k")));
  const mode = MODES.find((name) => name === params.get("mode")) ?? MODES[0];
  return {
    q: (params.get("q") ?? "").trim(),
    mode,
    expand: params.get("expand") !== "false",
    k: k >= 1 ? Math.min(k, MOST) : PAGE,
    open: params.get("open") ?? "",
    ...Object.fromEntries(FACETS.map((name) => [name, [...new Set(params.getAll(name))]])),
    ...Object.fromEntries((OWN[mode] ?? []).map((name) => [name, params.get(name) ?? ""])),
    ignore: mode === "ask" ? TAKEN.filter((name) => params.getAll("ignore").includes(name)) : [],
  };
}

/** The state that the address describes now: a slow answer leaves an older one on the page. */
export const now = () => parse(location.search);

/** The parameters of the HTTP interface for a state's filters alone. */
export const filters = (state) => new URLSearchParams(chosen(state));

/** The parameters of the HTTP interface for a state. */
export function query(state) {
  const own = (OWN[state.mode] ?? []).filter((name) => state[name]).map((name) => [name, state[name]]);
  const params = new URLSearchParams([["q", state.q], ...chosen(state), ...own]);
  if (!state.expand) params.set("expand", "false");
  if (state.mode === "ask") state.ignore.forEach((name) => params.append("ignore", name));
  if (state.k !== PAGE) params.set("k", String(state.k));
  return params;
}

/** The link to a state with `changes`; new words or filters start again at the first passages. */
export function href(state, changes = {}) {
  const restart = "k" in changes || "open" in changes ? {} : { k: PAGE };
  const next = { ...state, ...restart, ...changes };
  const params = query(next);
  if (!next.q) params.delete("q");
  if (next.mode !== MODES[0]) params.set("mode", next.mode);
  if (next.open) params.set("open", next.open);
  return `?${params}`;
}

/** The state with one filter value added or taken away. */
export function toggled(state, name, value) {
  const values = state[name];
  const without = values.filter((known) => known !== value);
  return { [name]: without.length < values.length ? without : [...values, value] };
}

/** The changes that take all filters away. */
export const unfiltered = () => Object.fromEntries(FACETS.map((name) => [name, []]));

/** The link to passages worded like `text`, wherever they stand. */
export const similar = (state, text) => href(state, {
  ...unfiltered(), mode: MODES[0], open: "", q: Array.from(text.replace(/\s+/g, " ")).slice(0, LONGEST).join(""),
});

/** The chosen filters as [name, value] pairs. */
export const chosen = (state) => FACETS.flatMap((name) => state[name].map((value) => [name, value]));

/** What decides the results: two states with the same key show the same ones. */
export const resultKey = (state) => `${state.mode}?${query(state)}`;

/** The next larger number of passages, or 0 where there is none. */
export const more = (state, total) =>
  state.k < Math.min(total, MOST) ? Math.min(state.k + PAGE, MOST) : 0;

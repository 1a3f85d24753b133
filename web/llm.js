// A language model's answer beside the verbatim one: sentences as the server lets them through,
// each with the spans that bear it out. Whatever becomes of it, the verbatim answer stays.

import { announce, byId, el, fill, stylesheet } from "./dom.js";
import { addWords, lang, t } from "./i18n.js";
import { href, query } from "./state.js";
import { citation, spanId } from "./text.js";

const GONE = 500; // ms between two looks whether anybody still sees the answer
const MANY_HAN = /[\u3400-\u9fff]{2}/;

addWords({
  "llm.title": ["大模型回答，逐句核对", "Language model’s answer, checked"],
  "llm.note": [
    "由 {model} 根据报告段落写成，并非报告原文。每句均已核对所引段落；编号可打开原文。",
    "Written by {model} from passages of the reports, not in their words. Each sentence is checked against the passages it cites; its numbers open them.",
  ],
  "llm.waiting": ["大模型正在作答…", "The language model is answering…"],
  "llm.uncertain": ["存疑", "uncertain"],
  "llm.uncertainHint": ["所引段落是否如此表述并不确定，请核对原文", "It is not certain that the cited passage says so: check the source"],
  "llm.counts": ["{s} 句有据 · {m} 句存疑 · {d} 句因无据未显示", "{s} borne out · {m} uncertain · {d} left out as unsupported"],
  "llm.withheld": ["有 {n} 个段落含有针对大模型的指令，未提供给它。", "Passages kept from the model, because they give orders to one: {n}."],
  "llm.sources": ["依据", "Borne out by"],
  "llm.number": ["依据 {n}：打开原文", "Source {n}: open it"],
  "llm.lost": ["与服务器的连接中断，大模型的回答不完整。以报告原文回答为准。", "The connection to the server broke off: the language model’s answer is not complete. The answer in the reports’ own words stands."],
});
await stylesheet("llm.css");

let run = null; // the answer on the page: {key, begun, sentences, end, lost, stop}

/** Fill `room` with the model's answer to the question of `state`; asks for it once. */
export function drawModel(room, state, found) {
  const key = String(query(state));
  if (run?.key !== key || run.stop.signal.aborted) {
    run?.stop.abort();
    run = { key, found, begun: null, sentences: [], end: null, lost: false, stop: new AbortController() };
    follow(run);
  }
  run.state = state;
  run.found = found;
  found.drafted = cited(run);
  draw(room);
}

/** The spans that the sentences shown so far rest on, each once, by number. */
const cited = ({ sentences, end }) => (end?.state === "withdrawn" ? [] : [...new Map(
  sentences.flatMap(({ citations }) => citations).map((item) => [item.number, item])).values()]);

async function follow(mine) {
  const watch = setInterval(() => byId("llm") || mine.stop.abort(), GONE);
  try {
    for await (const [name, fields] of events(mine)) take(mine, name, fields);
    if (!mine.end) mine.lost = true;
  } catch {
    mine.lost = !mine.stop.signal.aborted;
  } finally {
    clearInterval(watch);
    if (mine === run && byId("llm")) finish(mine);
  }
}

function take(mine, name, fields) {
  if (name === "llm") mine.begun = fields;
  else if (name === "sentence") mine.sentences.push(fields);
  else if (name === "llm_end") mine.end = fields;
  else return;
  if (mine !== run) return;
  mine.found.drafted = cited(mine);
  if (byId("llm")) draw(byId("llm"));
}

function finish(mine) {
  draw(byId("llm"));
  const said = notice(mine);
  if (said) announce(said);
}

/** The events of the stream as [name, fields]. */
async function* events(mine) {
  const response = await fetch(`v1/ask?${mine.key}`, {
    signal: mine.stop.signal, headers: { Accept: "text/event-stream" },
  });
  if (!response.ok) throw new Error(String(response.status));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [name, data] = block.split("\n");
      yield [name.replace("event: ", ""), JSON.parse(data.replace("data: ", ""))];
    }
  }
}

/** What became of the answer, in the user's language; nothing where all went well. */
const notice = ({ end, lost }) =>
  lost ? t("llm.lost") : lang() === "zh" ? end?.notice_zh ?? "" : end?.notice ?? "";

function draw(room) {
  const { begun, sentences, end, lost, found, state } = run;
  const ended = Boolean(end || lost);
  const shown = end?.state === "withdrawn" ? [] : sentences;
  const said = notice(run);
  room.setAttribute("aria-busy", String(!ended));
  fill(room,
    el("h3", {}, t("llm.title")),
    shown.length ? el("p", { class: "hint" }, t("llm.note", { model: begun?.model ?? found.llm })) : null,
    said && el("p", { class: "llm-notice", role: "note" }, said),
    shown.length ? el("ol", { class: "llm-said" }, shown.map((sentence) => line(state, sentence))) : null,
    ended ? null : el("p", { class: "llm-wait" }, t("llm.waiting")),
    end && counts(end),
    begun?.withheld ? el("p", { class: "hint" }, t("llm.withheld", { n: begun.withheld })) : null,
    shown.length && ended ? sources(state) : null);
}

function counts({ supported, marked, dropped }) {
  if (!supported && !marked && !dropped) return null;
  return el("p", { class: "hint llm-counts" }, t("llm.counts", { s: supported, m: marked, d: dropped }));
}

function line(state, { text, state: verdict, citations }) {
  const uncertain = verdict === "marked"
    && el("span", { class: "badge uncertain", title: t("llm.uncertainHint") }, t("llm.uncertain"));
  return el("li", { class: verdict, lang: MANY_HAN.test(text) ? "zh-CN" : "en" },
    text, citations.map((item) => number(state, item)), uncertain);
}

function number(state, item) {
  const id = spanId(item);
  return el("a", {
    class: "number", href: href(state, { open: id }), "data-open": id, lang: "",
    "aria-label": t("llm.number", { n: item.number }), "aria-current": state.open === id ? "true" : null,
  }, String(item.number));
}

function sources(state) {
  const rows = cited(run).sort((a, b) => a.number - b.number).map((item) => el("li", { value: item.number, lang: "zh-CN" },
    el("q", {}, item.text), " ",
    el("a", { href: href(state, { open: spanId(item) }), "data-open": spanId(item) }, citation(item))));
  return el("details", { class: "llm-sources" },
    el("summary", {}, t("llm.sources"), " ", el("span", { class: "count" }, String(rows.length))), el("ol", {}, rows));
}

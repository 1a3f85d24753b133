// An article checked: every quote and footnote of a Markdown text against the reports.

import { Failure } from "./api.js";
import { announce, byId, el, fill, han } from "./dom.js";
import { lang, t } from "./i18n.js";
import { href } from "./state.js";

export const PROOF_WORDS = {
  "proof.title": ["核对文章", "Check an article"],
  "proof.note": [
    "粘贴或选择由摘录集导出、修改过的 Markdown 文章：逐条核对引文与脚注。文章不会保存在服务器上。",
    "Paste or choose an article in Markdown that began as an exported collection: every quote and footnote is checked. The server does not keep it.",
  ],
  "proof.text": ["文章（Markdown）", "Article (Markdown)"],
  "proof.choose": ["选择文件", "Choose a file"],
  "proof.check": ["核对", "Check"],
  "proof.counts": ["一致 {verbatim} · 已变 {changed} · 不存在 {missing}", "{verbatim} verbatim · {changed} changed · {missing} missing"],
  "proof.quote": ["引文", "Quote"],
  "proof.footnote": ["脚注", "Footnote"],
  "proof.line": ["第 {n} 行", "line {n}"],
  "proof.inserted": ["文中", "article:"],
  "proof.deleted": ["原文", "report:"],
  "proof.entry": ["应为", "Should be:"],
  "proof.elsewhere": ["原文在此", "It stands here"],
  "proof.large": ["文件超过 1 MiB", "The file is larger than 1 MiB"],
  "proof.verbatim": ["一致", "verbatim"],
  "proof.changed": ["已变", "changed"],
  "proof.missing": ["不存在", "missing"],
  "proof.marks": ["引号写法不同", "other quotation marks"],
  "proof.part": ["所引片段的一部分", "a part of the cited span"],
  "proof.shortened": ["有省略，已用省略号标明", "shortened, as …… says"],
  "proof.cut": ["有删节而未用省略号标明", "cut short without ……"],
  "proof.script": ["仅繁简或全半角不同", "other characters: traditional, full width"],
  "proof.punctuation": ["标点不同", "punctuation differs"],
  "proof.numbers": ["数字不同", "numbers differ"],
  "proof.words": ["文字不同", "words differ"],
  "proof.moved": ["原文在报告的其他位置", "it stands elsewhere in the report"],
  "proof.report": ["该处原文与收藏时不同", "the report has changed since"],
  "proof.source": ["著录与报告不符", "not the report’s entry"],
  "proof.no_quote": ["脚注前没有引文", "footnote without a quote"],
  "proof.no_footnote": ["引文没有脚注", "quote without a footnote"],
  "proof.no_place": ["脚注没有注明报告位置", "the footnote names no place"],
  "proof.undefined": ["没有这个脚注", "there is no such footnote"],
  "proof.unused": ["正文没有引用此脚注", "nothing refers to it"],
  "proof.twice": ["脚注重复", "there twice"],
};
const LARGEST = 2 ** 20; // bytes that the server takes
let typed = ""; // the article, kept while the page is open
let answer = null; // its findings, or a failure
let here = null; // the state that the page shows
let asking = new AbortController(); // the request under way; a newer one ends it

/** Send something to the server; a failure in both languages, as its own are. */
export async function send(address, body, type, signal) {
  const response = await fetch(address, { method: "POST", body, signal, headers: { "Content-Type": type, Accept: "*/*" } }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Failure(
      "The server does not answer. Check that it is running, then try again.",
      "服务器没有响应。请确认服务正在运行，然后重试。",
    );
  });
  if (response.ok) return response;
  const { detail, detail_zh } = await response.json().catch(() => ({}));
  const said = detail || `The server cannot use this request (status ${response.status}).`;
  throw new Failure(said, detail_zh || said);
}

/** The field for an article, and what became of its quotes. */
export function proofView(state) {
  here = state;
  const area = el("textarea", {
    id: "article", rows: 6, spellcheck: "false", "aria-label": t("proof.text"), placeholder: t("proof.text"),
    oninput: () => (typed = area.value),
  });
  area.value = typed;
  const results = el("div", { id: "findings" });
  const choose = el("input", { type: "file", class: "unseen", id: "article-file", accept: ".md,.markdown,.txt,text/markdown,text/plain", tabindex: -1, "aria-hidden": "true" });
  choose.addEventListener("change", async () => {
    const [file] = choose.files;
    if (!file) return;
    typed = file.size > LARGEST ? "" : await file.text();
    const field = byId("article"); // may be another by now, or gone
    if (field) field.value = typed;
    if (file.size > LARGEST) tell(new Failure(...[...PROOF_WORDS["proof.large"]].reverse()));
    else check();
    choose.value = "";
  });
  if (answer) drawAnswer(results);
  return el("section", { "aria-labelledby": "proof-title" },
    el("h2", { id: "proof-title" }, t("proof.title")), el("p", { class: "hint" }, t("proof.note")),
    area,
    el("p", { class: "tools" },
      el("button", { type: "button", class: "button", id: "check-article", onclick: check }, t("proof.check")),
      el("button", { type: "button", class: "quiet", id: "choose-article", onclick: () => choose.click() }, t("proof.choose")), choose),
    results);
}

async function check() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const found = await send("v1/verify/article", typed, "text/markdown; charset=utf-8", signal);
    tell(await found.json());
  } catch (error) {
    if (error instanceof Failure) tell(error);
    else if (!signal.aborted) throw error;
  }
}

/** Keep an answer and show it; the field may have been drawn anew, or be gone, since the question. */
function tell(found) {
  answer = found;
  const results = byId("findings");
  if (!results) return;
  announce(found instanceof Failure ? found[lang()] : t("proof.counts", found.counts));
  drawAnswer(results);
}

function drawAnswer(results) {
  if (answer instanceof Failure) {
    fill(results, el("p", { class: "note error", role: "alert" }, answer[lang()]));
    return;
  }
  fill(results, el("h3", { id: "proof-counts" }, t("proof.counts", answer.counts)),
    el("ol", { class: "findings" }, answer.findings.map((finding) => row(here, finding))));
}

/** Words that only the article has, or only the report; said to those who do not see it. */
const run = ({ op, text }) => op === "same" ? text
  : el(op === "inserted" ? "ins" : "del", {}, el("span", { class: "unseen" }, `${t(`proof.${op}`)} `), text);

function row(state, finding) {
  const { status, remarks, report_id, start, end, elsewhere } = finding;
  const door = (a, b, words) => el("a", { href: href(state, { open: `${report_id}:${a}-${b}` }), "data-open": `${report_id}:${a}-${b}` }, words);
  return el("li", { class: `finding ${status}`, "data-kind": finding.kind },
    el("p", { class: "finding-head" },
      el("span", { class: `badge status ${status}` }, t(`proof.${status}`)),
      el("b", {}, t(`proof.${finding.kind}`), finding.footnote ? ` [^${finding.footnote}]` : ""),
      el("span", { class: "count" }, t("proof.line", { n: finding.line })),
      report_id && start < end ? door(start, end, `${report_id}:${start}-${end}`) : null),
    remarks.length ? el("p", { class: "remarks" }, remarks.map((remark) => t(`proof.${remark}`)).join(" · ")) : null,
    finding.kind === "quote" ? han("blockquote", { class: "passage" }, finding.text) : null,
    finding.difference.length ? han("p", { class: "difference" }, finding.difference.map(run)) : null,
    finding.entry ? el("p", { class: "remarks" }, `${t("proof.entry")} `, han("span", {}, finding.entry)) : null,
    elsewhere ? el("p", {}, door(...elsewhere, `${t("proof.elsewhere")} →`)) : null);
}

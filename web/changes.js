// Changes: two reports side by side, section by section. What was deleted and inserted is struck
// through and underlined, and named for those who see neither; kept sentences are folded away.

import { Failure, getJson } from "./api.js";
import { el, han } from "./dom.js";
import { lang, t } from "./i18n.js";
import { href, now } from "./state.js";
import { pathLine, spanId } from "./text.js";

export const WORDS = {
  "changes.title": ["两份报告的变化", "What changed between two reports"],
  "changes.about": [
    "选两份报告：同一机关的两个年度，或两个机关。章节按标题和内容对应，句子分为保留、修改、新增、删去，并列出两份报告都有的数据；同一机关的，还会为上一年的打算查找下一年可能对应的内容。",
    "Choose two reports: two years of one bureau, or two bureaus. Sections are aligned by heading and content; sentences are kept, edited, new or dropped; figures that both give are listed. For one bureau, plans are followed up in the later report.",
  ],
  "changes.a": ["前一份报告", "Earlier report"],
  "changes.b": ["后一份报告", "Later report"],
  "changes.choose": ["请选择…", "Choose…"],
  "changes.swap": ["⇄ 互换", "⇄ Swap"],
  "changes.find": ["按机关名称查找（{n} 份报告）", "Find a bureau by name ({n|report|reports})"],
  "changes.pairs": ["可以这样对比", "Pairs to start with"],
  "changes.years": ["同一机关", "one bureau"],
  "changes.bureaus": ["同一年度的两个机关", "two bureaus, one year"],
  "changes.noPairs": ["索引中只有一份报告，无从对比。", "There is only one report: nothing to compare it with."],
  "changes.kept": ["保留", "Kept"],
  "changes.edited": ["修改", "Edited"],
  "changes.new": ["新增", "New"],
  "changes.dropped": ["删去", "Dropped"],
  "changes.moved": ["移动", "Moved"],
  "changes.merged": ["合并", "Merged"],
  "changes.split": ["拆分", "Split"],
  "changes.regrouped": ["重组", "Regrouped"],
  "changes.ofB": ["占后一份 {n} 字", "of the later report’s {n|character|characters}"],
  "changes.ofA": ["占前一份 {n} 字", "of the earlier report’s {n|character|characters}"],
  "changes.legend": [
    "删除线为删去，下划线为新增；百分比按字数计（不含空白、标题和落款）。序号、标点不同不算修改。点句子可看原文。",
    "Struck through: deleted; underlined: inserted. Shares count characters, without headings and sign-off. Numbering and punctuation aside, the same words are kept. A sentence opens its source.",
  ],
  "changes.sentences": ["句子", "Sentences"],
  "changes.figures": ["数据变化", "Figures in both"],
  "changes.same": ["未变的数据 {n} 项", "{n|figure|figures} unchanged"],
  "changes.noFigures": ["没有名称和单位都相同的数据。", "No figure has the same name and unit in both."],
  "changes.parts": ["本页内容", "On this page"],
  "changes.name": ["指标", "Name"],
  "changes.difference": ["差值", "Difference"],
  "changes.plans": ["计划与结果", "Plans and results"],
  "changes.planNote": [
    "{of} 句打算中有 {n} 句找到可能对应的内容。候选由检索得出，须核对原文；“未检出”不等于“没有做”。",
    "Candidates for {n} of {of|planned sentence|planned sentences}. They are found by search: check them. Not found is not the same as not done.",
  ],
  "changes.none": ["未检出可能对应的内容", "no candidate found"],
  "changes.leftOut": ["另有 {n} 句打算未查找。", "{n|more sentence of the plan was|more sentences of the plan were} not looked up."],
  "changes.keptN": ["保留 {n} 句", "{n|sentence|sentences} kept"],
  "changes.untitled": ["无标题正文", "text without a heading"],
  "changes.deleted": ["（删）", "(deleted) "],
  "changes.inserted": ["（增）", "(inserted) "],
  "changes.wholeKept": ["各节均无改动。", "Nothing was changed."],
};
export const PARAMS = ["a", "b"];

const FILES = [["csv", "CSV"], ["xlsx", "Excel"], ["json", "JSON"]];
const KINDS = ["kept", "edited", "new", "dropped"];
const percent = (share) => `${(100 * share).toFixed(share && share < 0.1 ? 1 : 0)} %`;
const both = (state) => new URLSearchParams({ a: state.a, b: state.b });

/** Of the filters only the bureau's name counts here: it finds reports in a long list. */
const finding = (state) => new URLSearchParams(state.issuer.map((value) => ["issuer", value]));

/** What can be chosen, and what changed between the two that are. */
export async function load(state, signal) {
  const choice = getJson(`v1/changes/pairs?${finding(state)}`, signal);
  if (!state.a || !state.b) return { choice: await choice };
  try {
    const found = await getJson(`v1/changes?${both(state)}`, signal);
    const plans = found.follows ? await getJson(`v1/changes/plans?${both(state)}`, signal) : null;
    return { choice: await choice, found, plans };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { choice: await choice, error };
  }
}

/** Every sentence, figure and plan that can be opened. */
export function items({ found, plans }) {
  if (!found) return [];
  const lines = { [found.a.report_id]: found.a, [found.b.report_id]: found.b };
  const spans = [
    ...found.sections.flatMap(({ changes }) => changes.flatMap(({ a, b }) => [a, b])),
    ...found.figures.flatMap(({ a, b }) => [a.quote, b.quote]),
    ...(plans?.results ?? []).flatMap(({ plan, candidates }) => [plan, ...candidates]),
  ].filter(Boolean);
  return spans.map((span) => ({ ...lines[span.report_id], ...span }));
}

export function view(state, data) {
  const { found, error } = data;
  if (!found) {
    return [
      el("div", { class: "summary" }, el("h2", {}, t("changes.title"))),
      el("p", { class: "hint ch-about" }, t("changes.about")),
      pickers(state, data.choice),
      error ? el("p", { class: "note ch-error", role: "alert" }, error[lang()]) : null,
      suggestions(state, data.choice),
    ];
  }
  return [
    el("div", { class: "summary" }, el("h2", {}, han("span", {}, name(found.a)), " → ", han("span", {}, name(found.b)))),
    pickers(state, data.choice),
    summary(found.summary),
    el("p", { class: "hint ch-legend" }, t("changes.legend")),
    exports(state, data),
    parts(data),
    figures(state, found),
    el("section", { class: "ch-part", id: "ch-sentences" }, el("h3", {}, t("changes.sentences")),
      found.sections.map((section) => sectionView(state, found, section))),
    plansView(state, data.plans),
  ];
}

const name = (report) => `${report.issuer || report.title} ${report.year ?? t("unknown")}`;

/** Two lists of the reports, by bureau. */
function pickers(state, choice) {
  const many = choice.total > choice.reports.length || state.issuer.length;
  return el("div", { class: "ch-pickers" },
    picker(state, choice, "a"), picker(state, choice, "b"),
    state.a && state.b
      ? el("a", { class: "quiet", id: "ch-swap", href: href(state, { a: state.b, b: state.a, open: "" }) }, t("changes.swap"))
      : null,
    many ? el("label", { class: "ch-find" }, t("changes.find", { n: choice.total.toLocaleString() }),
      el("input", {
        type: "search", id: "ch-find", value: state.issuer[0] ?? "",
        onchange: ({ target }) => { target.dataset.href = href(now(), { issuer: target.value.trim() ? [target.value.trim()] : [] }); },
      })) : null);
}

function picker(state, { reports }, side) {
  const bureaus = Map.groupBy ? Map.groupBy(reports, (r) => r.issuer) : grouped(reports);
  const known = reports.some((r) => r.report_id === state[side]);
  return el("label", { class: "ch-picker" }, el("span", {}, t(`changes.${side}`)),
    el("select", {
      id: `ch-${side}`, lang: "zh-CN",
      onchange: ({ target }) => { target.dataset.href = href(now(), { [side]: target.value, open: "" }); },
    },
    el("option", { value: "", selected: !state[side] }, t("changes.choose")),
    state[side] && !known ? el("option", { value: state[side], selected: true }, state[side]) : null,
    [...bureaus].map(([issuer, of]) => el("optgroup", { label: issuer || t("unknown") }, of.map((r) =>
      el("option", { value: r.report_id, selected: r.report_id === state[side] }, `${r.year ?? t("unknown")} · ${issuer || r.title}`))))));
}

/** Reports by bureau, for browsers without `Map.groupBy`. */
function grouped(reports) {
  const found = new Map();
  for (const report of reports) found.set(report.issuer, [...(found.get(report.issuer) ?? []), report]);
  return found;
}

/** Pairs that are worth looking at, those with a chosen report first. */
function suggestions(state, { pairs, total }) {
  if (total < 2) return el("p", { class: "note" }, t("changes.noPairs"));
  const chosen = ({ a, b }) => Number([state.a, state.b].some((id) => id && [a.report_id, b.report_id].includes(id)));
  const ordered = [...pairs].sort((one, other) => chosen(other) - chosen(one));
  return el("section", { class: "ch-part" }, el("h3", {}, t("changes.pairs")),
    el("ul", { class: "ch-pairs" }, ordered.map(({ a, b, same_bureau }) => el("li", {},
      el("a", { class: "ch-pair", href: href(state, { a: a.report_id, b: b.report_id, open: "" }) },
        han("b", {}, same_bureau ? `${a.issuer}：${a.year} → ${b.year}` : `${a.issuer} → ${b.issuer}`),
        el("small", {}, same_bureau ? t("changes.years") : `${t("changes.bureaus")} · ${a.year}`))))));
}

/** Shares of characters, as words and as a bar. */
function summary({ shares, characters_a, characters_b }) {
  const one = (kind, of, n) => el("div", { class: `ch-share ${kind}` },
    el("dt", {}, t(`changes.${kind}`)),
    el("dd", {}, el("b", {}, percent(shares[kind])), el("small", {}, t(of, { n: n.toLocaleString() }))));
  return el("dl", { class: "ch-summary" },
    ["kept", "edited", "new"].map((kind) => one(kind, "changes.ofB", characters_b)),
    one("dropped", "changes.ofA", characters_a),
    one("moved", "changes.ofB", characters_b));
}

function exports(state, { found, plans }) {
  const tables = [["sentences", true], ["figures", found.figures.length], ["plans", plans?.results.length]];
  return el("p", { class: "exports ch-exports" }, tables.filter(([, some]) => some).map(([table]) =>
    el("span", {}, `${t("export")} · ${t(`changes.${table}`)} `, FILES.map(([format, label]) => el("a", {
      class: "quiet", download: "", id: `export-${table}-${format}`,
      href: `v1/changes/export?${both(state)}&table=${table}&format=${format}`,
    }, label)))));
}

/** Links to the parts of a long page. */
const parts = ({ plans }) => el("nav", { class: "ch-parts", "aria-label": t("changes.parts") },
  ["figures", "sentences", ...(plans?.results.length ? ["plans"] : [])].map((part) =>
    el("a", { class: "chip", href: `#ch-${part}` }, t(`changes.${part}`))));

/** A link that opens a span in the reader. */
const door = (state, span, attributes, ...children) => han("a", {
  href: href(state, { open: spanId(span) }), "data-open": spanId(span),
  "aria-current": state.open === spanId(span) ? "true" : null, ...attributes,
}, children);

function figures(state, found) {
  const changed = found.figures.filter(({ difference }) => difference !== 0);
  const same = found.figures.filter(({ difference }) => difference === 0);
  return el("section", { class: "ch-part", id: "ch-figures" }, el("h3", {}, t("changes.figures")),
    changed.length ? figureTable(state, found, changed) : el("p", { class: "hint" }, t("changes.noFigures")),
    same.length ? el("details", {}, el("summary", {}, t("changes.same", { n: same.length })), figureTable(state, found, same)) : null);
}

function figureTable(state, { a, b }, rows) {
  const head = [t("changes.name"), name(a), name(b), t("changes.difference")];
  return el("div", { class: "ch-box", role: "region", tabindex: 0, "aria-label": t("changes.figures") },
    el("table", { class: "ch-figures" },
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, rows.map((row) => el("tr", {},
        han("th", { scope: "row" }, label(row), " ", el("small", {}, row.unit)),
        [row.a, row.b].map((value) => el("td", {}, door(state, value.quote, { title: value.quote.text }, shown(value)))),
        el("td", { class: "ch-step" }, step(row)))))));
}

const label = ({ subject, name: own }) => (subject && !own.includes(subject) ? `${subject} · ${own}` : own);
const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 4 });
const shown = ({ value, upper, approx }) =>
  `${approx ? "≈ " : ""}${number(value)}${upper === null ? "" : `–${number(upper)}`}`;
const step = ({ difference }) =>
  (difference === null ? "–" : `${difference > 0 ? "+" : ""}${number(difference).replace("-", "−")}`);

function plansView(state, plans) {
  if (!plans?.results.length) return null;
  return el("section", { class: "ch-part", id: "ch-plans" }, el("h3", {}, t("changes.plans")),
    el("p", { class: "hint" }, t("changes.planNote", { n: plans.answered, of: plans.results.length })),
    el("ol", { class: "ch-plans" }, plans.results.map(({ plan, candidates }) => el("li", {},
      el("p", {}, door(state, plan, { class: "ch-text" }, plan.text)),
      candidates.length
        ? el("ul", {}, candidates.map((one) => el("li", {}, door(state, one, { class: "ch-text" }, one.text),
          el("small", { class: "score" }, one.score.toFixed(2)))))
        : el("p", { class: "ch-none" }, "○ ", t("changes.none"))))),
    plans.left_out ? el("p", { class: "more" }, t("changes.leftOut", { n: plans.left_out })) : null);
}

/** A group of sections: its headings, what became of it, and its sentences. */
function sectionView(state, found, section) {
  const { relation, counts } = section;
  const tally = KINDS.filter((kind) => counts[kind]).map((kind) => `${t(`changes.${kind}`)} ${counts[kind]}`).join(" · ");
  return el("section", { class: `ch-section ${relation}` },
    el("h4", {}, headings(section),
      relation === "kept" ? null : el("span", { class: `ch-tag ${relation}` }, t(`changes.${relation}`)),
      el("small", {}, tally)),
    el("div", { class: "ch-rows" }, folded(section.changes).map((group) => (Array.isArray(group)
      ? el("details", { class: "ch-kept" }, el("summary", {}, t("changes.keptN", { n: group.length })),
        group.map((change) => row(state, found, change)))
      : row(state, found, group)))));
}

/** The headings: one with its changes, or those of either side. */
function headings({ a, b, heading }) {
  if (heading.length) return han("span", {}, heading.map(run));
  const texts = (side) => [...new Set(side.map(({ text }) => (text ? pathLine([text]) : t("changes.untitled"))))].join("；");
  const [old, now] = [a, b].map(texts);
  return han("span", {}, !b.length || old === now ? old : a.length ? `${old} → ${now}` : now);
}

/** The changes with every run of kept sentences as a list of its own. */
function folded(changes) {
  const found = [];
  for (const change of changes) {
    const plain = change.kind === "kept" && !change.moved;
    if (!plain) found.push(change);
    else if (Array.isArray(found.at(-1))) found.at(-1).push(change);
    else found.push([change]);
  }
  return found;
}

/** A sentence on both sides, or on one beside an empty place. */
function row(state, found, change) {
  const side = (which, op) => {
    const span = change[which];
    if (!span) return el("div", { class: "ch-side none", "aria-hidden": "true" });
    const words = change.runs.length ? change.runs.filter((r) => r.op !== op).map(run) : span.text;
    return el("div", { class: `ch-side ${which}` },
      el("span", { class: "ch-year" }, String(found[which].year ?? t("unknown"))),
      door(state, span, { class: "ch-text" }, words));
  };
  return el("div", { class: `ch-row ${change.kind}` },
    el("p", { class: "ch-kind" }, el("span", { class: `ch-tag ${change.kind}` }, t(`changes.${change.kind}`)),
      change.moved ? el("span", { class: "ch-tag moved" }, t("changes.moved")) : null),
    side("a", "inserted"), side("b", "deleted"));
}

/** A stretch of an edited text; what was done to it is said in words too. */
function run({ op, text }) {
  if (op === "same") return text;
  const said = el("span", { class: "unseen" }, t(`changes.${op}`));
  return el(op === "deleted" ? "del" : "ins", {}, said, text);
}

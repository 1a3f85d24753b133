// What the page says, in Chinese and English; the choice is remembered.

const KEY = "bureau.lang";
const WORDS = {
  brand: ["部门报告检索", "Bureau Reports"],
  skip: ["跳到结果", "Skip to results"],
  modes: ["功能", "Modes"],
  search: ["检索", "Search"],
  ask: ["问答", "Ask"],
  compare: ["比较", "Compare"],
  wording: ["表述", "Wording"],
  indicators: ["指标", "Indicators"],
  matrix: ["做法", "Practices"],
  changes: ["变化", "Changes"],
  collection: ["摘录", "Collection"],
  other: ["English", "中文"],
  askPlaceholder: ["输入问题，只用报告原文回答", "Ask a question, answered in the reports’ own words"],
  comparePlaceholder: ["输入做法或问题，按部门和年份比较", "A practice or question, across bureaus and years"],
  wordingPlaceholder: ["输入一句话或一段草稿，查找报告中的规范表述", "A phrase or a draft: how do the reports put it"],
  indicatorsPlaceholder: ["输入指标名称，如：化解率", "The name of an indicator, such as 化解率 or resolution rate"],
  searchPlaceholder: ["用中文或英文检索报告", "Search the reports in English or Chinese"],
  heroTitle: ["让报告原文来回答", "Answers in the reports’ own words"],
  heroText: [
    "检索政府部门公开发布的工作报告：中英文皆可提问，按词面与语义查找，每一段都附可核对的出处。",
    "Search the reports that Chinese government bureaus publish. Ask in English or Chinese: passages are found by their words and by their meaning, each with a citation you can check.",
  ],
  examples: ["试试这些问题", "Try one of these"],
  holds: ["收录范围", "In this corpus"],
  titles: ["收录报告", "Reports"],
  reports: ["报告", "Reports"],
  inPassages: ["共 {n} 个段落", "in {n|passage|passages}"],
  bureaus: ["部门", "Bureaus"],
  years: ["年份", "Years"],
  "regions.province": ["省份", "Provinces"],
  "regions.prefecture": ["地市", "Prefectures"],
  "regions.county": ["地区", "Regions"],
  coverage: ["各地区、各年份的报告数", "Reports by region and year"],
  andMore: ["另有 {n} 份", "and {n} more"],
  filters: ["筛选", "Filters"],
  chosen: ["已选条件", "Active filters"],
  remove: ["（移除）", "(remove)"],
  clear: ["全部清除", "Clear all"],
  region: ["地区", "Region"],
  year: ["年份", "Year"],
  role: ["内容类型", "Role of section"],
  issuer: ["发文机关", "Issuer"],
  report: ["报告", "Report"],
  level: ["机关层级", "Level of issuer"],
  "level.national": ["国家级", "National"],
  "level.province": ["省级", "Province"],
  "level.prefecture": ["市级", "Prefecture"],
  "level.county": ["县级", "County"],
  find: ["查找{label}", "Find: {label}"],
  moreValues: ["其余 {n} 项", "{n} more"],
  "role.intro": ["引言", "Introduction"],
  "role.work": ["举措成效", "Work done"],
  "role.duty": ["履职", "Leader’s duty"],
  "role.problems": ["存在问题", "Problems"],
  "role.plans": ["下一步", "Plans"],
  "matched.lexical": ["词面", "words"],
  "matched.semantic": ["语义", "meaning"],
  "matched.both": ["词面＋语义", "words + meaning"],
  "why.lexical": ["词面匹配：含有查询中的词", "Lexical: has words of the query"],
  "why.semantic": ["语义匹配：意思相近", "Semantic: close in meaning"],
  "why.both": ["词面与语义均匹配", "Both: words of the query, and close in meaning"],
  expansion: ["同时用中文词检索", "Also search in Chinese"],
  loading: ["检索中…", "Searching…"],
  reading: ["正在打开报告…", "Opening the report…"],
  shown: ["按相关度显示前 {k} 段，共 {n} 段", "Best {k} of {n} passages, by relevance"],
  none: ["没有找到段落。", "No passages found."],
  noneHint: ["换个说法，或移除部分筛选条件。", "Try other words, or remove a filter."],
  noneFiltered: ["以下筛选条件排除了全部段落，移除其一即可恢复：", "These filters leave nothing over. Remove one to bring passages back:"],
  noneAlone: ["没有哪一个条件单独造成：请移除多个条件。", "No single filter is to blame: remove several of them."],
  brings: ["恢复 {n} 段", "brings back {n}"],
  readAs: ["理解为", "read as:"],
  relevance: ["相关度", "relevance"],
  similar: ["查找相似表述", "Find similar wording"],
  same: ["另有 {n} 段表述相同", "{n} more with the same wording"],
  cite: ["引用格式", "Cite"],
  citeAs: ["引用格式", "Cite as"],
  copy: ["复制", "Copy"],
  download: ["下载", "Download"],
  more: ["显示更多", "Show more"],
  copyQuote: ["复制引文", "Copy quote"],
  copied: ["已复制 ✓", "Copied ✓"],
  copyFailed: ["浏览器不允许复制", "The browser does not allow copying"],
  copyAll: ["复制全部引文", "Copy all quotes"],
  open: ["打开原文", "Open"],
  answer: ["{b} 份报告作答 · {n} 条原文引文", "{b|report answers|reports answer} · {n|verbatim quote|verbatim quotes}"],
  answerNote: ["以下均为报告原句，未作改写。", "Every line below is quoted verbatim; nothing is rewritten."],
  named: ["问题中的条件", "From the question"],
  namedBack: ["恢复", "restore"],
  absent: ["没有以下地区或年份的报告：", "No report is from: "],
  figures: ["数据", "Figures"],
  otherPoints: ["其他", "Other points"],
  bureausOf: ["{of} 个部门中的 {n} 个", "{n} of {of|bureau|bureaus}"],
  sources: ["出处", "Sources"],
  quoteNo: ["引文 {n}：打开原文", "Quote {n}: open the source"],
  insufficient: ["证据不足", "Insufficient evidence"],
  insufficientText: [
    "现有报告没有回答这个问题。以下是最接近的段落，仅供参考。",
    "The reports do not answer this question. These are the closest passages, for orientation only.",
  ],
  evidence: ["作答依据：{n} 个段落", "The evidence behind it: {n|passage|passages}"],
  evidenceNote: ["引文取自以下段落，按相关度排列。", "The quotes were drawn from these passages, listed by relevance."],
  compared: ["{b} 个部门 × {y} 个年度 · {n} 处找到", "{b|bureau|bureaus} × {y|year|years} · found in {n|cell|cells}"],
  export: ["导出", "Export"],
  "state.found": ["找到", "Found"],
  "state.not_found": ["未找到", "Not found"],
  "state.no_report": ["无报告", "No report"],
  notDone: [
    "“未找到”不等于“没有做”：{found} 处找到；{not_found} 处有报告而未找到，可能换了说法，或载于别处；{no_report} 处没有收录报告。",
    "“Not found” is not the same as “not done”: {found} found; {not_found} not found, perhaps worded differently or recorded elsewhere; {no_report} without a report in this corpus.",
  ],
  byYear: ["部门与年份对照", "Bureaus by year"],
  matrixOf: ["“{q}”：各部门、各年份的最佳证据", "“{q}”: best evidence by bureau and year"],
  closest: ["最接近的一句", "closest sentence"],
  noBureaus: ["没有可比较的部门。", "No bureaus to compare."],
  moreIssuers: ["另有 {n} 个部门未列出：请用左侧的条件缩小范围。", "{n|more bureau is|more bureaus are} left out: narrow them down by the filters."],
  gloss: ["英文释义", "Gloss"],
  glossHint: ["指向（或长按）中文词语，显示英文释义", "Point at a Chinese word, or hold it, to see what it means"],
  errorTitle: ["出错了", "Something went wrong"],
  retry: ["重试", "Try again"],
  reader: ["报告原文", "Report text"],
  outline: ["目录", "Outline"],
  close: ["关闭", "Close"],
  onlyThis: ["只检索本报告", "Search this report only"],
  original: ["原始文件", "Original file"],
  steps: ["本报告中的结果", "Hits in this report"],
  before: ["上一处", "Previous hit"],
  after: ["下一处", "Next hit"],
  place: ["{n} / {of}", "{n} of {of}"],
  placeOf: ["{of} 处", "{of|hit|hits}"],
  keys: [
    "/ 检索框 · ↑ ↓ 选择 · Enter 打开 · [ ] 前后一处 · G 释义 · Esc 关闭",
    "/ search box · ↑ ↓ move · Enter open · [ ] previous, next · G gloss · Esc close",
  ],
  unknown: ["未注明", "not stated"],
};

/** Five example questions in each language: [mode, question]. */
const EXAMPLES = {
  zh: [
    ["search", "重复信访怎么治理"],
    ["ask", "领导干部怎样接访、包案"],
    ["compare", "律师和心理咨询师参与化解矛盾"],
    ["search", "工作中存在哪些短板和不足"],
    ["compare", "宣传《信访工作条例》"],
  ],
  en: [
    ["search", "how do bureaus handle repeated petitioning"],
    ["ask", "How do leading officials receive petitioners in person?"],
    ["compare", "lawyers and psychologists in dispute resolution"],
    ["search", "what shortcomings do bureaus admit"],
    ["compare", "publicity for the Regulation on petition work"],
  ],
};

let current = remembered() ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

// A browser may forbid storage altogether: the page then forgets, and works.
function remembered() {
  try {
    const value = localStorage.getItem(KEY);
    return value === "zh" || value === "en" ? value : null;
  } catch {
    return null;
  }
}

/** The interface language, `zh` or `en`. */
export const lang = () => current;

/** Change the interface language and remember it. */
export function setLang(value) {
  current = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // see `remembered`
  }
}

/** The phrase `key` with its {values} filled in; {n|report|reports} is a number and its noun. */
export function t(key, values = {}) {
  const phrase = WORDS[key][current === "zh" ? 0 : 1];
  return phrase.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) =>
    values[name] + (one ? ` ${String(values[name]) === "1" ? one : many}` : ""));
}

/** Phrases of a tool, by key: [Chinese, English]. */
export const addWords = (words) => Object.assign(WORDS, words);

/** Whether there is a phrase `key`: facet values come from the server. */
export const has = (key) => Object.hasOwn(WORDS, key);

export const examples = () => EXAMPLES[current];

// What the page says, in Chinese and English; the choice is remembered.

const KEY = "bureau.lang";
const WORDS = {
  brand: ["部门报告检索", "Bureau Reports"],
  skip: ["跳到结果", "Skip to results"],
  modes: ["功能", "Modes"],
  search: ["检索", "Search"],
  ask: ["问答", "Ask"],
  other: ["English", "中文"],
  askPlaceholder: ["输入问题，只用报告原文回答", "Ask a question, answered in the reports’ own words"],
  searchPlaceholder: ["用中文或英文检索报告", "Search the reports in English or Chinese"],
  heroTitle: ["让报告原文来回答", "Answers in the reports’ own words"],
  heroText: [
    "检索政府部门公开发布的工作报告：中英文皆可提问，按词面与语义查找，每一段都附可核对的出处。",
    "Search the reports that Chinese government bureaus publish. Ask in English or Chinese: passages are found by their words and by their meaning, each with a citation you can check.",
  ],
  examples: ["试试这些问题", "Try one of these"],
  holds: ["收录报告", "Reports in this corpus"],
  reports: ["份报告", "reports"],
  bureaus: ["个部门", "bureaus"],
  regions: ["个地区", "regions"],
  passages: ["个段落", "passages"],
  years: ["年份", "years"],
  andMore: ["另有 {n} 份", "and {n} more"],
  filters: ["筛选", "Filters"],
  chosen: ["已选条件", "Active filters"],
  remove: ["移除：{label}", "Remove {label}"],
  clear: ["全部清除", "Clear all"],
  region: ["地区", "Region"],
  year: ["年份", "Year"],
  role: ["内容类型", "Role of section"],
  issuer: ["发文机关", "Issuer"],
  report: ["报告", "Report"],
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
  more: ["显示更多", "Show more"],
  copyQuote: ["复制引文", "Copy quote"],
  copied: ["已复制 ✓", "Copied ✓"],
  copyFailed: ["浏览器不允许复制", "The browser does not allow copying"],
  copyAll: ["复制全部引文", "Copy all quotes"],
  open: ["打开原文", "Open"],
  answer: ["{b} 份报告作答 · {n} 条原文引文", "{b} reports answer · {n} verbatim quotes"],
  answer1: ["{b} 份报告作答 · {n} 条原文引文", "{b} report answers · {n} verbatim quotes"],
  answerNote: ["以下均为报告原句，未作改写。", "Every line below is quoted verbatim; nothing is rewritten."],
  sources: ["出处", "Sources"],
  quoteNo: ["引文 {n}：打开原文", "Quote {n}: open the source"],
  insufficient: ["证据不足", "Insufficient evidence"],
  insufficientText: [
    "现有报告没有回答这个问题。以下是最接近的段落，仅供参考。",
    "The reports do not answer this question. These are the closest passages, for orientation only.",
  ],
  errorTitle: ["出错了", "Something went wrong"],
  retry: ["重试", "Try again"],
  reader: ["报告原文", "Report text"],
  outline: ["目录", "Outline"],
  close: ["关闭", "Close"],
  onlyThis: ["只检索本报告", "Search this report only"],
  keys: ["/ 检索框 · ↑ ↓ 选择 · Enter 打开 · Esc 关闭", "/ search box · ↑ ↓ move · Enter open · Esc close"],
  unknown: ["未注明", "not stated"],
};

/** Five example questions in each language: [mode, question]. */
const EXAMPLES = {
  zh: [
    ["search", "重复信访怎么治理"],
    ["ask", "领导干部怎样接访、包案"],
    ["search", "律师和心理咨询师参与化解矛盾"],
    ["search", "工作中存在哪些短板和不足"],
    ["ask", "怎样宣传《信访工作条例》"],
  ],
  en: [
    ["search", "how do bureaus handle repeated petitioning"],
    ["ask", "How do leading officials receive petitioners in person?"],
    ["search", "lawyers and psychologists in dispute resolution"],
    ["search", "what shortcomings do bureaus admit"],
    ["ask", "How is the Regulation on petition work publicised?"],
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

/** The phrase `key` with its {values} filled in. */
export function t(key, values = {}) {
  const phrase = WORDS[key][current === "zh" ? 0 : 1];
  return phrase.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Whether there is a phrase `key`: facet values come from the server. */
export const has = (key) => Object.hasOwn(WORDS, key);

export const examples = () => EXAMPLES[current];

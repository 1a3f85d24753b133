// The reader's shading: every sentence from boilerplate to distinctive, by the share of the other
// bureaus that print its wording. A switch, off at first; the choice is remembered.

import { getJson } from "./api.js";
import { el } from "./dom.js";
import { lang } from "./i18n.js";

const KEY = "bureau.shade";
const LEVELS = ["boilerplate", "common", "rare", "distinctive"];
const SAYS = {
  switch: ["标示套话", "Shade shared wording"],
  legend: ["各句措辞在其他 {n} 个机关中的平均使用比例", "Mean share of the {n} other bureaus that print a sentence’s wording"],
  boilerplate: ["套话 ≥30%", "boilerplate ≥30%"],
  common: ["常用 10–30%", "common 10–30%"],
  rare: ["少用 2–10%", "rare 2–10%"],
  distinctive: ["独有 <2%", "distinctive <2%"],
  share: ["其他机关平均使用比例 {n}%", "{n}% of the other bureaus on average"],
};
const known = new Map(); // report -> promise of its shares
let on = remembered();

const say = (key, n) => SAYS[key][lang() === "zh" ? 0 : 1].replace("{n}", n);

function remembered() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false; // forbidden
  }
}

/** Whether sentences are shaded. */
export const shadeOn = () => on;

/** The switch; `changed` is called after it was used. */
export const shadeSwitch = (changed) => el("button", {
  type: "button", class: "quiet", id: "shade", role: "switch", "aria-checked": String(on),
  onclick: ({ currentTarget }) => {
    on = !on;
    currentTarget.setAttribute("aria-checked", String(on));
    try {
      localStorage.setItem(KEY, on ? "on" : "off");
    } catch { /* forbidden: it holds for this page */ }
    changed();
  },
}, say("switch"));

/** The shares of a report's sentences; asked for once. */
export function shares(id) {
  if (!known.has(id)) {
    const asked = getJson(`v1/reports/${encodeURIComponent(id)}/wording`);
    known.set(id, asked);
    asked.catch(() => known.delete(id));
  }
  return known.get(id);
}

/** What the shades mean. */
export const legend = ({ other_bureaus: others }) => el("div", { class: "shade-legend", id: "shade-legend" },
  el("p", {}, say("legend", others)),
  el("ul", {}, LEVELS.map((level) => el("li", {}, el("span", { class: `share ${level}` }, say(level))))));

/** A stretch of a sentence in its shade. */
export const shaded = (sentence, text) => el("span", {
  class: `share ${sentence.level}`, title: say("share", (100 * sentence.share).toFixed(1)),
}, text);

/** The key of a list: each class with its mark, its sign and how many places in view have it; what size and lines mean. */

import { h, keepFocus, svg } from "../dom";
import type { ListConfig } from "../config";
import { isDark } from "../scheme";
import type { Store } from "../store";
import { numberText } from "../words";
import type { MarkClass, Marks } from "./query";
import { say } from "./words";

export function renderListLegend(place: HTMLElement, store: Store, list: ListConfig, marks: Marks, inView: number[], beside: string | null): void {
  const { only } = store.state;
  const row = (one: MarkClass, at: number) => {
    const isOn = only.includes(at + 1);
    const others = only.filter((other) => other !== at + 1);
    const press = () => store.set({ only: isOn ? others : [...others, at + 1].sort(), cursor: null });
    return h("li", {}, h("button", { type: "button", class: "legend__row", id: `legend-${at + 1}`, "aria-pressed": String(isOn), title: say("legend.only"), onclick: press },
      picture(list, one), h("span", { class: "legend__label" }, one.label), h("span", { class: "legend__count" }, numberText(inView[at] ?? 0))));
  };
  const isPhone = matchMedia("(max-width: 64rem)").matches;
  const was = place.querySelector("details");
  const shown = marks.classes.map((one, at) => ({ one, at })).filter(({ at }) => only.includes(at + 1) || marks.marks.classes.includes(at));
  keepFocus(place, [h("details", { class: "legend", open: was ? was.open : !isPhone },
    h("summary", { id: "legend-title" }, say("list.key", { label: list.label })),
    marks.marks.ids.length ? null : h("p", { class: "legend__foot", id: "list-none" }, say(marks.of ? "list.empty" : "list.none")),
    h("ul", { class: "legend__rows" }, shown.map(({ one, at }) => row(one, at)),
      beside ? h("li", { class: "legend__still" }, outline(), h("span", { class: "legend__label" }, beside)) : null),
    notes(list).map((one) => h("p", { class: "legend__foot" }, one)),
    h("p", { class: "legend__foot" }, say("legend.hint"),
      only.length ? " " : null,
      only.length ? h("button", { type: "button", class: "link-button", id: "legend-all", onclick: () => store.set({ only: [], cursor: null }) }, say("legend.showAll")) : null))]);
}

function notes(list: ListConfig): string[] {
  if (list.name === "stations") return [say("list.sizeEntries"), say("list.approachRing")];
  if (list.symbol === "diamond") return [say("list.sizeHarm")];
  if (list.symbol === "square") return [say("list.sizeRank")];
  return list.symbol === "area" ? [say("list.sizeScreen")] : [];
}

/** Ink that can be read on a fill. */
export function inkOn(colour: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#0b0c0c" : "#ffffff";
}

export const colourOf = (one: MarkClass): string => (isDark() ? one.dark : one.light);

/** Line of each class: its stroke as well as its colour tells which. */
export const DASHES: Record<string, number[]> = { listed: [], above: [], same: [3, 1.5], below: [1, 1.5], few: [0.5, 2], noRate: [0.5, 2], noData: [0.5, 2] };

function picture(list: ListConfig, one: MarkClass): SVGSVGElement {
  const colour = colourOf(one);
  const whole = svg("svg", { width: 24, height: 18, "aria-hidden": "true" });
  const sign = (text: string, fill: string, size = 11) => { const label = svg("text", { x: 12, y: 13, fill, "font-size": size, "text-anchor": "middle" }, text); whole.append(label); };
  if (list.symbol === "line") {
    const dash = (DASHES[one.key] ?? []).map((part) => part * 4).join(" ");
    whole.append(svg("line", { x1: 1, x2: 23, y1: 9, y2: 9, stroke: one.light === "#ffffff" ? "currentColor" : colour, "stroke-width": one.key === "listed" ? 5 : 3.5, ...(dash ? { "stroke-dasharray": dash } : {}) }));
    return whole;
  }
  if (list.symbol === "diamond") {
    whole.append(svg("path", { d: "M12 2 L19 9 L12 16 L5 9 Z", fill: "none", stroke: "currentColor", "stroke-width": 2 }));
    if (one.key === "beside") whole.append(svg("circle", { cx: 12, cy: 9, r: 2.6, fill: "currentColor" }));
    return whole;
  }
  if (list.symbol === "circle") whole.append(svg("circle", { cx: 12, cy: 9, r: 8, fill: colour, stroke: "currentColor", "stroke-width": 1 }));
  else whole.append(svg("rect", { x: list.symbol === "square" ? 4 : 1, y: 1, width: list.symbol === "square" ? 16 : 22, height: 16, fill: colour, stroke: "currentColor", "stroke-width": 1 }));
  if (list.symbol === "area" && one.key === "someUnknown") for (const x of [2, 9, 16]) whole.append(svg("path", { d: `M${x} 16 l6 -14`, stroke: inkOn(colour), "stroke-width": 1 }));
  else sign(list.symbol === "square" && one.key === "listed" ? "1" : one.sign, inkOn(colour));
  return whole;
}

function outline(): SVGSVGElement {
  return svg("svg", { width: 24, height: 18, "aria-hidden": "true" }, svg("rect", { x: 2, y: 3, width: 20, height: 12, fill: "none", stroke: "currentColor", "stroke-width": 2 }));
}

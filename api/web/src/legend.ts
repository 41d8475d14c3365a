/** The key of the map: each class with its colour and how many zones in view have it, as buttons that show it alone. */

import { UNSURE, breaksOf, classesOf, isChange, needsReliability } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import { h, keepFocus, setText, svg } from "./dom";
import { isDark } from "./scheme";
import type { Store } from "./store";
import { drawnView, endOf, otherEnd } from "./windows";
import { monthShort, numberText, t } from "./words";

/** Zones in view: by class (place 0 is none of the classes), without data, and too uncertain to rank. */
export interface InView {
  classes: number[];
  noData: number;
  unsure: number;
  areas: number;
  /** The same of the window beside, where two are compared. */
  beside: number[] | null;
  /** Zones that the two indexes of harm put far apart. */
  rings: number;
}

export function renderLegend(place: HTMLElement, config: Config, store: Store, found: InView | null): void {
  const { state } = store;
  const theme = themeOf(config, state.t);
  const layer = layerOf(config, state.l);
  const view = drawnView(state, config);
  if (refill(place, found, `${state.t} ${state.l} ${view} ${state.only} ${state.v} ${isDark()}`)) return;
  const classes = classesOf(view, theme, breaksOf(view, layer, state.t), isDark());
  const count = (number: number | undefined, index: number | null = null) => h("span", { class: "legend__count", "data-class": index }, found ? numberText(number ?? 0) : "");
  // Two windows have a column each, left and right as on the map.
  const other = (index: number) => (found?.beside ? h("span", { class: "legend__count legend__count--beside" }, numberText(found.beside[index] ?? 0)) : null);
  const heads = found?.beside ? h("li", { class: "legend__still legend__heads" },
    h("span", { class: "legend__count legend__count--beside" }, monthShort(otherEnd(state, config)!)), h("span", { class: "legend__count" }, monthShort(endOf(state, config)!))) : null;
  const row = (index: number, colour: string, label: string) => {
    const isOn = state.only.includes(index);
    const others = state.only.filter((one) => one !== index);
    const press = () => store.set({ only: isOn ? others : [...others, index].sort(), cursor: null });
    return h("li", {},
      h("button", { type: "button", class: "legend__row", id: `legend-${index}`, "aria-pressed": String(isOn), title: t("legend.only"), onclick: press },
        swatch(colour), h("span", { class: "legend__label" }, label), other(index), count(found?.classes[index], index)));
  };
  const still = (picture: Element, label: string, number: number) =>
    h("li", { class: "legend__still" }, picture, h("span", { class: "legend__label" }, label), count(number));
  const needsYears = state.v === "class" || state.v === "stability";
  const zero = view === "count" || view === "density" ? t("legend.zero") : null;
  const wasClosed = place.querySelector("details")?.open === false;
  const isPhone = matchMedia("(max-width: 64rem)").matches;
  const isOpen = place.querySelector("details") ? !wasClosed : !isPhone;
  keepFocus(place, [
    h("details", { class: "legend", open: isOpen },
      h("summary", { id: "legend-title" }, t("legend.heading", { layer: layer.label })),
      h("ul", { class: "legend__rows" },
        heads,
        zero ? h("li", { class: "legend__still" }, swatch("transparent"), h("span", { class: "legend__label" }, zero), other(0), count(found?.classes[0], 0)) : null,
        classes.map((one, index) => row(index + 1, one.colour, one.label)),
        !zero && found?.classes[0] ? still(swatch("transparent"), isChange(view) ? t("change.too few") : t("legend.noneOfThese"), found.classes[0]) : null,
        found?.noData ? still(hatch(), state.v === "harm" || state.v === "both" ? t("legend.noFigure") : needsYears && theme.whyNoClass ? t("legend.noClass") : t("legend.noData"), found.noData) : null,
        needsReliability(view) && found?.unsure ? still(swatch(isDark() ? UNSURE.dark : UNSURE.light, true), t("legend.unsure"), found.unsure) : null,
        found?.rings ? still(ring(), t("legend.ring"), found.rings) : null,
        config.hasAreas ? still(outline(""), t("legend.area"), found?.areas ?? 0) : null,
        config.hasAreas ? h("li", { class: "legend__tiers" }, h("span", {}, t("legend.tiers")), outline(""), "A", outline("6 3"), "B", outline("1.5 3"), "C") : null,
      ),
      state.v === "class" ? h("p", { class: "legend__foot" }, t("legend.signs")) : null,
      h("p", { class: "legend__foot" }, t("legend.hint"),
        state.only.length ? " " : null,
        state.only.length ? h("button", { type: "button", class: "link-button", id: "legend-all", onclick: () => store.set({ only: [], cursor: null }) }, t("legend.showAll")) : null),
    ),
  ]);
}

/** What the rows of the last key were of: while only the counts differ, they alone are written. */
let last = "";

function refill(place: HTMLElement, found: InView | null, about: string): boolean {
  const rows = found && !found.beside ? `${about} ${found.noData} ${found.unsure} ${found.rings} ${found.areas} ${found.classes[0] ? 1 : 0}` : "";
  const isSame = rows !== "" && rows === last && place.childElementCount > 0;
  last = rows;
  if (isSame) for (const one of place.querySelectorAll<HTMLElement>("[data-class]")) setText(one, numberText(found!.classes[Number(one.dataset.class)] ?? 0));
  return isSame;
}

function swatch(colour: string, isLined = false): SVGSVGElement {
  const picture = svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 21, height: 13, fill: colour, stroke: "currentColor", "stroke-width": 1 }));
  if (isLined) for (const x of [4, 10, 16]) picture.append(svg("path", { d: `M${x} 13 l6 -12`, stroke: "var(--panel)", "stroke-width": 2 }));
  return picture;
}

function hatch(): SVGSVGElement {
  const picture = svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 21, height: 13, fill: "none", stroke: "currentColor" }));
  for (const x of [1, 7, 13]) picture.append(svg("path", { d: `M${x} 13 l7 -12`, stroke: "currentColor", "stroke-width": 1 }));
  return picture;
}

function ring(): SVGSVGElement {
  return svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("rect", { x: 4, y: 3, width: 14, height: 8, fill: "none", stroke: "currentColor", "stroke-width": 1.5 }));
}

function outline(dashes: string): SVGSVGElement {
  return svg("svg", { width: 22, height: 14, "aria-hidden": "true" }, svg("rect", { x: 2, y: 2, width: 18, height: 10, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": dashes }));
}

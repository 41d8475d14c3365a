/** The key of the map: each class with its colour and how many zones in view have it. */

import { classesOf, isByState } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import { h } from "./dom";
import { isDark } from "./map";
import type { State } from "./state";
import { numberText, t } from "./words";

export function renderLegend(place: HTMLElement, config: Config, state: State, counts: number[] | null, areas: number): void {
  const theme = themeOf(config, state.t);
  const breaks = layerOf(config, state.l).breaks[state.t] ?? [1, 5, 10, 25, 50];
  const classes = classesOf(state.v, theme, breaks, isDark());
  const rows = classes.map((one, index) =>
    h("li", {},
      swatch(one.colour),
      h("span", {}, one.label),
      counts && isByState(state.v) ? h("span", { class: "legend__count" }, numberText(counts[index + 1] ?? 0)) : null,
    ),
  );
  if (isByState(state.v)) {
    const none = counts ? h("span", { class: "legend__count" }, numberText(counts[0] ?? 0)) : null;
    rows.unshift(h("li", {}, swatch("transparent"), h("span", {}, t("legend.zero")), none));
  }
  if (config.hasAreas) {
    rows.push(h("li", {}, h("span", { class: "legend__area", "aria-hidden": "true" }), h("span", {}, t("legend.area")), h("span", { class: "legend__count" }, numberText(areas))));
  }
  place.replaceChildren(h("h2", { class: "govuk-heading-s" }, t("legend.title")), h("ul", { class: "legend" }, rows));
}

function swatch(colour: string): SVGSVGElement {
  // An attribute of a picture and not a style: the page's policy allows no styles on elements.
  const name = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(name, "svg");
  const box = document.createElementNS(name, "rect");
  for (const [key, value] of Object.entries({ width: "20", height: "14", fill: colour, stroke: "currentColor" })) box.setAttribute(key, value);
  svg.setAttribute("width", "20");
  svg.setAttribute("height", "14");
  svg.setAttribute("aria-hidden", "true");
  svg.append(box);
  return svg;
}

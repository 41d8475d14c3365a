/** A place month by month: a line, a band where only 1 to 4 may be said, hatching where a month was not supplied. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { h } from "./dom";
import { isDark } from "./scheme";
import { monthText, numberText, t } from "./words";

export interface Series {
  months: string[];
  feeds: { feed: string; incidents_band: (string | null)[]; incidents: (number | null)[] }[];
}

/** Lowest and highest number that a band leaves open; null where there is no figure. */
export function ends(band: string | null, count: number | null): [number | null, number | null] {
  if (count !== null) return [count, count];
  const found = /^(\d+)-(\d+)$/.exec(band ?? "");
  return found ? [Number(found[1]), Number(found[2])] : [null, null];
}

/** All zones together, month by month; it has a scale of its own, because only its shape can be compared. */
export interface Whole { name: string; months: string[]; incidents: (number | null)[] }

interface Line { label: string; values: (number | null)[]; scale: string; stroke: string; dash: number[] }

const HEIGHT = 170;

/** The chart, its key and the table behind it. `beside` is the borough's series, on the right-hand scale. */
export function monthlyChart(width: number, own: Series, beside: { name: string; series: Series } | null, study: Whole | null, noun: string): HTMLElement {
  const place = h("div", { class: "chart", role: "img", "aria-label": t("chart.label", { noun, from: monthText(own.months[0]!), to: monthText(own.months.at(-1)!) }) });
  const [ink, second, line, fill] = isDark() ? ["#e8eaec", "#a9b1b6", "#8ec5ff", "rgba(142,197,255,.35)"] : ["#0b0c0c", "#505a5f", "#1d4f8a", "rgba(29,79,138,.25)"];
  const feed = own.feeds[0]!;
  const bounds = own.months.map((_, at) => ends(feed.incidents_band[at] ?? null, feed.incidents[at] ?? null));
  const lines: Line[] = [
    { label: t("chart.high"), values: bounds.map((one) => one[1]), scale: "y", stroke: line!, dash: [] },
    { label: t("chart.low"), values: bounds.map((one) => one[0]), scale: "y", stroke: line!, dash: [] },
  ];
  if (beside) {
    const of = new Map(beside.series.months.map((month, at) => [month, beside.series.feeds[0]?.incidents[at] ?? null]));
    lines.push({ label: beside.name, values: own.months.map((month) => of.get(month) ?? null), scale: "right", stroke: second!, dash: [5, 4] });
  }
  if (study) {
    const of = new Map(study.months.map((month, at) => [month, study.incidents[at] ?? null]));
    lines.push({ label: study.name, values: own.months.map((month) => of.get(month) ?? null), scale: "whole", stroke: second!, dash: [1.5, 3] });
  }
  const axis = { stroke: second!, grid: { stroke: isDark() ? "#33393d" : "#e1e3e4", width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const whole = (_: uPlot, values: number[]) => values.map((value) => (Number.isInteger(value) ? String(value) : ""));
  const plot = new uPlot({
    width, height: HEIGHT, legend: { show: false }, cursor: { show: false }, select: { show: false } as unknown as uPlot.Select,
    padding: [8, 4, 0, 0],
    scales: { y: { range: (_, __, most) => [0, Math.max(5, most * 1.1)] }, right: { range: (_, __, most) => [0, Math.max(5, most * 1.1)] }, whole: { range: (_, __, most) => [0, Math.max(5, most * 1.1)] } },
    axes: [{ ...axis, space: 60 }, { ...axis, scale: "y", size: 34, values: whole }, ...(beside ? [{ ...axis, scale: "right", side: 1 as const, size: 42, grid: { show: false }, values: whole }] : [])],
    series: [{}, ...lines.map((one) => ({ label: one.label, scale: one.scale, stroke: one.stroke, dash: one.dash, width: one.scale === "y" ? 1.75 : 1.25, points: { show: false } }))],
    bands: [{ series: [1, 2], fill: fill! }],
    hooks: { drawClear: [(chart) => hatchGaps(chart, bounds.map((one) => one[0] === null), ink!)] },
  }, [own.months.map((month) => Date.parse(`${month}-01T00:00:00Z`) / 1000), ...lines.map((one) => one.values)] as uPlot.AlignedData, place);
  plot.root.setAttribute("aria-hidden", "true");
  const key = h("ul", { class: "chart__key" },
    h("li", {}, h("span", { class: "chart__line" }), t("chart.here")),
    h("li", {}, h("span", { class: "chart__band" }), t("chart.band")),
    beside ? h("li", {}, h("span", { class: "chart__line chart__line--beside" }), t("chart.beside", { name: beside.name })) : null,
    study ? h("li", {}, h("span", { class: "chart__line chart__line--whole" }), t("chart.whole", { name: study.name })) : null,
    bounds.some((one) => one[0] === null) ? h("li", {}, h("span", { class: "chart__gap" }), t("legend.noData")) : null,
  );
  return h("div", {}, place, key, numbers(own, beside, study));
}

/** Lines over months that were not supplied: no data is not zero. */
function hatchGaps(chart: uPlot, isGap: boolean[], colour: string): void {
  const pen = chart.ctx;
  const months = chart.data[0]!;
  const half = (chart.valToPos(months[1] ?? months[0]!, "x", true) - chart.valToPos(months[0]!, "x", true)) / 2 || 4;
  pen.save();
  pen.strokeStyle = colour;
  pen.globalAlpha = 0.45;
  isGap.forEach((gap, at) => {
    if (!gap) return;
    const middle = chart.valToPos(months[at]!, "x", true);
    pen.save();
    pen.beginPath();
    pen.rect(middle - half, chart.bbox.top, half * 2, chart.bbox.height);
    pen.clip();
    for (let y = chart.bbox.top; y < chart.bbox.top + chart.bbox.height + 20; y += 6) {
      pen.beginPath();
      pen.moveTo(middle - half, y);
      pen.lineTo(middle + half, y - half * 2);
      pen.stroke();
    }
    pen.restore();
  });
  pen.restore();
}

function numbers(own: Series, beside: { name: string; series: Series } | null, study: Whole | null): HTMLElement {
  const said = (band: string | null | undefined) => (band === null || band === undefined ? t("chart.noData") : band.replace("-", " to "));
  const other = new Map(beside?.series.months.map((month, at) => [month, beside.series.feeds[0]?.incidents_band[at]]));
  const heads = [t("chart.month"), ...own.feeds.map((feed) => feed.feed), ...(beside ? [beside.name] : []), ...(study ? [study.name] : [])];
  const whole = new Map(study?.months.map((month, at) => [month, study.incidents[at]]));
  const body = h("tbody", {});
  const details = h("details", { class: "numbers" }, h("summary", {}, t("chart.numbers")),
    h("div", { class: "numbers__scroll", tabindex: 0, role: "region", "aria-label": t("chart.numbers") },
      h("table", { class: "numbers__table" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), body)));
  details.addEventListener("toggle", () => {
    if (body.childElementCount) return;
    own.months.forEach((month, at) => body.prepend(h("tr", {}, h("th", { scope: "row" }, monthText(month)),
      own.feeds.map((feed) => h("td", {}, said(feed.incidents_band[at]))), beside ? h("td", {}, said(other.get(month))) : null, study ? h("td", {}, whole.get(month) === null || whole.get(month) === undefined ? t("chart.noData") : numberText(whole.get(month)!)) : null)));
  });
  return details;
}

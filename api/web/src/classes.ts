/** Which classes a view has, their colours by day and night, and how a zone finds its class. */

import type { ExpressionSpecification } from "maplibre-gl";
import type { LayerConfig, ThemeConfig } from "./config";
import type { Drawn } from "./state";
import { numberText, t, type WordKey } from "./words";

export interface MapClass {
  label: string;
  colour: string;
}

/** Colours tested for colour blindness (deuteranopia, protanopia, tritanopia) and in grey. */
const COLOURS: Record<string, { light: string[]; dark: string[] }> = {
  count: {
    light: ["#e9f2cc", "#93d3b4", "#41b0c4", "#2c7fb8", "#253494"],
    dark: ["#1f3b45", "#2c6a7a", "#3f9fa6", "#8fceb0", "#f0f7b8"],
  },
  chance: { light: ["#e9e6f2", "#b3aad6", "#7a68b4", "#3f1f78"], dark: ["#2f2a45", "#5a4f8c", "#8f82c4", "#f3efff"] },
  class: { light: ["#332288", "#e69f00", "#56b4e9", "#7d868c"], dark: ["#efe6ff", "#e69f00", "#2f8fc4", "#5a6066"] },
  stability: { light: ["#d9d5cc", "#8fa7b3", "#2f5d7c"], dark: ["#4a4740", "#6f8a97", "#a8d0ee"] },
  harm: {
    light: ["#f5ead6", "#e0b887", "#bb8353", "#85502f", "#45220f"],
    dark: ["#3d2a22", "#75452e", "#b07245", "#e0ac74", "#fbe6c8"],
  },
  both: { light: ["#e3e1dc", "#4aa3b8", "#dca43c", "#3d2b56"], dark: ["#3a3f44", "#4fb3c8", "#e0a94a", "#f0e6ff"] },
  change: {
    light: ["#5e3c99", "#b2abd2", "#f7f7f7", "#fdb863", "#e66101"],
    dark: ["#b9a7e6", "#6f62a0", "#33373c", "#a06a28", "#f5b14d"],
  },
  changeVawg: {
    light: ["#7a5a12", "#d9bd72", "#f5f5f5", "#93bde0", "#1d4f8a"],
    dark: ["#e0bf6a", "#8a7338", "#33373c", "#4f7fae", "#a8d0f5"],
  },
};

export const CHANGES = ["clearly fewer", "fewer", "not distinguishable", "more", "clearly more"] as const;
export const CHANCES = [0.4, 0.55, 0.8, 0.95] as const;
export const KINDS: Record<string, string[]> = {
  longStanding: ["persistent", "intensifying", "diminishing"],
  recent: ["new", "consecutive"],
  onOff: ["sporadic", "oscillating"],
  earlier: ["historical"],
};

/** One sign for each name of a class, so that colour is never alone: inside cells from close up, and in every list. */
export const SIGNS: Record<string, string> = {
  persistent: "●", intensifying: "▲", diminishing: "▼", new: "◆", consecutive: "◆", sporadic: "○", oscillating: "○", historical: "×",
};

export function signOf(name: unknown): string {
  return SIGNS[String(name)] ?? "";
}

export function coloursOf(view: Drawn, theme: ThemeConfig, isDark: boolean): string[] {
  const name = view === "density" ? "count" : isChange(view) ? (theme.isVawg ? "changeVawg" : "change") : view;
  return COLOURS[name]![isDark ? "dark" : "light"];
}

/** Class of a count among the breaks: 0 is none reported, 1 the first class; hidden counts are the first class. */
export function countClass(count: number | null, breaks: readonly number[]): number {
  if (count === null) return 1;
  if (count === 0) return 0;
  let place = 1;
  while (place < breaks.length && count >= breaks[place]!) place += 1;
  return place;
}

/** The classes of a view, weakest first. */
export function classesOf(view: Drawn, theme: ThemeConfig, breaks: readonly number[], isDark: boolean): MapClass[] {
  const colours = coloursOf(view, theme, isDark);
  const labels: string[] = (() => {
    if (view === "density") {
      const round = (value: number) => numberText(value);
      return [0, ...breaks].map((from, place) => {
        const next = breaks[place];
        if (place === 0) return t("legend.under", { n: round(next!) });
        return next === undefined ? t("legend.andMore", { n: round(from) }) : t("legend.span", { from: round(from), to: round(next) });
      });
    }
    if (view === "count") {
      return breaks.map((from, place) => {
        const next = breaks[place + 1];
        if (place === 0) return t("legend.small");
        return next === undefined ? t("legend.andMore", { n: from }) : t("legend.range", { from, to: next - 1 });
      });
    }
    if (view === "chance") return [t("chance.40"), t("chance.55"), t("chance.80"), t("chance.95")];
    if (view === "class") return Object.entries(KINDS).map(([kind, names]) => `${t(`class.${kind}` as WordKey)} ${[...new Set(names.map(signOf))].join("")}`);
    if (view === "stability") return [t("stability.unstable"), t("stability.likely"), t("stability.stable")];
    if (view === "harm") return [t("harm.50"), t("harm.25"), t("harm.10"), t("harm.5"), t("harm.1")];
    if (view === "both") return [t("both.neither"), t("both.many"), t("both.harm"), t("both.both")];
    return CHANGES.map((change) => t(`change.${change}`));
  })();
  return labels.map((label, place) => ({ label, colour: colours[place]! }));
}

/** Views that say fewer or more, in the same colours. */
export function isChange(view: Drawn): boolean {
  return view === "change" || view === "difference";
}

/** The name of a class of emerging hot spots in the four families that the map tells apart. */
export function kindOf(name: string): string | null {
  return Object.keys(KINDS).find((kind) => KINDS[kind]!.includes(name)) ?? null;
}

type Properties = Record<string, string | number | boolean | null | undefined>;

/** Class of a zone in a view: -1 no data or no answer, 0 none of the classes, 1 the first one. `code` is what steps of time set. */
export function classOf(view: Drawn, zone: Properties, breaks: readonly number[], code: number): number {
  const ladder = (value: number, from: readonly number[]) => from.filter((one) => value >= one).length;
  if (isByState(view)) return code;
  if (view === "density") return densityClass(zone, breaks, ladder);
  if (view === "chance") return zone.probability === undefined ? -1 : ladder(Number(zone.probability), CHANCES);
  if (view === "change") {
    // A hidden count is a small one: whatever it hides, there is too little to tell of a change.
    if (typeof zone.change_class !== "string") return zone.incidents_band === undefined ? -1 : 0;
    return CHANGES.indexOf(zone.change_class as (typeof CHANGES)[number]) + 1;
  }
  if (typeof zone.class !== "string") return -1;
  if (view === "class") return Object.values(KINDS).findIndex((names) => names.includes(String(zone.class))) + 1;
  if (zone.class === "none") return 0;
  return 1 + ladder(Number(zone.stability ?? 0), STABILITIES);
}

export const STABILITIES = [0.6, 0.8] as const;

function densityClass(zone: Properties, breaks: readonly number[], ladder: (value: number, from: readonly number[]) => number): number {
  if (zone.incidents_band === undefined) return -1;
  if (zone.incidents === 0) return 0;
  if (zone.per_km2 === undefined) return 1;
  return 1 + ladder(Number(zone.per_km2), breaks);
}

/** The rows of the API that have a class, as CQL2; place 0 is none reported. */
export function onlyClause(view: Drawn, place: number, breaks: readonly number[]): string {
  const between = (column: string, from: readonly number[]) => {
    const low = from[place - 1];
    const high = from[place];
    return [...(low === undefined ? [] : [`${column} >= ${low}`]), ...(high === undefined ? [] : [`${column} < ${high}`])].join(" AND ");
  };
  if (isByState(view)) return place === 0 ? "incidents = 0" : place === 1 ? "incidents_band = '1-4'" : `(${between("incidents", breaks)})`;
  if (view === "density") return place === 0 ? "incidents = 0" : place === 1 ? `incidents_band = '1-4' OR (incidents > 0 AND per_km2 < ${breaks[0]})` : `(${between("per_km2", [0, ...breaks])})`;
  if (view === "chance") return place === 0 ? `probability < ${CHANCES[0]}` : `(${between("probability", CHANCES)})`;
  if (view === "change") return `change_class = '${place === 0 ? "too few" : CHANGES[place - 1]}'`;
  if (place === 0) return "class = 'none'";
  if (view === "class") return `class IN (${Object.values(KINDS)[place - 1]!.map((name) => `'${name}'`).join(",")})`;
  return `(class <> 'none' AND ${between("stability", [0, ...STABILITIES])})`;
}

const NO_FILL = "rgba(0,0,0,0)";
export const UNSURE = { light: "#d9d5cc", dark: "#4a4740" };

/** Views that say more than a count: where they are not reliable, the colour is withheld. */
export function needsReliability(view: Drawn): boolean {
  return !isByState(view) || view === "harm" || view === "both";
}

/** How MapLibre colours a zone: by the state `c` that time steps set (`own` where none was), or by a property of the tile. */
export function fillColour(view: Drawn, theme: ThemeConfig, breaks: readonly number[], only: readonly number[], isDark: boolean, own: unknown = -1): ExpressionSpecification {
  const colours = coloursOf(view, theme, isDark).map((colour, place) => (only.length && !only.includes(place + 1) ? NO_FILL : colour));
  const plain = plainColour(view, breaks, colours, own);
  if (!needsReliability(view)) return plain as ExpressionSpecification;
  // Far out, a pattern would be noise: what is too uncertain to rank is flat there, and has lines from zoom 12.
  const flat = ["case", ["==", ["get", "reliability"], "not reliable"], only.length ? NO_FILL : isDark ? UNSURE.dark : UNSURE.light, plain];
  return ["step", ["zoom"], flat, 12, plain] as unknown as ExpressionSpecification;
}

function plainColour(view: Drawn, breaks: readonly number[], colours: string[], own: unknown): unknown[] {
  const match = (key: unknown) => ["match", key, ...colours.flatMap((colour, place) => [place + 1, colour]), NO_FILL];
  const ladder = (column: string, from: readonly number[], first: string) =>
    ["step", ["coalesce", ["get", column], 0], first, ...from.flatMap((one, place) => [one, colours[place]!])];
  if (isByState(view)) return match(["coalesce", ["feature-state", "c"], own]);
  if (view === "density") {
    const hidden = ["all", ["has", "incidents_band"], ["!", ["has", "per_km2"]]];
    const steps = ["step", ["coalesce", ["get", "per_km2"], 0], colours[0]!, ...breaks.flatMap((one, place) => [one, colours[place + 1]!])];
    return ["case", hidden, colours[0]!, ["==", ["coalesce", ["get", "per_km2"], 0], 0], NO_FILL, steps];
  }
  if (view === "chance") return ladder("probability", CHANCES, NO_FILL);
  if (view === "change") return ["match", ["coalesce", ["get", "change_class"], ""], ...CHANGES.flatMap((change, place) => [change, colours[place]!]), NO_FILL];
  if (view === "class") return ["match", ["coalesce", ["get", "class"], "none"], ...Object.values(KINDS).flatMap((names, place) => [names, colours[place]!]), NO_FILL];
  const isNone = ["==", ["coalesce", ["get", "class"], "none"], "none"];
  return ["case", isNone, NO_FILL, ["step", ["coalesce", ["get", "stability"], 0], colours[0]!, STABILITIES[0], colours[1]!, STABILITIES[1], colours[2]!]];
}

/** Views whose class is set on each zone from columns that the API sends; the others read the tiles' own properties. */
export function isByState(view: Drawn): boolean {
  return view === "count" || view === "harm" || view === "both" || view === "difference";
}

/** Views that the time slider moves; the others belong to the release's own window. */
export function movesInTime(view: Drawn): boolean {
  return view === "count" || view === "difference";
}

/** First figures of a view's classes on a layer, where they come from the data. */
export function breaksOf(view: Drawn, layer: LayerConfig, theme: string): readonly number[] {
  return (view === "density" ? layer.density : layer.breaks)[theme] ?? [1, 5, 10, 25, 50];
}

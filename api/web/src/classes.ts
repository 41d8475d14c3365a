/** Which classes a view has, their colours by day and night, and how a zone finds its class. */

import type { ExpressionSpecification } from "maplibre-gl";
import type { ThemeConfig } from "./config";
import type { View } from "./state";
import { t } from "./words";

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
const CHANCES = [0.4, 0.55, 0.8, 0.95] as const;
const KINDS: Record<string, string[]> = {
  longStanding: ["persistent", "intensifying", "diminishing"],
  recent: ["new", "consecutive"],
  onOff: ["sporadic", "oscillating"],
  earlier: ["historical"],
};

export function coloursOf(view: View, theme: ThemeConfig, isDark: boolean): string[] {
  const name = view === "density" ? "count" : view === "change" && theme.isVawg ? "changeVawg" : view;
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
export function classesOf(view: View, theme: ThemeConfig, breaks: readonly number[], isDark: boolean): MapClass[] {
  const colours = coloursOf(view, theme, isDark);
  const labels: string[] = (() => {
    if (view === "count" || view === "density") {
      return breaks.map((from, place) => {
        const next = breaks[place + 1];
        if (place === 0) return t("legend.small");
        return next === undefined ? t("legend.andMore", { n: from }) : t("legend.range", { from, to: next - 1 });
      });
    }
    if (view === "chance") return [t("chance.40"), t("chance.55"), t("chance.80"), t("chance.95")];
    if (view === "class") return [t("class.longStanding"), t("class.recent"), t("class.onOff"), t("class.earlier")];
    if (view === "stability") return [t("stability.unstable"), t("stability.likely"), t("stability.stable")];
    if (view === "harm") return [t("harm.50"), t("harm.25"), t("harm.10"), t("harm.5"), t("harm.1")];
    if (view === "both") return [t("both.neither"), t("both.many"), t("both.harm"), t("both.both")];
    return CHANGES.map((change) => t(`change.${change}`));
  })();
  return labels.map((label, place) => ({ label, colour: colours[place]! }));
}

const NO_FILL = "rgba(0,0,0,0)";

/** How MapLibre colours a zone: by the state `c` that time steps set, or by a property of the tile. */
export function fillColour(view: View, theme: ThemeConfig, isDark: boolean): ExpressionSpecification {
  const colours = coloursOf(view, theme, isDark);
  if (view === "count" || view === "density") {
    const steps = colours.flatMap((colour, place) => [place + 1, colour]);
    return ["match", ["coalesce", ["feature-state", "c"], -1], ...steps, NO_FILL] as unknown as ExpressionSpecification;
  }
  if (view === "chance") {
    const steps = CHANCES.flatMap((from, place) => [from, colours[place]!]);
    return ["step", ["coalesce", ["get", "probability"], 0], NO_FILL, ...steps] as unknown as ExpressionSpecification;
  }
  if (view === "class") {
    const pairs = Object.values(KINDS).flatMap((names, place) => [names, colours[place]!]);
    return ["match", ["coalesce", ["get", "class"], "none"], ...pairs, NO_FILL] as unknown as ExpressionSpecification;
  }
  if (view === "stability") {
    const ladder = ["step", ["coalesce", ["get", "stability"], 0], colours[0]!, 0.6, colours[1]!, 0.8, colours[2]!];
    return ["case", ["in", ["coalesce", ["get", "class"], "none"], ["literal", ["none"]]], NO_FILL, ladder] as unknown as ExpressionSpecification;
  }
  if (view === "change") {
    const pairs = CHANGES.flatMap((change, place) => [change, colours[place]!]);
    return ["match", ["coalesce", ["get", "change_class"], ""], ...pairs, NO_FILL] as unknown as ExpressionSpecification;
  }
  return ["match", ["coalesce", ["feature-state", "c"], -1], ...colours.flatMap((colour, place) => [place + 1, colour]), NO_FILL] as unknown as ExpressionSpecification;
}

/** Views whose class is set on each zone from columns of counts; the others read the tiles' own properties. */
export function isByState(view: View): boolean {
  return view === "count" || view === "density";
}

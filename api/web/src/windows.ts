/** Windows of months: which ones the time slider can stop at. Pure functions of the state and the release. */

import { movesInTime } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import type { Compare, Drawn, State, WindowKind } from "./state";
import { monthText, t } from "./words";

/** Months since the year 0, so that months can be compared and counted. */
export function monthNumber(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1;
}

export function monthOf(number: number): string {
  return `${String(Math.floor(number / 12)).padStart(4, "0")}-${String((number % 12) + 1).padStart(2, "0")}`;
}

/** Whether single months are too few for these zones: cells finer than H3 resolution 8. */
export function isTooFineForMonths(layer: string): boolean {
  const found = /^cells-r(\d+)$/.exec(layer);
  return found !== null && Number(found[1]) > 8;
}

/** The kind of window that is shown: single months of fine cells are shown as quarters. */
export function windowKind(state: State): WindowKind {
  return state.w === "1" && isTooFineForMonths(state.l) ? "q" : state.w;
}

/** Months in a window of the state; a release shorter than a year has a shorter one. */
export function windowMonths(state: State, config: Config): number {
  const kind = windowKind(state);
  if (kind !== "12") return kind === "q" ? 3 : 1;
  return Math.min(12, themeOf(config, state.t).window?.months ?? 12);
}

export interface Timeline {
  months: number;
  /** Last months of the windows, oldest first. */
  ends: string[];
  /** Why the slider stands still, if it does. */
  whyStill: string | null;
}

export function timeline(state: State, config: Config): Timeline {
  const months = windowMonths(state, config);
  const span = layerOf(config, state.l).span[state.t];
  if (!span) return { months, ends: [], whyStill: t("time.noSeries") };
  const ends: string[] = [];
  for (let end = monthNumber(span.from) + months - 1; end <= monthNumber(span.to); end += 1) {
    // Financial quarters end in March, June, September and December.
    if (windowKind(state) !== "q" || end % 3 === 2) ends.push(monthOf(end));
  }
  const newest = newestEnd(state, config);
  if (!movesInTime(state.v)) return { months, ends: newest ? [newest] : [], whyStill: t("time.still") };
  return { months, ends, whyStill: ends.length < 2 ? t("time.oneWindow", { months, from: monthText(span.from), to: monthText(span.to) }) : null };
}

function newestEnd(state: State, config: Config): string | null {
  return themeOf(config, state.t).window?.to ?? layerOf(config, state.l).span[state.t]?.to ?? null;
}

/** Last month of the window that is shown; views that do not move in time show the release's own. */
export function endOf(state: State, config: Config): string | null {
  const newest = newestEnd(state, config);
  if (state.end === null || !movesInTime(state.v)) return newest;
  const { ends } = timeline(state, config);
  if (ends.includes(state.end)) return state.end;
  return ends.filter((end) => end <= state.end!).at(-1) ?? ends[0] ?? newest;
}

/** How two windows are compared, if they are: a phone is too narrow for anything but their difference. */
export function compareKind(state: State, config: Config): Compare | null {
  if (state.vs === null || !movesInTime(state.v) || timeline(state, config).ends.length < 2) return null;
  return NARROW.matches ? "diff" : state.cmp;
}

const NARROW = matchMedia("(max-width: 48rem)");

export const isPhone = (): boolean => NARROW.matches;

/** What is drawn: the view, or how two windows differ. */
export function drawnView(state: State, config: Config): Drawn {
  return compareKind(state, config) === "diff" ? "difference" : state.v;
}

/** Last month of the window that the one on the map is compared with: the nearest that there is. */
export function otherEnd(state: State, config: Config): string | null {
  if (state.vs === null) return null;
  return endOf({ ...state, end: state.vs }, config);
}

/** Months that both windows hold: what they share cannot differ. */
export function sharedMonths(state: State, config: Config): number {
  const [one, other] = [endOf(state, config), otherEnd(state, config)];
  if (one === null || other === null) return 0;
  return Math.max(0, windowMonths(state, config) - Math.abs(monthNumber(one) - monthNumber(other)));
}

/** Whether the counts that are shown are those of the release's own window, which its tables hold. */
export function isOwnWindow(state: State, config: Config): boolean {
  return endOf(state, config) === newestEnd(state, config) && windowKind(state) === "12";
}

/** What the map takes from the tiles of zones: the properties that it reads, and the class that a zone has by itself. */

import { themeOf, type Config } from "./config";
import type { Drawn, State } from "./state";
import { isOwnWindow, windowMonths } from "./windows";

/** What every view reads: names, the count, signs of classes, and what filters ask. */
const ALWAYS = ["zone_id", "name", "borough_code", "ward_code", "incidents_band", "incidents", "class", "tier", "is_venue", "reliability"];

const OF_VIEW: Partial<Record<Drawn, string[]>> = {
  density: ["per_km2"], chance: ["probability"], stability: ["stability"], change: ["change_class"],
};

/** The properties that a view needs of its tiles: a third of what tiles hold, and read in a third of the time. */
export function tileColumns(view: Drawn): string {
  return [...ALWAYS, ...(OF_VIEW[view] ?? [])].join(",");
}

/** Class of the count in the tile, for zones that no step of time has set: an expression of MapLibre. */
export function ownClass(breaks: readonly number[]): unknown[] {
  const steps = breaks.slice(1).flatMap((from, place) => [from, place + 2]);
  return ["case", ["!", ["has", "incidents_band"]], -1, ["!", ["has", "incidents"]], 1, ["<", ["get", "incidents"], breaks[0]!], 0,
    ["step", ["get", "incidents"], 1, ...steps]];
}

/** Whether the counts in the tiles are those of the window that a state shows. */
export function isTileWindow(state: State, config: Config): boolean {
  return isOwnWindow(state, config) && themeOf(config, state.t).window?.months === windowMonths(state, config);
}

/** A zone for which no class was set: it shows that of its tile, or none. */
export const UNSET = -2;

/** Zones whose class on the map must be set: those that show another one. `own` is what a zone shows of itself. */
export function toBeSet(set: Int8Array, wanted: Int8Array, own: Int8Array | null): number[] {
  const found: number[] = [];
  for (let id = 0; id < wanted.length; id += 1) {
    const shown = set[id] === UNSET ? (own ? own[id] : -1) : set[id];
    if (shown !== wanted[id]) found.push(id);
  }
  return found;
}

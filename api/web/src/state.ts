/** The whole state of the map is in its address: nothing is kept in the browser. Pure functions only. */

import type { Config } from "./config";

export const VIEWS = ["count", "density", "chance", "class", "stability", "harm", "both", "change"] as const;
export type View = (typeof VIEWS)[number];
/** What is drawn: a view, or how two windows differ. */
export type Drawn = View | "difference";
export const WINDOWS = ["12", "q", "1"] as const;
export type WindowKind = (typeof WINDOWS)[number];
export type Tab = "map" | "both" | "table";
export type Compare = "swipe" | "side" | "diff";

export interface State {
  /** Release that a copied link pins; null is the current one. */
  r: string | null;
  t: string;
  l: string;
  v: View;
  w: WindowKind;
  /** Last month of the window; null is the newest. */
  end: string | null;
  vs: string | null;
  cmp: Compare;
  b: string[];
  /** CQL2 filter text. */
  f: string | null;
  /** Selected: layer and id. */
  s: { layer: string; id: string } | null;
  poly: string | null;
  at: { zoom: number; lat: number; lon: number } | null;
  tab: Tab;
  sort: string | null;
  cursor: string | null;
  /** Whether the table lists hotspot areas or zones. */
  rows: "areas" | "zones";
  /** Places of the classes that are shown alone; empty shows all. */
  only: number[];
  wt: "cchi" | "css";
}

const KEYS = ["r", "t", "l", "v", "w", "end", "vs", "cmp", "b", "f", "s", "poly", "at", "tab", "sort", "cursor", "rows", "only", "wt"];
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

export function defaultState(config: Config): State {
  return {
    r: null, t: config.themes[0]?.name ?? "", l: config.startLayer, v: "count", w: "12", end: null, vs: null, cmp: "swipe",
    b: [], f: null, s: null, poly: null, at: null, tab: "map", sort: null, cursor: null, rows: config.hasAreas ? "areas" : "zones", only: [], wt: "cchi",
  };
}

/** The state that an address names; what cannot be used is left at its default and named in `ignored`. */
export function parseState(search: string, config: Config): { state: State; ignored: string[] } {
  const state = defaultState(config);
  const ignored: string[] = [];
  const choose = <T extends string>(value: string, allowed: readonly T[], key: string, set: (found: T) => void) => {
    const found = allowed.find((one) => one === value);
    if (found === undefined) ignored.push(key);
    else set(found);
  };
  for (const [key, value] of new URLSearchParams(search)) {
    if (!KEYS.includes(key)) ignored.push(key);
    else if (key === "t") choose(value, config.themes.map((one) => one.name), key, (found) => (state.t = found));
    else if (key === "l") choose(value, [...config.layers, ...config.lists].map((one) => one.name), key, (found) => (state.l = found));
    else if (key === "v") choose(value, VIEWS, key, (found) => (state.v = found));
    else if (key === "w") choose(value, WINDOWS, key, (found) => (state.w = found));
    else if (key === "cmp") choose(value, ["swipe", "side", "diff"] as const, key, (found) => (state.cmp = found));
    else if (key === "tab") choose(value, ["map", "both", "table"] as const, key, (found) => (state.tab = found));
    else if (key === "rows") choose(value, ["areas", "zones"] as const, key, (found) => (state.rows = found));
    else if (key === "only") state.only = value.split(",").map(Number).filter((one) => Number.isInteger(one) && one >= 0 && one < 10);
    else if (key === "wt") choose(value, ["cchi", "css"] as const, key, (found) => (state.wt = found));
    else if (key === "end" || key === "vs") MONTH.test(value) ? (state[key] = value) : ignored.push(key);
    else if (key === "b") state.b = value.split(",").filter((code) => config.boroughs.some((one) => one.code === code));
    else if (key === "s") {
      const at = value.indexOf(":");
      at > 0 ? (state.s = { layer: value.slice(0, at), id: value.slice(at + 1) }) : ignored.push(key);
    } else if (key === "at") {
      const [zoom, lat, lon] = value.split("/").map(Number);
      const isPlace = [zoom, lat, lon].every((one) => one !== undefined && Number.isFinite(one));
      isPlace ? (state.at = { zoom: zoom!, lat: lat!, lon: lon! }) : ignored.push(key);
    } else state[key as "r" | "f" | "poly" | "sort" | "cursor"] = value || null;
  }
  return { state, ignored };
}

/** The address of a state: only what differs from the default, in a fixed order. */
export function formatState(state: State, config: Config): string {
  const usual = defaultState(config);
  const out = new URLSearchParams();
  for (const key of KEYS as (keyof State)[]) {
    const value = state[key];
    if (value === null || value === usual[key] || (typeof value === "object" && JSON.stringify(value) === JSON.stringify(usual[key]))) continue;
    if (key === "b" || key === "only") out.set(key, state[key].join(","));
    else if (key === "s") out.set(key, `${state.s!.layer}:${state.s!.id}`);
    else if (key === "at") out.set(key, `${state.at!.zoom.toFixed(2)}/${state.at!.lat.toFixed(4)}/${state.at!.lon.toFixed(4)}`);
    else out.set(key, String(value));
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

/** Which keys differ between two states. */
export function changedKeys(before: State, after: State): Set<keyof State> {
  const keys = Object.keys(after) as (keyof State)[];
  // What was not touched is the same object; only the rest is compared by what it says.
  return new Set(keys.filter((key) => before[key] !== after[key] && JSON.stringify(before[key]) !== JSON.stringify(after[key])));
}

/** What the service is asked of a list, and what it sends: marks to draw, and how to say, sort and filter them. */

import type { Api } from "../api";
import { themeShown, type Config, type ListConfig } from "../config";
import type { State } from "../state";

export interface MarkClass { key: string; label: string; sign: string; light: string; dark: string; clause: string }
export interface Choice { name: string; label: string; options: { label: string; clause: string }[]; all: string; start: string }
export interface ShownColumn { name: string; label: string; kind: "text" | "number" | "decimal" | "count" | "share" | "flag" | "range" | "ranks" }

export interface Marks {
  layer: string;
  theme: string;
  title: string;
  window: { from: string; to: string } | null;
  says: string[];
  classes: MarkClass[];
  columns: ShownColumn[];
  choices: Choice[];
  /** The clause of what happened at night; empty where the source has no hours, null where hours mean nothing. */
  night: string | null;
  sort: string;
  /** Rows of the theme before any filter. */
  of: number;
  /** Last place of the order. */
  most: number | null;
  marks: { ids: string[]; names: string[]; points: [number, number][]; boxes: [number, number, number, number][] | null; classes: number[]; sizes: (number | null)[] | null; numbers: (number | null)[] | null };
}

/** Clauses of a filter as they stand in the address. */
export function clausesOf(text: string | null): string[] {
  return (text ?? "").split(" AND ").filter(Boolean);
}

/** The clauses of a state without those of the classes that are shown alone. */
function kept(state: State, config: Config, list: ListConfig): string[] {
  // The same neighbourhood comes up on several layers: one of them is shown until another is asked for.
  const usual = list.start[themeShown(config, list.name, state.t)];
  const start = usual && !state.f?.includes(usual.split(" ")[0]!) ? [usual] : [];
  const borough = state.b.length > 1 ? [`(${state.b.map((code) => `boroughs LIKE '%${code}%'`).join(" OR ")})`] : [];
  return [...start, ...(state.f ? [state.f] : []), ...borough];
}

function parameters(state: State, config: Config, list: ListConfig, clauses: string[]): Record<string, string | null> {
  return { theme: themeShown(config, list.name, state.t), borough: state.b.length === 1 ? state.b[0]! : null, filter: clauses.join(" AND ") || null };
}

export function marksOf(api: Api, state: State, config: Config, list: ListConfig): Promise<Marks> {
  return api.get<Marks>(api.address(`map/marks/${list.name}`, parameters(state, config, list, kept(state, config, list))));
}

/** The same for rows of the table and files, which hold the classes that are shown alone. */
export function rowsQuery(state: State, config: Config, list: ListConfig, marks: Marks | null): Record<string, string | null> {
  const only = state.only.map((place) => marks?.classes[place - 1]?.clause).filter((clause): clause is string => clause !== undefined);
  const chosen = only.length ? [only.length === 1 ? only[0]! : `(${only.map((one) => `(${one})`).join(" OR ")})`] : [];
  return parameters(state, config, list, [...kept(state, config, list), ...chosen]);
}

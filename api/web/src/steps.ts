/** Steps of time: the class of every zone in a window, fetched ahead and kept while near. */

import type { Api, Values, ValuesStep } from "./api";
import { countClass } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import type { State } from "./state";
import { windowMonths } from "./windows";

const AHEAD = 6;
const KEPT = 24;

export interface Step {
  end: string;
  about: ValuesStep;
  /** Counts as sent; null where the whole window has no figure. */
  counts: (number | null)[] | null;
  /** Class of each zone by place in the zone order: -1 no data, 0 none reported, 1 the first class. */
  classes: Int8Array;
}

export class Steps {
  readonly #kept = new Map<string, Promise<Step>>();
  #own: { key: string; classes: Int8Array } | null = null;

  constructor(readonly api: Api, readonly config: Config) {}

  get(state: State, end: string): Promise<Step> {
    const months = windowMonths(state, this.config);
    const key = `${state.l} ${state.t} ${months} ${end}`;
    const kept = this.#kept.get(key);
    const step = kept ?? this.#fetch(state, months, end).catch((error: unknown) => {
      this.#kept.delete(key);
      throw error;
    });
    this.#kept.delete(key);
    this.#kept.set(key, step);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return step;
  }

  /** The classes of the release's own window, which its tiles hold too. */
  async own(state: State): Promise<Int8Array> {
    const key = `${state.l} ${state.t}`;
    const known = this.#own?.key === key ? this.#own.classes : (await this.get({ ...state, w: "12" }, themeOf(this.config, state.t).window!.to)).classes;
    this.#own = { key, classes: known };
    return known;
  }

  /** Fetch the steps beside this one, nearest first, after what is on the screen. */
  async prefetch(state: State, ends: string[], place: number): Promise<void> {
    for (let away = 1; away <= AHEAD; away += 1) {
      const near = [ends[place + away], ends[place - away]].filter((end): end is string => end !== undefined);
      await Promise.all(near.map((end) => this.get(state, end).catch(() => null)));
    }
  }

  async #fetch(state: State, months: number, end: string): Promise<Step> {
    const query = { theme: state.t, window: months, from: end, to: end, ids: "omit" };
    const found = await this.api.fetch<Values>(this.api.address(`values/${state.l}`, query));
    const layer = layerOf(this.config, state.l);
    const counts = found.values[0] ?? null;
    return { end, about: found.steps[0]!, counts, classes: classesOf(counts, found.unanswered, layer.zones, layer.breaks[state.t]!) };
  }
}

function classesOf(counts: (number | null)[] | null, unanswered: number[], zones: number, breaks: number[]): Int8Array {
  const classes = new Int8Array(zones).fill(-1);
  if (!counts) return classes;
  for (let place = 0; place < zones; place += 1) classes[place] = countClass(counts[place] ?? null, breaks);
  for (const place of unanswered) classes[place] = -1;
  return classes;
}

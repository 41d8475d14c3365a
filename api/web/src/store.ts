/** The one place where the state of the map changes: it tells everybody, and writes the address. */

import type { Config } from "./config";
import { changedKeys, formatState, parseState, type State } from "./state";

export type Listener = (state: State, changed: Set<keyof State>) => void;

/** Moving the map, playing and turning pages replace the current step of the history; the rest adds one. */
const REPLACING = new Set<keyof State>(["at", "end", "cursor"]);

export class Store {
  #state: State;
  readonly #listeners: Listener[] = [];
  readonly ignored: string[];

  constructor(readonly config: Config) {
    const { state, ignored } = parseState(location.search, config);
    this.#state = state;
    this.ignored = ignored;
    addEventListener("popstate", () => this.#become(parseState(location.search, config).state));
  }

  get state(): State {
    return this.#state;
  }

  /** Change some keys; `replace` keeps the Back button from stepping through a gesture. */
  set(part: Partial<State>, { replace = false } = {}): void {
    const next = { ...this.#state, ...part };
    const changed = changedKeys(this.#state, next);
    if (changed.size === 0) return;
    const address = location.pathname + formatState(next, this.config);
    if (replace || [...changed].every((key) => REPLACING.has(key))) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.#become(next);
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** A link that opens this view again, pinned to the release. */
  shareAddress(): string {
    const pinned = { ...this.#state, r: this.config.release };
    return new URL(location.pathname + formatState(pinned, this.config), location.origin).href;
  }

  #become(next: State): void {
    const changed = changedKeys(this.#state, next);
    this.#state = next;
    for (const listener of this.#listeners) listener(next, changed);
  }
}

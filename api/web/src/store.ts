/** The one place where the state of the map changes: it tells everybody, and writes the address. */

import type { Config } from "./config";
import { changedKeys, formatState, parseState, type State } from "./state";

export type Listener = (state: State, changed: Set<keyof State>) => void;

/** Moving the map, playing and turning pages replace the current step of the history; the rest adds one. */
const REPLACING = new Set<keyof State>(["at", "end", "cursor"]);

/** Writing the address costs as much as drawing a step, so steps that follow each other share one. */
const WRITE_AFTER = 100;

export class Store {
  #state: State;
  #waiting = 0;
  readonly #listeners: Listener[] = [];
  readonly ignored: string[];

  constructor(readonly config: Config) {
    const { state, ignored } = parseState(location.search, config);
    this.#state = state;
    this.ignored = ignored;
    addEventListener("popstate", () => { clearTimeout(this.#waiting); this.#waiting = 0; this.#become(parseState(location.search, config).state); });
  }

  get state(): State {
    return this.#state;
  }

  /** Change some keys; `replace` keeps the Back button from stepping through a gesture. */
  set(part: Partial<State>, { replace = false } = {}): void {
    const next = { ...this.#state, ...part };
    const changed = changedKeys(this.#state, next);
    if (changed.size === 0) return;
    const isReplacing = replace || [...changed].every((key) => REPLACING.has(key));
    if (!isReplacing) {
      this.#writeNow();
      history.pushState(null, "", this.#address(next));
    } else if (!this.#waiting) this.#waiting = window.setTimeout(() => this.#writeNow(), WRITE_AFTER);
    this.#become(next);
  }

  /** Replace the address by that of the state, if a change of it still waits. */
  #writeNow(): void {
    if (!this.#waiting) return;
    clearTimeout(this.#waiting);
    this.#waiting = 0;
    history.replaceState(null, "", this.#address(this.#state));
  }

  #address(state: State): string {
    return location.pathname + formatState(state, this.config);
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

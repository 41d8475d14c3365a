/** Two windows at once: a second map of the same place beside the first, or under a divider that can be moved. */

import type { Api, FeatureCollection } from "./api";
import type { Config } from "./config";
import { h } from "./dom";
import { SafetyMap } from "./map";
import type { State } from "./state";
import type { Step, Steps } from "./steps";
import type { Store } from "./store";
import { monthText, t } from "./words";
import { compareKind, endOf, otherEnd, sharedMonths, windowMonths } from "./windows";

/** How far one press of an arrow key moves the divider, in percent of the map. */
const STRIDE = 5;

interface Change { classes: number[] | null; words: string[] }

/** Class of change of each zone between the two windows of a state; null where nothing may be said, and why not is in the title. */
export async function changeClasses(api: Api, state: State, config: Config): Promise<Int8Array | null> {
  if (sharedMonths(state, config) > 0) return null;
  const query = { theme: state.t, month: endOf(state, config), against: otherEnd(state, config), window: windowMonths(state, config) };
  const found = await api.get<Change>(api.address(`values/${state.l}/change`, query));
  return found.classes && Int8Array.from(found.classes);
}

export class Compare {
  #other: SafetyMap | null = null;
  #step: Step | null = null;
  #isFollowing = false;
  #areas: FeatureCollection | null = null;
  #divider = 50;
  readonly #place: HTMLElement;
  /** Moves the divider by keys; it stands among the controls of time. */
  readonly slider = h("input", {
    type: "range", id: "swipe", class: "compare__slider", min: 0, max: 100, step: STRIDE, value: 50, "aria-label": t("compare.slider"),
    oninput: () => this.#divide(Number(this.slider.value)),
  });

  constructor(
    readonly stage: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store, readonly steps: Steps, readonly main: () => SafetyMap,
    readonly describe: (feature: { id?: unknown; properties: unknown }, step: Step | null) => string,
  ) {
    this.#place = h("div", { class: "compare", hidden: true });
    stage.append(this.#place);
    // Side by side the key takes its place from the maps: what they showed whole, they show whole again.
    new ResizeObserver(() => {
      if (stage.dataset.compare === "side" && !store.state.at) main().settle();
    }).observe(stage.querySelector("#legend")!);
  }

  /** Classes of the other window, where there is one on the screen. */
  get classes(): Int8Array | null {
    return this.#other && this.#step ? this.#step.classes : null;
  }

  setAreas(areas: FeatureCollection | null): void {
    this.#areas = areas;
    if (areas) void this.#other?.setAreas(areas);
  }

  /** Follow a state: make the second map, show its window, or take it away. */
  async show(state: State): Promise<void> {
    const kind = compareKind(state, this.config);
    const before = this.stage.dataset.compare ?? "";
    this.stage.dataset.compare = kind === "swipe" || kind === "side" ? kind : "";
    // The first map has another size now: what it showed whole, it shows whole again.
    if (before !== this.stage.dataset.compare) state.at ? this.main().resize() : this.main().settle();
    const end = otherEnd(state, this.config);
    if (kind === null || kind === "diff" || end === null) return this.#takeAway();
    if (!this.#other) this.#make();
    if (before !== kind) this.#other!.resize();
    this.#render(kind === "swipe", end, endOf(state, this.config)!);
    const step = await this.steps.get(state, end);
    if (this.store.state !== state || !this.#other) return;
    this.#step = step;
    await this.#other.show(state);
    await this.#other.setClasses(step.classes);
  }

  /** Take the second map away: what is shown now has one window only. */
  stop(): void {
    this.stage.dataset.compare = "";
    this.#takeAway();
  }

  #make(): void {
    const container = h("div", { id: "map-other", class: "compare__map" });
    this.stage.querySelector("#map")!.after(container);
    const other = new SafetyMap(container, this.config, this.api, this.store, (feature) => this.describe(feature, this.#step), true, this.#areas);
    this.#other = other;
    const camera = (map: SafetyMap) => ({ center: map.map.getCenter(), zoom: map.map.getZoom() });
    const follow = (from: SafetyMap, to: SafetyMap) => {
      if (this.#isFollowing) return;
      this.#isFollowing = true;
      to.map.jumpTo(camera(from));
      this.#isFollowing = false;
    };
    other.map.jumpTo(camera(this.main()));
    this.main().map.on("move", this.#follows = () => follow(this.main(), other));
    other.map.on("move", () => follow(other, this.main()));
  }

  #follows: (() => void) | null = null;

  #takeAway(): void {
    if (!this.#other) return;
    if (this.#follows) this.main().map.off("move", this.#follows);
    this.#other.map.remove();
    this.stage.querySelector("#map-other")?.remove();
    this.#other = this.#step = this.#follows = null;
    this.#place.replaceChildren();
    this.#place.hidden = true;
    this.main().resize();
  }

  /** Which window is on which side, and the divider, which a finger or a mouse may drag. */
  #render(isSwipe: boolean, end: string, own: string): void {
    this.#place.hidden = false;
    const label = (side: string, month: string) => h("p", { class: `compare__label compare__label--${side}` }, t("compare.window", { end: monthText(month) }));
    this.#place.replaceChildren(label("left", end), label("right", own),
      ...(isSwipe ? [h("div", { class: "compare__line", "aria-hidden": "true", onpointerdown: (event: PointerEvent) => this.#drag(event) })] : []));
    this.#divide(this.#divider);
  }

  #drag(event: PointerEvent): void {
    const line = event.currentTarget as HTMLElement;
    line.setPointerCapture(event.pointerId);
    const move = (now: PointerEvent) => {
      const { left, width } = this.stage.getBoundingClientRect();
      this.#divide(Math.round(Math.min(100, Math.max(0, ((now.clientX - left) / width) * 100))));
    };
    line.addEventListener("pointermove", move);
    line.addEventListener("lostpointercapture", () => line.removeEventListener("pointermove", move), { once: true });
    event.preventDefault();
  }

  #divide(percent: number): void {
    this.#divider = percent;
    this.stage.style.setProperty("--divider", `${percent}%`);
    this.slider.value = String(percent);
    this.slider.setAttribute("aria-valuetext", t("compare.sliderAt", { percent }));
  }
}

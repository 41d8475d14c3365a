/** The time slider: one stop a window, with gaps, breaks of recording and the provisional end marked on its track. */

import { movesInTime } from "./classes";
import { themeOf, type Config } from "./config";
import { debounce, h, keepFocus, setText, svg } from "./dom";
import type { Compare, State, WindowKind } from "./state";
import type { Store } from "./store";
import { monthText, t, type WordKey } from "./words";
import { compareKind, endOf, isPhone, isTooFineForMonths, monthNumber, monthOf, otherEnd, timeline, windowKind, windowMonths } from "./windows";

const BEAT = 600;
const PROVISIONAL = 3;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class TimeBar {
  #playing = false;
  /** What the controls on the screen were made of: while only the month differs, they are moved and not made anew. */
  #made = "";

  /** `drawn` settles once the picture of the step on the screen is complete. */
  constructor(readonly place: HTMLElement, readonly config: Config, readonly store: Store, readonly drawn: () => Promise<void>, readonly say: (text: string) => void, readonly divider: () => HTMLElement) {
    addEventListener("keydown", (event) => {
      if (this.#playing && !(event.target instanceof Element && event.target.id === "time-play")) this.stop();
    });
  }

  render(): void {
    const { state } = this.store;
    const line = timeline(state, this.config);
    const end = endOf(state, this.config);
    const at = Math.max(0, end === null ? 0 : line.ends.indexOf(end));
    const still = line.whyStill !== null;
    const made = [state.t, state.l, state.v, state.w, line.ends.length, line.whyStill, this.#playing, isPhone()].join(" ");
    if (state.vs === null && made === this.#made && this.place.querySelector("#time-slider")) return this.#move(line.ends, at, end, line.months);
    this.#made = state.vs === null ? made : "";
    const go = (place: number) => this.#go(line.ends[Math.min(Math.max(place, 0), line.ends.length - 1)]);
    const by = (stride: number) => go(line.ends.indexOf(endOf(this.store.state, this.config) ?? "") + stride);
    const step = (id: string, label: string, sign: string, stride: number, isOff: boolean) =>
      h("button", { type: "button", id, class: "time__button", "aria-label": label, title: label, disabled: still || isOff, onclick: () => by(stride) }, sign);
    const last = line.ends.length - 1;
    const slider = h("input", {
      type: "range", id: "time-slider", min: 0, max: Math.max(line.ends.length - 1, 0), value: at, step: 1, disabled: still,
      "aria-label": t("time.slider"), "aria-valuetext": end === null ? t("window.none") : t("window.text", { months: line.months, end: monthText(end) }),
      oninput: (event: Event) => { this.stop(); go(Number((event.target as HTMLInputElement).value)); },
    });
    keepFocus(this.place, [
      h("div", { class: "time__buttons" },
        step("time-first", t("time.first"), "«", -Infinity, at === 0), step("time-back", t("time.back"), "‹", -1, at === 0),
        STILL.matches ? null : h("button", { type: "button", id: "time-play", class: "time__button time__play", disabled: still, "aria-pressed": String(this.#playing), onclick: () => (this.#playing ? this.stop() : void this.play()) },
          this.#playing ? t("time.pause") : t("time.play")),
        step("time-next", t("time.next"), "›", 1, at === last), step("time-last", t("time.last"), "»", Infinity, at === last),
      ),
      h("div", { class: "time__choices" }, this.#windowChoice(state), this.#endChoice(line.ends, end, still)),
      h("div", { class: "time__track" }, this.#marks(line.ends, line.months), slider,
        h("div", { class: "time__ends", "aria-hidden": "true" }, h("span", {}, line.ends[0] ? monthText(line.ends[0]) : ""), h("span", {}, line.ends.at(-1) ? monthText(line.ends.at(-1)!) : "")),
      ),
      this.#compareChoice(line.ends, line.months, end, still),
      h("p", { class: "time__note", id: "time-note" }, this.#said(end, line.months, still)),
    ]);
  }

  /** Another month in the controls that are there; whoever holds the focus keeps it. */
  #move(ends: string[], at: number, end: string | null, months: number): void {
    const one = <T extends HTMLElement>(id: string) => this.place.querySelector<T>(`#${id}`)!;
    const slider = one<HTMLInputElement>("time-slider");
    if (slider.value !== String(at)) slider.value = String(at);
    slider.setAttribute("aria-valuetext", end === null ? t("window.none") : t("window.text", { months, end: monthText(end) }));
    one<HTMLSelectElement>("time-end").value = end ?? "";
    const still = slider.disabled;
    for (const id of ["time-first", "time-back"]) one<HTMLButtonElement>(id).disabled = still || at === 0;
    for (const id of ["time-next", "time-last"]) one<HTMLButtonElement>(id).disabled = still || at === ends.length - 1;
    setText(one("time-note"), this.#said(end, months, still));
    this.#compareLater();
  }

  /** The months to compare with follow once the steps rest. */
  readonly #compareLater = debounce(() => {
    const { months, ends, whyStill } = timeline(this.store.state, this.config);
    const place = this.place.querySelector(".time__compare");
    if (!place || this.store.state.vs !== null || place.contains(document.activeElement)) return;
    place.replaceWith(this.#compareChoice(ends, months, endOf(this.store.state, this.config), whyStill !== null));
  }, 200);

  #said(end: string | null, months: number, still: boolean): string {
    const { state } = this.store;
    return [timeline(state, this.config).whyStill, !still && isTooFineForMonths(state.l) ? t("time.tooFine") : null, this.#note(end, months)].filter(Boolean).join(" ");
  }

  async play(): Promise<void> {
    const { ends } = timeline(this.store.state, this.config);
    const end = endOf(this.store.state, this.config);
    if (ends.length < 2) return;
    this.#playing = true;
    if (end === ends.at(-1)) this.#go(ends[0]);
    this.render();
    this.say(t("time.started"));
    while (this.#playing) {
      // One picture a step and no queue: the next step waits for the canvas and for its beat.
      await Promise.all([this.drawn(), new Promise((done) => setTimeout(done, BEAT))]);
      const line = timeline(this.store.state, this.config).ends;
      const next = line[line.indexOf(endOf(this.store.state, this.config) ?? "") + 1];
      if (!this.#playing) return;
      if (next === undefined) return this.stop();
      this.#go(next);
    }
  }

  stop(): void {
    if (!this.#playing) return;
    this.#playing = false;
    this.render();
    const end = endOf(this.store.state, this.config);
    this.say(t("time.stopped", { end: end ? monthText(end) : "" }));
  }

  get isPlaying(): boolean {
    return this.#playing;
  }

  #go(end: string | undefined): void {
    if (end !== undefined) this.store.set({ end: end === themeOf(this.config, this.store.state.t).window?.to ? null : end }, { replace: true });
  }

  #windowChoice(state: State): HTMLElement {
    const year = windowMonths({ ...state, w: "12" }, this.config);
    const isFine = isTooFineForMonths(state.l);
    const options: [WindowKind, string][] = [["12", year === 12 ? t("time.year") : t("time.all", { months: year })], ["q", t("time.quarter")], ["1", t("time.month")]];
    return h("span", {},
      h("label", { for: "time-window", class: "visually-hidden" }, t("time.window")),
      h("select", { id: "time-window", class: "govuk-select time__select", title: isFine ? t("time.tooFine") : null, onchange: (event: Event) => this.store.set({ w: (event.target as HTMLSelectElement).value as WindowKind }) },
        options.map(([value, label]) => h("option", { value, selected: value === windowKind(state), disabled: value === "1" && isFine }, label)),
      ),
    );
  }

  #endChoice(ends: string[], end: string | null, still: boolean): HTMLElement {
    return h("span", {},
      h("label", { for: "time-end" }, t("time.to")), " ",
      h("select", { id: "time-end", class: "govuk-select time__select", disabled: still, onchange: (event: Event) => { this.stop(); this.#go((event.target as HTMLSelectElement).value); } },
        [...ends].reverse().map((one) => h("option", { value: one, selected: one === end }, monthText(one))),
      ),
    );
  }

  /** Another window beside this one, and how the two are shown. */
  #compareChoice(ends: string[], months: number, end: string | null, still: boolean): HTMLElement {
    const { state } = this.store;
    const kind = compareKind(state, this.config);
    const other = kind ? otherEnd(state, this.config) : null;
    // Windows that share a month have no difference to tell.
    const isApart = (one: string) => Math.abs(monthNumber(one) - monthNumber(end!)) >= months;
    const choices = end === null ? [] : ends.filter((one) => one === other || (one !== end && (kind !== "diff" || isApart(one)))).reverse();
    const yearBefore = end === null ? null : monthOf(monthNumber(end) - Math.max(12, months));
    const ways = isPhone() ? [] : (["swipe", "side", "diff"] as Compare[]);
    // Views that stand still have nothing to compare.
    if (!movesInTime(state.v)) return h("div", { hidden: true });
    return h("div", { class: "time__compare" },
      h("label", { for: "compare" }, t("compare.label")), " ",
      h("select", { id: "compare", class: "govuk-select time__select", disabled: still || choices.length === 0, onchange: (event: Event) => { this.stop(); this.store.set({ vs: (event.target as HTMLSelectElement).value || null }); } },
        h("option", { value: "" }, t("compare.none")),
        choices.map((one) => h("option", { value: one, selected: one === other }, one === yearBefore ? t("compare.yearBefore", { end: monthText(one) }) : monthText(one)))),
      kind && ways.length ? h("div", { class: "tabs", role: "group", "aria-label": t("compare.how") }, ways.map((way) =>
        h("button", { type: "button", id: `compare-${way}`, class: "tab", "aria-pressed": String(kind === way), onclick: () => this.store.set({ cmp: way }) }, t(`compare.${way}` as WordKey)))) : null,
      kind === "swipe" ? this.divider() : null,
      kind ? h("button", { type: "button", id: "compare-stop", class: "link-button", onclick: () => this.store.set({ vs: null }) }, t("compare.stop")) : null);
  }

  /** Marks on the track by the windows' last months: hatched gaps, ◆ at breaks, stripes over the provisional end. */
  #marks(ends: string[], months: number): SVGSVGElement {
    const theme = themeOf(this.config, this.store.state.t);
    const picture = svg("svg", { class: "time__marks", viewBox: "0 0 1000 20", preserveAspectRatio: "none", "aria-hidden": "true" });
    picture.append(svg("defs", {},
      svg("pattern", { id: "time-gap", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("rect", { width: 2, height: 8, class: "time__hatch" })),
      svg("pattern", { id: "time-provisional", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, svg("rect", { width: 2, height: 6, class: "time__stripe" })),
    ));
    if (ends.length < 2) return picture;
    const last = ends.length - 1;
    const left = (place: number) => (place / last) * 1000;
    const box = (from: number, to: number, fill: string) => {
      const x = Math.max(0, left(from - 0.5));
      picture.append(svg("rect", { x, y: 4, width: Math.max(0, Math.min(1000, left(to + 0.5)) - x), height: 12, fill: `url(#${fill})` }));
    };
    const missing = theme.missing.map(monthNumber);
    ends.forEach((end, place) => {
      const number = monthNumber(end);
      if (missing.some((month) => month <= number && month > number - months)) box(place, place, "time-gap");
      if (number > monthNumber(this.config.dataMonth) - PROVISIONAL) box(place, place, "time-provisional");
    });
    for (const one of theme.breaks) {
      const place = ends.findIndex((end) => monthNumber(end) >= monthNumber(one.month));
      if (place < 0) continue;
      const mark = svg("path", { d: `M${left(place)} 1 l8 9 l-8 9 l-8 -9 z`, class: "time__break" }, svg("title", {}, `${monthText(one.month)}: ${one.text}`));
      picture.append(mark);
    }
    return picture;
  }

  /** What has to be said about the window that is shown; the title says it too. */
  #note(end: string | null, months: number): string {
    return end === null ? "" : [...windowNotes(end, months, this.store.state, this.config), ...(isProvisional(end, this.config) ? [t("time.provisional")] : [])].join(" ");
  }
}

/** Sentences about a window: a month without data, a break of recording that it crosses, a provisional end. */
export function windowNotes(end: string, months: number, state: State, config: Config): string[] {
  const theme = themeOf(config, state.t);
  const last = monthNumber(end);
  const within = (month: string) => monthNumber(month) <= last && monthNumber(month) > last - months;
  const missing = theme.missing.filter(within);
  const breaks = theme.breaks.filter((one) => within(one.month) && monthNumber(one.month) > last - months + 1);
  return [
    ...(missing.length ? [t("time.gap", { months: missing.map(monthText).join(", ") })] : []),
    ...breaks.map((one) => t("time.break", { month: monthText(one.month), text: one.text.replace(/\.$/, "") })),
  ];
}

/** Whether the window holds months that its sources still correct. */
export function isProvisional(end: string, config: Config): boolean {
  return monthNumber(end) > monthNumber(config.dataMonth) - PROVISIONAL;
}

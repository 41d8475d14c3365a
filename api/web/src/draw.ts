/** Draw a shape, get its totals from the service: by mouse, by touch, or by keys at the cross-hair. */

import { ApiError, type Api, type FeatureCollection } from "./api";
import { movesInTime } from "./classes";
import { themeOf, type Config } from "./config";
import { announce, h } from "./dom";
import { AREAS } from "./filters";
import type { SafetyMap } from "./map";
import type { Names } from "./names";
import { decode, encode, MOST_CORNERS, type Corner } from "./polyline";
import { isNumber, percent, type Row } from "./sentences";
import type { State } from "./state";
import type { Store } from "./store";
import { monthText, numberText, t } from "./words";
import { endOf, monthNumber, monthOf, windowMonths } from "./windows";

interface Total {
  theme: string; zones: number; zones_hidden: number; zones_without_data: number; incidents: number | null;
  incidents_low: number | null; incidents_high: number | null; window: { window_start: string | null; window_end: string | null };
}
interface Answer { shape_km2: number; rule: string; totals: Total[]; hotspot_areas: { area_id: string; name: string; theme: string }[]; publication: { can_i_publish_this: string } }

interface Rerun extends FeatureCollection {
  zones: number; hotspots: number; expected_error_share: number | null; why_no_statistics: string | null; rule: string;
  window: { from: string; to: string };
}

/** So many places of the list are named; the map outlines them all. */
const MOST_NAMED = 12;

export class Draw {
  /** Outlines of the zones that the rule found in the shape. */
  #found: GeoJSON.Feature[] = [];
  #corners: Corner[] = [];
  #isDrawing = false;
  #shown = "";

  constructor(readonly place: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store, readonly map: SafetyMap, readonly names: Names) {
    map.map.on("click", (event) => { if (this.#isDrawing) this.#add([event.lngLat.lng, event.lngLat.lat]); });
  }

  get isDrawing(): boolean {
    return this.#isDrawing;
  }

  start(): void {
    this.store.set({ poly: null });
    this.#corners = [];
    this.#setDrawing(true);
    this.#render();
    this.map.map.getCanvas().focus();
    announce(t("draw.how"));
  }

  /** Keys while the map has the focus: Enter sets a corner at the cross-hair, Backspace takes one back. */
  press(key: string): boolean {
    if (!this.#isDrawing) return false;
    const { lng, lat } = this.map.map.getCenter();
    if (key === "Enter") this.#add([lng, lat]);
    else if (key === "Backspace") this.#takeBack();
    else if (key === "Escape") this.clear();
    else return false;
    return true;
  }

  clear(): void {
    this.#corners = [];
    this.#found = [];
    this.#setDrawing(false);
    this.store.set({ poly: null });
    this.place.replaceChildren();
    this.#draw();
  }

  async show(state: State): Promise<void> {
    const key = state.poly ? `${state.poly} ${state.l} ${state.t}` : "";
    if (key === this.#shown || this.#isDrawing) return;
    this.#shown = key;
    this.#found = [];
    if (!state.poly) {
      this.#corners = [];
      this.#draw();
      return this.place.replaceChildren();
    }
    this.#corners = decode(state.poly) ?? [];
    this.#draw();
    await this.#ask(state, key);
  }

  #setDrawing(on: boolean): void {
    this.#isDrawing = on;
    this.map.isDrawing = on;
    this.map.map.getContainer().classList.toggle("is-drawing", on);
  }

  #add(corner: Corner): void {
    if (this.#corners.length >= MOST_CORNERS) return announce(t("draw.tooMany", { n: MOST_CORNERS }));
    this.#corners.push(corner);
    this.#draw();
    this.#render();
    announce(t("draw.corners", { n: this.#corners.length }));
  }

  #takeBack(): void {
    this.#corners.pop();
    this.#draw();
    this.#render();
    announce(t("draw.corners", { n: this.#corners.length }));
  }

  #finish(): void {
    this.#setDrawing(false);
    this.store.set({ poly: encode(this.#corners) });
  }

  #draw(): void {
    const ring = this.#corners.length > 2 ? [...this.#corners, this.#corners[0]!] : this.#corners;
    const features: GeoJSON.Feature[] = this.#found.map((one) => ({ type: "Feature", properties: {}, geometry: one.geometry }));
    features.push(...this.#corners.map<GeoJSON.Feature>((corner) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: corner } })));
    if (ring.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: ring } });
    this.map.setShapes("drawn", features);
  }

  #render(): void {
    const n = this.#corners.length;
    this.place.replaceChildren(card(t("draw.title"), () => this.clear(),
      h("p", { class: "govuk-body-s" }, t("draw.how")),
      h("p", { class: "govuk-body-s" }, t("draw.corners", { n })),
      h("button", { type: "button", id: "draw-corner", class: "tab", onclick: () => this.press("Enter") }, t("draw.add")), " ",
      h("button", { type: "button", id: "draw-back", class: "tab", disabled: n === 0, onclick: () => this.#takeBack() }, t("draw.back")), " ",
      h("button", { type: "button", id: "draw-finish", class: "tab", disabled: n < 3, onclick: () => this.#finish() }, t("draw.finish"))));
  }

  async #ask(state: State, key: string): Promise<void> {
    this.place.replaceChildren(card(t("draw.result"), () => this.clear(), h("p", { class: "govuk-body-s" }, t("panel.loading"))));
    const ring = [...this.#corners, this.#corners[0]!];
    const address = this.api.address("analysis/totals", { layer: state.l, theme: state.t });
    try {
      const found = await this.api.post<Answer>(address, { type: "Polygon", coordinates: [ring] });
      if (this.#shown === key) this.place.replaceChildren(this.#result(found));
      announce(this.place.querySelector("#draw-total")?.textContent ?? "");
    } catch (error) {
      if (this.#shown === key) this.place.replaceChildren(card(t("draw.result"), () => this.clear(), h("p", { class: "govuk-body-s", id: "draw-problem" }, error instanceof ApiError ? error.detail : t("table.failed"))));
    }
  }

  #result(found: Answer): HTMLElement {
    const total = found.totals[0]!;
    const noun = themeOf(this.config, total.theme).noun;
    const { window_start: from, window_end: end } = total.window;
    const window = { from: from ? monthText(from) : "", end: end ? monthText(end) : "", noun };
    const text = total.incidents !== null ? t("draw.total", { ...window, n: numberText(total.incidents) })
      : total.incidents_low !== null && total.incidents_high !== null ? t("draw.range", { ...window, low: numberText(total.incidents_low), high: numberText(total.incidents_high) })
      : t("draw.noTotal");
    return card(t("draw.result"), () => this.clear(),
      h("p", { class: "panel__lead", id: "draw-total", "data-low": total.incidents_low, "data-high": total.incidents_high, "data-total": total.incidents }, text),
      h("p", { class: "govuk-body-s" }, t("draw.size", { km2: numberText(Math.round(found.shape_km2 * 100) / 100), zones: numberText(total.zones), hidden: numberText(total.zones_hidden) })),
      total.zones_without_data ? h("p", { class: "govuk-body-s" }, t("draw.without", { n: total.zones_without_data })) : null,
      h("h3", { class: "panel__heading" }, t("draw.areas", { n: found.hotspot_areas.length })),
      h("ul", { class: "panel__list" }, found.hotspot_areas.map((one) => h("li", {}, h("button", { type: "button", class: "link-button", onclick: () => this.store.set({ s: { layer: AREAS, id: one.area_id } }) }, one.name)))),
      h("div", { id: "draw-rule" }, h("button", { type: "button", id: "draw-rerun", class: "tab", onclick: () => void this.#rerun() }, t("draw.rerun"))),
      h("p", { class: "panel__small" }, found.rule),
      h("p", { class: "panel__small" }, t("download.publish"), " ", found.publication.can_i_publish_this));
  }

  /** The hotspot rule for the window on the screen, of the zones in the shape: the list is that of the whole study. */
  async #rerun(): Promise<void> {
    const { state } = this.store;
    const place = this.place.querySelector<HTMLElement>("#draw-rule");
    if (!place) return;
    place.replaceChildren(h("p", { class: "govuk-body-s" }, t("panel.loading")));
    const end = movesInTime(state.v) ? endOf(state, this.config) : null;
    const months = end === null ? {} : { from: monthOf(monthNumber(end) - windowMonths(state, this.config) + 1), to: end };
    const address = this.api.address("analysis/hotspots", { layer: state.l, theme: state.t, ...months });
    const key = this.#shown;
    try {
      await this.names.ready.catch(() => undefined);
      const found = await this.api.post<Rerun>(address, { type: "Polygon", coordinates: [[...this.#corners, this.#corners[0]!]] });
      if (this.#shown !== key) return;
      this.#found = found.features as unknown as GeoJSON.Feature[];
      this.#draw();
      place.replaceChildren(...this.#list(found, state));
      announce(place.querySelector("#draw-listed")?.textContent ?? "");
    } catch (error) {
      if (this.#shown === key) place.replaceChildren(h("p", { class: "govuk-body-s", id: "draw-rerun-problem" }, error instanceof ApiError ? error.detail : t("table.failed")));
    }
  }

  #list(found: Rerun, state: State): HTMLElement[] {
    const { study, level } = this.config;
    const window = { from: monthText(found.window.from), end: monthText(found.window.to) };
    const head = h("h3", { class: "panel__heading" }, t("draw.rerunTitle", window));
    if (found.why_no_statistics) return [head, h("p", { class: "govuk-body-s", id: "draw-listed" }, found.why_no_statistics)];
    const chance = (row: Row) => (isNumber(row.probability) ? percent(row.probability) : "");
    const ranked = [...found.features].sort((one, other) => Number(other.properties.probability ?? 0) - Number(one.properties.probability ?? 0));
    const left = ranked.length - MOST_NAMED;
    return [head,
      h("p", { class: "govuk-body-s", id: "draw-listed", "data-listed": found.numberReturned }, t("draw.listed", { n: numberText(found.numberReturned), zones: numberText(found.zones), level: numberText(level), study })),
      ...(found.expected_error_share === null ? [] : [h("p", { class: "govuk-body-s" }, t("draw.listError", { all: numberText(found.hotspots), study, share: percent(found.expected_error_share) }))]),
      h("ul", { class: "panel__list" }, ranked.slice(0, MOST_NAMED).map((one) => h("li", {},
        h("button", { type: "button", class: "link-button", onclick: () => this.store.set({ s: { layer: state.l, id: one.id } }) }, this.names.of(one.properties)), ` ${chance(one.properties)}`))),
      ...(left > 0 ? [h("p", { class: "panel__small" }, t("draw.more", { n: left }))] : []),
      h("p", { class: "panel__small" }, found.rule)];
  }
}

function card(title: string, close: () => void, ...children: (Node | string | null)[]): HTMLElement {
  return h("section", { class: "card", "aria-label": title },
    h("div", { class: "panel__head" }, h("h2", { class: "panel__heading" }, title), h("button", { type: "button", class: "panel__close", "aria-label": t("draw.close"), onclick: close }, "✕")), children);
}

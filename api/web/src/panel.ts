/** A place explained: sentences, months, steps, why, cautions. Every number is the API's, with its address beside it. */

import { ApiError, type Api, type Feature } from "./api";
import { middleOf } from "./camera";
import type { Series, Whole } from "./chart";
import { listOf, themeOf, themeShown, type Config } from "./config";
import { announce, h } from "./dom";
import { AREAS } from "./filters";
import type { Names, Place } from "./names";
import { changeSentence, chanceSentence, classSentences, countSentence, countText, harmSentence, isNumber, monthOfDay, percent, rankSentence, ratioSentence, rules, shareSentence, times, venueSentence, type Row } from "./sentences";
import type { State } from "./state";
import type { Store } from "./store";
import { monthText, numberText, t } from "./words";
import { monthNumber, monthOf } from "./windows";

const NEAR_M = 800;
const MOST_CELLS = 12;

interface Likeness { per_km2: { compared: number; lower: number; higher: number; median: number | null } }
interface Item extends Feature { publication?: { caveats: string[]; can_i_publish_this: string } }

export class Panel {
  #shown = "";
  #restore: HTMLElement | null = null;

  constructor(
    readonly place: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store, readonly names: Names,
    readonly picked: (geometry: GeoJSON.Geometry | null) => void,
  ) {
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  /** Show what the state selects; the focus goes to the heading when a reader has just selected it. */
  async show(state: State, { focus }: { focus: boolean }): Promise<void> {
    const key = state.s ? `${state.t} ${state.s.layer} ${state.s.id}` : "";
    if (key === this.#shown) return;
    this.#shown = key;
    if (!state.s) {
      this.place.hidden = true;
      this.picked(null);
      return this.place.replaceChildren();
    }
    if (focus && document.activeElement instanceof HTMLElement && !this.place.contains(document.activeElement)) this.#restore = document.activeElement;
    this.place.hidden = false;
    this.place.replaceChildren(this.#head(t("panel.loading"), ""));
    try {
      await this.names.ready.catch(() => undefined);
      const item = await this.api.item(state.s.layer, themeShown(this.config, state.s.layer, state.t), state.s.id) as Item;
      if (this.#shown !== key) return;
      this.picked(item.geometry);
      if (!listOf(this.config, state.s.layer)) return await this.#fill(state, item, key, focus);
      const { listParts } = await import("./lists/panel");
      const parts = await listParts(this.api, this.config, state);
      if (this.#shown !== key) return;
      this.#put([this.#head(parts.name, parts.sub), ...parts.elements], parts.name, focus);
    } catch (error) {
      if (this.#shown !== key) return;
      const detail = error instanceof ApiError ? error.detail : String(error);
      this.place.replaceChildren(this.#head(t("panel.failed"), ""), h("p", { class: "govuk-body-s" }, detail));
    }
  }

  close(): void {
    this.store.set({ s: null });
    (this.#restore?.isConnected ? this.#restore : document.querySelector<HTMLElement>("#map canvas"))?.focus();
    this.#restore = null;
  }

  async #fill(state: State, item: Item, key: string, focus: boolean): Promise<void> {
    const { layer, id } = state.s!;
    const row: Row = item.properties;
    const isArea = layer === AREAS;
    const address = this.#itemAddress(layer, id, state.t);
    // An area has its months and steps at the cell in its middle, after which it is called.
    const middle = isArea ? String(id).slice(state.t.length + 1) : id;
    const cells = isArea ? String(row.zones ?? "").split(";").filter(Boolean) : [];
    const cellLayer = isArea ? this.config.startLayer : layer;
    const hasMiddle = !isArea || cells.includes(middle);
    const peak: Row = isArea && hasMiddle ? (await this.api.item(cellLayer, state.t, middle)).properties : row;
    if (this.#shown !== key) return;
    const chart = h("div", { class: "panel__chart" }, h("p", { class: "govuk-body-s" }, t("panel.loading")));
    const like = h("div", {});
    const near = this.#stationsNear(item.geometry);
    const parts = [
      this.#head(this.names.of(row), [this.names.boroughsOf(row), row.is_cross_border ? t("panel.crossBorder") : ""].filter(Boolean).join(" · ")),
      this.#sentences(row, peak, state, isArea, address),
      hasMiddle ? section(t("panel.months"), isArea ? h("p", { class: "panel__small" }, t("panel.monthsOfMiddle", { cell: middle })) : null, chart) : null,
      this.#strip(peak, isArea),
      section(t("panel.numbers"), this.#facts(row, isArea), source(address), like),
      this.#why(peak, isArea),
      this.#cautions(row, peak, item),
      near.length ? section(t("panel.near"), h("ul", { class: "panel__list" }, near.map((one) => h("li", {}, t("panel.station", { name: one.name, metres: numberText(Math.round(one.metres / 50) * 50) })))), h("p", { class: "panel__small" }, t("panel.nearNote"))) : null,
      isArea ? this.#cells(cells, cellLayer) : null,
      this.#links(layer, id, state, item),
    ];
    this.#put(parts, this.names.of(row), focus);
    await Promise.all([hasMiddle ? this.#months(chart, cellLayer, middle, row, state) : null, isArea ? null : this.#likeness(like, layer, id, state)]);
  }

  #put(parts: (HTMLElement | null)[], name: string, focus: boolean): void {
    this.place.replaceChildren(...parts.filter((part) => part !== null));
    if (focus) this.place.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
    announce(t("panel.opened", { name }));
  }

  #head(title: string, sub: string): HTMLElement {
    const size = (height: string, label: string) =>
      h("button", { type: "button", class: "tab", id: `sheet-${height}`, onclick: () => (this.place.dataset.height = height) }, label);
    const sheet = h("div", { class: "sheet", role: "group", "aria-label": t("panel.size") }, size("peek", t("panel.peek")), size("half", t("panel.half")), size("full", t("panel.full")));
    return h("div", { class: "panel__head" },
      h("div", {}, sheet, h("h2", { tabindex: -1, id: "panel-title", class: "panel__title" }, title), sub ? h("p", { class: "panel__sub" }, sub) : null),
      h("button", { type: "button", id: "panel-close", class: "panel__close", "aria-label": t("panel.close"), onclick: () => this.close() }, "✕"));
  }

  #sentences(row: Row, peak: Row, state: State, isArea: boolean, address: string): HTMLElement {
    const theme = themeOf(this.config, state.t);
    const { study, level } = this.config;
    const about: Row = isArea ? { ...peak, class: row.class ?? null, tier: row.tier ?? null, stability: row.stability ?? null } : row;
    const said = [
      classSentences(about, theme, this.names.where(row)).join(" "),
      [countSentence(row), changeSentence(row, study)].filter(Boolean).join(" "),
      chanceSentence(row, level, study),
      [rankSentence(row), shareSentence(row, study)].filter(Boolean).join(" "),
      venueSentence(isArea ? { ...peak, incidents: row.incidents } : row),
      theme.note,
    ].filter(Boolean);
    return h("div", { class: "panel__summary" }, said.map((one) => h("p", {}, one)), source(address));
  }

  #facts(row: Row, isArea: boolean): HTMLElement {
    const { study } = this.config;
    const list = h("dl", { class: "facts" });
    const add = (name: string, column: string, text: string) => {
      if (text) list.append(h("div", {}, h("dt", {}, name), h("dd", {}, h("data", { "data-column": column, value: String(row[column] ?? "") }, text))));
    };
    add(t("fact.reports"), "incidents_band", countText(row));
    if (isNumber(row.incidents_previous)) add(t("fact.before"), "incidents_previous", numberText(row.incidents_previous));
    if (isNumber(row.per_km2)) add(t("fact.density"), "per_km2", numberText(row.per_km2));
    add(t("fact.rank"), "rank", rankSentence(row));
    add(t("fact.ratio"), "ratio", ratioSentence(row, study));
    if (isNumber(row.ratio_borough)) add(t("fact.borough"), "ratio_borough", t("fact.timesBorough", { n: times(row.ratio_borough) }));
    if (isNumber(row.probability)) add(t("fact.chance"), "probability", percent(row.probability));
    if (isNumber(row.stability) && row.class && row.class !== "none") add(t("fact.stability"), "stability", percent(row.stability));
    add(t("fact.harm"), "harm_cchi", harmSentence(row));
    if (isArea && isNumber(row.cells)) add(t("fact.cells"), "cells", t("fact.cellsText", { n: row.cells, km2: numberText(Number(row.area_km2)) }));
    if (isArea && row.first_hot) add(t("fact.first"), "first_hot", monthText(monthOfDay(row.first_hot)));
    return list;
  }

  /** The steps one by one; each is the year that ends with a quarter. */
  #strip(row: Row, isArea: boolean): HTMLElement {
    const steps = typeof row.hot_by_step === "string" ? row.hot_by_step : "";
    if (!isNumber(row.steps) || !isNumber(row.steps_hot)) return h("div", {});
    const last = monthNumber(monthOfDay(row.window_end));
    const signs: Record<string, [string, string]> = { "1": ["✓", "strip__hot"], "0": ["–", "strip__not"], "-": ["", "strip__gap"] };
    const words: Record<string, string> = { "1": t("strip.hot"), "0": t("strip.not"), "-": t("strip.gap") };
    const boxes = [...steps].map((one, at) => {
      const end = monthText(monthOf(last - 3 * (steps.length - 1 - at)));
      return h("span", { class: `strip__step ${signs[one]?.[1] ?? ""}`, title: `${t("strip.yearTo", { end })}: ${words[one] ?? ""}` }, signs[one]?.[0] ?? "");
    });
    return section(t("strip.title"),
      h("p", { class: "panel__small" }, t("strip.told", { hot: row.steps_hot, steps: row.steps }), isArea ? ` ${t("panel.monthsOfMiddle", { cell: String(row.zone_id ?? "") })}` : ""),
      boxes.length ? h("div", { class: "strip", role: "img", "aria-label": t("strip.told", { hot: row.steps_hot, steps: row.steps }) }, boxes) : null,
      h("p", { class: "panel__small" }, t("strip.key")));
  }

  #why(row: Row, isArea: boolean): HTMLElement {
    const list = rules(row, this.config.level).map((rule) =>
      h("li", { class: rule.isMet ? "rule rule--met" : "rule" }, h("span", { "aria-hidden": "true" }, rule.isMet ? "✓ " : "– "), h("span", { class: "visually-hidden" }, rule.isMet ? t("rule.met") : t("rule.notMet")), rule.text));
    return h("details", { class: "panel__more" }, h("summary", {}, t("panel.why")),
      isArea ? h("p", { class: "panel__small" }, t("panel.whyMiddle")) : null,
      typeof row.why === "string" ? h("p", {}, row.why) : null,
      h("ul", { class: "panel__rules" }, list));
  }

  #cautions(row: Row, peak: Row, item: Item): HTMLElement {
    const own = String(row.caution ?? peak.caution ?? "").split(/(?<=\.) (?=[A-Z0-9])/).filter(Boolean);
    const all = [...new Set([...own, ...(item.publication?.caveats ?? this.config.caveats)])];
    return h("details", { class: "panel__more", open: false }, h("summary", {}, t("panel.cautions", { n: all.length })), h("ul", { class: "panel__list" }, all.map((one) => h("li", {}, one))));
  }

  #cells(cells: string[], layer: string): HTMLElement {
    const shown = cells.slice(0, MOST_CELLS);
    return h("details", { class: "panel__more" }, h("summary", {}, t("panel.cells", { n: cells.length })),
      h("ul", { class: "panel__list" }, shown.map((id) => h("li", {}, h("button", { type: "button", class: "link-button", onclick: () => this.store.set({ s: { layer, id } }) }, id)))),
      cells.length > shown.length ? h("p", { class: "panel__small" }, t("panel.moreCells", { n: cells.length - shown.length })) : null);
  }

  #links(layer: string, id: string, state: State, item: Item): HTMLElement {
    const own = this.#itemAddress(layer, id, state.t);
    const link = (href: string, text: string) => h("li", {}, h("a", { href }, text));
    return section(t("panel.links"),
      h("ul", { class: "panel__list" },
        link(this.api.address(`map/place/${layer}/${encodeURIComponent(id)}`, { theme: state.t }), t("panel.page")),
        link(this.api.address(`collections/${layer}/items/${encodeURIComponent(id)}`, { theme: state.t, f: "html" }), t("panel.allNumbers")),
        link(own, t("panel.api")),
        layer === AREAS ? null : link(this.api.address(`collections/${layer}/items/${encodeURIComponent(id)}/similar`, { theme: state.t, f: "html" }), t("panel.similar")),
      ),
      item.publication ? h("p", { class: "panel__small" }, t("download.publish"), " ", item.publication.can_i_publish_this) : null);
  }

  async #months(place: HTMLElement, layer: string, id: string, row: Row, state: State): Promise<void> {
    const of = (name: string, zone: string) => this.api.address(`collections/${name}/items/${encodeURIComponent(zone)}/series`, { theme: state.t });
    // What draws lines is the largest part of the page after the map itself: the first map does not wait for it.
    const charts = import("./chart");
    try {
      const own = await this.api.get<Series>(of(layer, id));
      const code = String(row.borough_code ?? String(row.boroughs ?? "").split(";")[0] ?? "");
      const name = this.names.borough(code);
      const isBorough = layer === "boroughs";
      const beside = name && !isBorough ? await this.api.get<Series>(of("boroughs", code)).then((series) => ({ name, series })).catch(() => null) : null;
      const whole = layer === "boroughs" || !beside ? this.api.address(`values/${layer}/study`, { theme: state.t }) : this.api.address("values/boroughs/study", { theme: state.t });
      const study = await this.api.get<Omit<Whole, "name">>(whole).then((found) => ({ ...found, name: this.config.study })).catch(() => null);
      const width = Math.max(260, place.clientWidth || 320);
      const { monthlyChart } = await charts;
      place.replaceChildren(monthlyChart(width, own, beside, study, themeOf(this.config, state.t).noun), source(of(layer, id)));
    } catch (error) {
      place.replaceChildren(h("p", { class: "govuk-body-s" }, error instanceof ApiError ? error.detail : t("panel.noMonths")));
    }
  }

  async #likeness(place: HTMLElement, layer: string, id: string, state: State): Promise<void> {
    const address = this.api.address(`collections/${layer}/items/${encodeURIComponent(id)}/similar`, { theme: state.t });
    const found = await this.api.get<Likeness>(address).catch(() => null);
    if (!found?.per_km2 || !found.per_km2.compared) return;
    const { compared, lower, higher } = found.per_km2;
    place.replaceChildren(h("p", { class: "panel__small" }, t("panel.likeness", { compared, lower, higher }), " "), source(address));
  }

  #stationsNear(geometry: GeoJSON.Geometry | null): (Place & { metres: number })[] {
    if (!geometry) return [];
    const [lon, lat] = middleOf(geometry);
    const metresPerDegree = 111_195;
    return this.names.places
      .filter((one) => one.kind === "station")
      .map((one) => ({ ...one, metres: Math.hypot((one.box[0] - lon) * Math.cos((lat * Math.PI) / 180), one.box[1] - lat) * metresPerDegree }))
      .filter((one) => one.metres <= NEAR_M)
      .sort((one, other) => one.metres - other.metres)
      .slice(0, 5);
  }

  #itemAddress(layer: string, id: string, theme: string): string {
    return this.api.address(`collections/${layer}/items/${encodeURIComponent(id)}`, { theme });
  }
}

function section(title: string, ...children: (HTMLElement | null)[]): HTMLElement {
  return h("section", { class: "panel__part" }, h("h3", { class: "panel__heading" }, title), children);
}

function source(address: string): HTMLElement {
  return h("p", { class: "panel__source" }, h("a", { href: address }, t("panel.source")));
}

/** The map's results as a table: same filter, the API's order, 50 rows a page, each row back to the map. */

import { ApiError, type Api, type Feature, type FeatureCollection } from "./api";
import { boxOf } from "./camera";
import { signOf } from "./classes";
import type { Config } from "./config";
import { h, keepFocus } from "./dom";
import { AREAS, droppable, filterCount, itemsQuery } from "./filters";
import type { Names } from "./names";
import { countText, isNumber, percent, type Row } from "./sentences";
import type { State } from "./state";
import type { Store } from "./store";
import { hasWord, monthText, numberText, t } from "./words";
import { isOwnWindow } from "./windows";
import { layerOf, themeOf } from "./config";

const PAGE = 50;

export interface Column {
  /** Column of the API by which this one sorts; null cannot be sorted by. */
  name: string | null;
  head: string;
  isNumber: boolean;
  text: (row: Row) => string;
  /** A picture beside the text. */
  picture?: (row: Row) => Node | null;
}

export class Table {
  #shown = "";

  constructor(
    readonly place: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store, readonly names: Names,
    readonly pointOut: (layer: string, id: string | null) => void, readonly fit: (box: [number, number, number, number]) => void,
  ) {}

  layer(state: State): string {
    return state.rows === "areas" && this.config.hasAreas ? AREAS : state.l;
  }

  /** Address of what the table shows, whole or by page. */
  address(state: State, more: Record<string, string | number | null> = {}): string {
    const layer = this.layer(state);
    return this.api.address(`collections/${layer}/items`, { ...this.query(state), sortby: this.#sort(state), ...more });
  }

  async show(state: State): Promise<void> {
    this.place.hidden = state.tab === "map";
    if (this.place.hidden) return;
    const address = this.address(state, { limit: PAGE, cursor: state.cursor });
    if (address === this.#shown) return;
    this.#shown = address;
    this.place.setAttribute("aria-busy", "true");
    try {
      await this.names.ready.catch(() => undefined);
      const found = await this.api.get<FeatureCollection>(address);
      if (this.#shown === address) this.#render(state, found, address);
    } catch (error) {
      this.#shown = "";
      keepFocus(this.place, [h("p", { class: "govuk-body" }, error instanceof ApiError ? error.detail : t("table.failed"))]);
    }
    this.place.removeAttribute("aria-busy");
  }

  #sort(state: State): string {
    const known = this.columns(this.layer(state)).some((one) => one.name !== null && one.name === state.sort?.replace(/^-/, ""));
    return state.sort && known ? state.sort : this.usualSort(state);
  }

  protected usualSort(_: State): string {
    return "-incidents";
  }

  /** Which rows: what the service is asked beside order and page. */
  protected query(state: State): Record<string, string | null> {
    return itemsQuery(state, this.config, this.layer(state));
  }

  /** Another table has written into the place. */
  forget(): void {
    this.#shown = "";
  }

  #render(state: State, found: FeatureCollection, address: string): void {
    const layer = this.layer(state);
    const columns = this.columns(layer);
    const what = this.caption(state, found);
    const note = this.note(state);
    keepFocus(this.place, [
      this.choice(state),
      note ? h("p", { class: "govuk-body-s" }, note) : null,
      found.numberMatched === 0 ? this.empty(state) : h("div", { class: "table__scroll", tabindex: 0, role: "region", "aria-label": what },
        h("table", { class: "govuk-table table", role: "table" },
          h("caption", { class: "table__caption" }, what),
          h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map((one) => this.#head(one, state)), h("th", { scope: "col", role: "columnheader" }, h("span", { class: "visually-hidden" }, t("table.onMap"))))),
          h("tbody", { role: "rowgroup" }, found.features.map((one) => this.#row(one, columns, layer, state))),
        )),
      found.numberMatched ? this.#pages(found) : null,
      h("p", { class: "panel__source" }, h("a", { href: address }, t("panel.source"))),
    ]);
  }

  protected caption(state: State, found: FeatureCollection): string {
    const n = numberText(found.numberMatched);
    return this.layer(state) === AREAS ? t("table.areas", { n }) : t("table.zones", { n, layer: layerOf(this.config, state.l).label });
  }

  /** What has to be said of the rows. */
  protected note(state: State): string | null {
    const window = themeOf(this.config, state.t).window;
    return !isOwnWindow(state, this.config) && window ? t("table.window", { from: monthText(window.from), end: monthText(window.to) }) : null;
  }

  protected choice(state: State): HTMLElement | null {
    if (!this.config.hasAreas) return null;
    const one = (value: State["rows"], label: string) =>
      h("button", { type: "button", id: `rows-${value}`, class: "tab", "aria-pressed": String(state.rows === value), onclick: () => this.store.set({ rows: value, cursor: null, sort: null }) }, label);
    return h("div", { class: "table__choice", role: "group", "aria-label": t("table.rows") }, one("areas", t("table.areasTab")), one("zones", layerOf(this.config, state.l).label));
  }

  #head(column: Column, state: State): HTMLElement {
    const sort = this.#sort(state);
    const isBy = column.name !== null && sort.replace(/^-/, "") === column.name;
    const order = isBy ? (sort.startsWith("-") ? "descending" : "ascending") : null;
    // Asked at the moment of the press: two quick ones are over before the rows of the first have come.
    const turn = () => this.store.set({ sort: this.#sort(this.store.state) === `-${column.name}` ? column.name : `-${column.name}`, cursor: null });
    return h("th", { scope: "col", role: "columnheader", "aria-sort": order ?? (column.name ? "none" : null), class: column.isNumber ? "number" : null },
      column.name === null ? column.head
        : h("button", { type: "button", id: `sort-${column.name}`, class: "table__sort", onclick: turn }, column.head, h("span", { "aria-hidden": "true" }, order === "descending" ? " ▼" : order === "ascending" ? " ▲" : " ↕")));
  }

  #row(feature: Feature, columns: Column[], layer: string, state: State): HTMLElement {
    const row: Row = feature.properties;
    const isSelected = state.s?.layer === layer && state.s.id === feature.id;
    const view = () => {
      this.store.set({ s: { layer, id: feature.id }, tab: state.tab === "table" ? "both" : state.tab });
      if (feature.geometry) this.fit(boxOf(feature.geometry));
    };
    const element = h("tr", { role: "row", "data-id": feature.id, class: isSelected ? "table__selected" : null },
      columns.map((column, at) => at === 0
        ? h("th", { scope: "row", role: "rowheader" }, h("button", { type: "button", class: "link-button", id: `row-${feature.id}`, onclick: () => this.store.set({ s: { layer, id: feature.id } }) }, column.text(row)))
        : h("td", { role: "cell", class: column.isNumber ? "number" : null, "data-column": column.name, "data-head": column.head }, column.text(row), column.picture?.(row))),
      h("td", { role: "cell" }, h("button", { type: "button", class: "link-button", "aria-label": t("table.viewOnMap", { name: columns[0]!.text(row) }), onclick: view }, t("table.onMap"))));
    element.addEventListener("focusin", () => this.pointOut(layer, feature.id));
    element.addEventListener("mouseenter", () => this.pointOut(layer, feature.id));
    element.addEventListener("focusout", () => this.pointOut(layer, null));
    element.addEventListener("mouseleave", () => this.pointOut(layer, null));
    return element;
  }

  #pages(found: FeatureCollection): HTMLElement {
    const cursor = (rel: string) => {
      const link = found.links.find((one) => one.rel === rel);
      return link ? new URL(link.href).searchParams.get("cursor") : null;
    };
    const turn = (id: string, rel: string, label: string) => {
      const to = cursor(rel);
      return h("button", { type: "button", id, class: "govuk-button govuk-button--secondary table__turn", disabled: to === null, onclick: () => this.store.set({ cursor: to }) }, label);
    };
    return h("nav", { class: "table__pages", "aria-label": t("table.pages") }, turn("page-prev", "prev", t("table.prev")), h("span", {}, t("table.shown", { n: numberText(found.numberReturned), all: numberText(found.numberMatched) })), turn("page-next", "next", t("table.next")));
  }

  protected empty(state: State): HTMLElement {
    const filters = filterCount(state);
    const nearest = h("p", { class: "govuk-body", id: "table-nearest", hidden: true });
    if (filters > 1) void this.#nearest(state, nearest);
    return h("div", { class: "table__empty" },
      h("p", { class: "govuk-body" }, filters === 0 ? t("areas.none") : filters === 1 ? t("table.emptyOne") : t("table.empty", { n: filters })),
      nearest,
      filters ? h("button", { type: "button", class: "govuk-button govuk-button--secondary", onclick: () => this.store.set({ f: null, b: [], only: [], cursor: null }) }, t("filter.clear")) : null);
  }

  /** Which one filter to drop: the one without which fewest results are left, but some. */
  async #nearest(state: State, place: HTMLElement): Promise<void> {
    const found = await Promise.all(droppable(state, this.names).map(async (one) => {
      const address = this.address({ ...state, ...one.without }, { limit: 1 });
      return { ...one, rows: (await this.api.get<FeatureCollection>(address).catch(() => null))?.numberMatched ?? 0 };
    }));
    const [best] = found.filter((one) => one.rows > 0).sort((one, other) => one.rows - other.rows);
    if (!best || !place.isConnected) return;
    place.hidden = false;
    place.replaceChildren(t("table.nearest", { n: numberText(best.rows), filter: best.label }), " ",
      h("button", { type: "button", id: "table-drop", class: "link-button", onclick: () => this.store.set({ ...best.without, cursor: null }) }, t("table.drop")));
  }

  protected columns(layer: string): Column[] {
    const text = (value: unknown) => (value === null || value === undefined ? "" : String(value));
    const chance = (value: unknown) => (isNumber(value) ? percent(value) : "");
    const kind = (row: Row) => `${signOf(row.class)} ${hasWord(`kind.short.${row.class}`) ? t(`kind.short.${row.class}` as "kind.short.none") : text(row.class)}`.trim();
    const change = (row: Row) => (row.change_class && hasWord(`change.${row.change_class}`) ? t(`change.${row.change_class}` as "change.more") : "");
    const common: Column[] = [
      { name: "name", head: t("areas.area"), isNumber: false, text: (row) => this.names.of(row) },
      { name: layer === AREAS ? null : "borough_code", head: t("filter.borough"), isNumber: false, text: (row) => this.names.boroughsOf(row) },
      { name: "incidents", head: t("areas.reports"), isNumber: true, text: countText },
    ];
    const judged: Column[] = [
      { name: "class", head: t("table.class"), isNumber: false, text: kind },
      { name: "tier", head: t("table.tier"), isNumber: false, text: (row) => text(row.tier) },
      { name: "stability", head: t("table.sure"), isNumber: true, text: (row) => (row.class && row.class !== "none" ? chance(row.stability) : "") },
    ];
    if (layer === AREAS) {
      return [...common, ...judged,
        { name: "probability", head: t("fact.chance"), isNumber: true, text: (row) => chance(row.probability) },
        { name: "cells", head: t("table.cells"), isNumber: true, text: (row) => text(row.cells) },
        { name: "is_cross_border", head: t("filter.crossBorder"), isNumber: false, text: (row) => (row.is_cross_border ? t("word.yes") : t("word.no")) }];
    }
    return [...common,
      { name: "incidents_previous", head: t("fact.before"), isNumber: true, text: (row) => (isNumber(row.incidents_previous) ? numberText(row.incidents_previous) : "") },
      { name: "change_class", head: t("table.change"), isNumber: false, text: change },
      { name: "per_km2", head: t("fact.density"), isNumber: true, text: (row) => (isNumber(row.per_km2) ? numberText(row.per_km2) : "") },
      { name: "probability", head: t("fact.chance"), isNumber: true, text: (row) => chance(row.probability) },
      { name: "steps_hot", head: t("table.quarters"), isNumber: true, text: (row) => (isNumber(row.steps_hot) && isNumber(row.steps) ? t("table.of", { n: row.steps_hot, all: row.steps }) : "") },
      ...judged];
  }
}

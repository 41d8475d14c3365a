/** A list as the whole view: title, marks, key, filters, table, and what the release lacks where it has no such list. */

import type { Api, FeatureCollection } from "../api";
import { themeOf, type Config, type ListConfig } from "../config";
import { announce, byId, debounce, h, setText } from "../dom";
import { AREAS } from "../filters";
import type { SafetyMap } from "../map";
import type { Names } from "../names";
import type { State } from "../state";
import type { Store } from "../store";
import type { Table } from "../table";
import { isProvisional } from "../timebar";
import { monthText, t } from "../words";
import { Drawing } from "./drawing";
import { renderListFilters } from "./filters";
import { renderListLegend } from "./legend";
import { clearPrint, renderFoot, renderPrintButton } from "./print";
import { marksOf, type Marks } from "./query";
import { ListTable } from "./table";
import { say } from "./words";

export interface Parts { config: Config; api: Api; store: Store; map: SafetyMap; names: Names; toolbar: (table: Table) => void }

export class ListView {
  readonly #drawing: Drawing;
  readonly #table: ListTable;
  #marks: Marks | null = null;
  #list: ListConfig | null = null;
  readonly #look = debounce(() => this.#countView(), 150);

  constructor(readonly parts: Parts) {
    const { config, api, store, map, names } = parts;
    this.#drawing = new Drawing(map, api);
    this.#table = new ListTable(byId("table"), config, api, store, names, (_, id) => this.#drawing.pointOut(id), (box) => map.fit(box));
    map.map.on("moveend", () => { if (this.#list) this.#look(); });
  }

  /** Show a list in a state; the map's zones are gone already. `isFirst`: the page has just been opened. */
  async show(state: State, list: ListConfig, isFirst: boolean): Promise<void> {
    const { api, config, map, store } = this.parts;
    const isOther = this.#list?.name !== list.name;
    this.#list = list;
    if (isOther) this.#table.forget();
    byId("time").replaceChildren(h("p", { class: "time__note" }, say("list.stillNone")));
    if (list.whyNot !== null) return this.#absent(list);
    if (isOther || !byId("title").textContent) setText(byId("title"), list.label);
    const marks = await marksOf(api, state, config, list);
    await map.ready;
    if (store.state !== state) return;
    this.#marks = this.#table.marks = marks;
    this.#title(marks, list);
    // The words above have their height now, and with them the map.
    if (isFirst) map.settle();
    map.over = this.#drawing;
    this.#drawing.draw(list, marks, state.only, state.s?.layer === list.name ? state.s.id : null);
    renderListFilters(byId("filters"), store, marks);
    const beside = await this.#beside(list);
    this.parts.toolbar(this.#table);
    renderPrintButton(store, byId("table"));
    renderFoot(config, store, marks);
    this.#countView(beside);
    await this.#table.show(state);
    announce(`${byId("title").textContent}. ${byId("subtitle").textContent}.`);
  }

  /** Leave the map to zones again. */
  leave(): void {
    if (!this.#list) return;
    this.#list = this.#marks = this.#table.marks = null;
    this.#drawing.clear();
    this.parts.map.over = null;
    byId("legend").replaceChildren();
    clearPrint();
    this.#table.forget();
  }

  #title(marks: Marks, list: ListConfig): void {
    const { config } = this.parts;
    const theme = themeOf(config, marks.theme);
    setText(byId("title"), marks.title);
    document.title = `${marks.title} · ${t("service")}`;
    const window = marks.window && say("list.window", { from: monthText(marks.window.from), end: monthText(marks.window.to) });
    const shown = say("list.shown", { n: marks.marks.ids.length.toLocaleString("en-GB"), all: marks.of.toLocaleString("en-GB") });
    setText(byId("subtitle"), [config.study, list.label, window, shown, marks.window && isProvisional(marks.window.to, config) ? t("title.provisional") : ""].filter(Boolean).join(" · "));
    byId("note").replaceChildren(...[...marks.says.slice(0, 2), isSaid(theme.note, marks.says) ? "" : theme.note].filter(Boolean).map((one, at) => h("span", { class: at === 1 && marks.says.length > 1 ? "note note--more" : "note" }, one)));
    if (marks.window) byId("time").replaceChildren(h("p", { class: "time__note" }, say("list.still", { from: monthText(marks.window.from), to: monthText(marks.window.to) })));
    byId("areas").replaceChildren(h("p", { class: "sources" }, t("areas.sources", { text: config.attribution })));
  }

  /** Hotspot areas of the first safety theme under road harm: seen beside, never added. */
  async #beside(list: ListConfig): Promise<string | null> {
    const { api, config, map } = this.parts;
    const theme = list.name === "road-harm-clusters" ? config.themes.find((one) => !list.themes.includes(one.name)) : undefined;
    if (!theme || !config.hasAreas) {
      await map.setAreas({ type: "FeatureCollection", features: [], links: [], numberMatched: 0, numberReturned: 0 });
      return null;
    }
    const found = await api.get<FeatureCollection>(api.address(`collections/${AREAS}/items`, { theme: theme.name, limit: 10000 })).catch(() => null);
    if (found) await map.setAreas(found);
    return say("list.areasBeside", { noun: theme.noun });
  }

  #besideSaid: string | null = null;

  #countView(beside: string | null = this.#besideSaid): void {
    if (!this.#list || !this.#marks) return;
    this.#besideSaid = beside;
    renderListLegend(byId("legend"), this.parts.store, this.#list, this.#marks, this.#drawing.counts(), beside);
  }

  /** No such list: why not, what it needs, what is seen now, and what to press. */
  #absent(list: ListConfig): void {
    this.#marks = this.#table.marks = null;
    this.#drawing.clear();
    this.parts.map.over = this.#drawing;
    setText(byId("title"), list.label);
    setText(byId("subtitle"), [this.parts.config.study, say("list.absentTitle")].join(" · "));
    document.title = `${list.label} · ${t("service")}`;
    byId("note").replaceChildren();
    byId("filters").replaceChildren();
    byId("legend").replaceChildren();
    byId("tabs").replaceChildren();
    clearPrint();
    byId("areas").replaceChildren(h("p", { class: "sources" }, t("areas.sources", { text: this.parts.config.attribution })));
    const needs = say(`list.needs.${list.name}` as "list.needs.stations");
    const said = () => h("div", { class: "list-absent", role: "status" },
      h("h2", { class: "govuk-heading-s" }, say("list.absentTitle")),
      h("p", { class: "govuk-body-s" }, say("list.absent", { label: list.label, why: list.whyNot! })),
      h("p", { class: "govuk-body-s" }, needs), h("p", { class: "govuk-body-s" }, say("list.absentNow")));
    byId("legend").replaceChildren(said());
    byId("table").replaceChildren(said());
    byId("table").hidden = document.body.dataset.tab === "map";
    announce(say("list.absentTitle"));
  }
}


/** Whether a theme's note says what the list says already. */
function isSaid(note: string, says: string[]): boolean {
  return says.some((one) => one.slice(0, 30) === note.slice(0, 30));
}

/** “In view”: what the map shows as a real list, so that keys and speech can pick from it. */

import { signOf } from "./classes";
import { announce, h } from "./dom";
import { AREAS } from "./filters";
import type { SafetyMap } from "./map";
import type { Names } from "./names";
import { countText, isNumber, type Row } from "./sentences";
import type { Store } from "./store";
import { t } from "./words";

const MOST = 30;

/** `said` stands where the number of reports does. */
interface Entry { layer: string; id: string; row: Row; said?: string }

export class InViewList {
  constructor(readonly place: HTMLElement, readonly map: SafetyMap, readonly store: Store, readonly names: Names) {}

  open(): void {
    const entries = this.#entries();
    const list = h("ul", { class: "inview__list", role: "list" }, entries.map((one, at) =>
      h("li", {}, h("button", {
        type: "button", class: "inview__entry", tabindex: at === 0 ? 0 : -1, id: `inview-${at}`,
        onfocus: () => this.map.pointOut(one.layer, one.id),
        onclick: () => { this.close(); this.store.set({ s: { layer: one.layer, id: one.id } }); },
      }, h("span", {}, [signOf(one.row.class), this.names.of(one.row)].filter(Boolean).join(" ")), h("span", { class: "legend__count" }, one.said ?? countText(one.row))))));
    list.addEventListener("keydown", (event) => this.#move(event, list));
    this.place.replaceChildren(h("section", { class: "inview", "aria-labelledby": "inview-title", onkeydown: (event: KeyboardEvent) => { if (event.key === "Escape") this.close(true); } },
      h("div", { class: "panel__head" }, h("h2", { id: "inview-title", class: "panel__heading" }, t("inview.title", { n: entries.length })),
        h("button", { type: "button", class: "panel__close", "aria-label": t("inview.close"), onclick: () => this.close(true) }, "✕")),
      entries.length ? list : h("p", { class: "govuk-body-s" }, t("inview.none"))));
    announce(t("inview.title", { n: entries.length }));
    (list.querySelector("button") ?? this.place.querySelector<HTMLElement>(".panel__close"))?.focus();
  }

  close(toMap = false): void {
    this.place.replaceChildren();
    this.map.pointOut(AREAS, null);
    if (toMap) this.map.map.getCanvas().focus();
  }

  get isOpen(): boolean {
    return this.place.childElementCount > 0;
  }

  /** Areas first, then the zones with most reports. */
  #entries(): Entry[] {
    if (this.map.over) return this.map.over.inView().slice(0, MOST);
    const most = (one: Entry, other: Entry) => (isNumber(other.row.incidents) ? other.row.incidents : 0) - (isNumber(one.row.incidents) ? one.row.incidents : 0);
    const areas = this.map.areasInView().map((one): Entry => ({ layer: AREAS, id: String(one.properties.area_id), row: one.properties as Row })).sort(most);
    const zones = this.map.inView().map((one): Entry => ({ layer: this.store.state.l, id: String(one.properties.zone_id), row: one.properties as Row })).sort(most);
    return [...areas, ...zones].slice(0, MOST);
  }

  #move(event: KeyboardEvent, list: HTMLElement): void {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = Math.min(buttons.length - 1, Math.max(0, at + step));
    buttons.forEach((one, place) => (one.tabIndex = place === to ? 0 : -1));
    buttons[to]?.focus();
  }
}

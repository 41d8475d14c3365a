/** What is left out of a list: the values that the service names, each with its clause; the hour where the source has one. */

import { h, keepFocus } from "../dom";
import type { Store } from "../store";
import { clausesOf, type Marks } from "./query";
import { say } from "./words";

export function renderListFilters(place: HTMLElement, store: Store, marks: Marks): void {
  const on = clausesOf(store.state.f);
  const own = new Set([...marks.choices.flatMap((one) => [one.all, ...one.options.map((option) => option.clause)]), ...(marks.night ? [marks.night] : [])]);
  const set = (clauses: string[]) => store.set({ f: clauses.join(" AND ") || null, cursor: null });
  const other = on.filter((clause) => !own.has(clause));
  const choices = marks.choices.map((choice) => {
    const mine = [choice.all, ...choice.options.map((one) => one.clause)];
    const chosen = on.find((clause) => mine.includes(clause)) ?? choice.start;
    const pick = (event: Event) => set([...on.filter((clause) => !mine.includes(clause)), (event.target as HTMLSelectElement).value].filter((clause) => clause && clause !== choice.start));
    return h("div", { class: "govuk-form-group" },
      h("label", { class: "govuk-label", for: `choice-${choice.name}` }, choice.label),
      h("select", { class: "govuk-select", id: `choice-${choice.name}`, onchange: pick },
        h("option", { value: choice.all, selected: chosen === choice.all }, say("list.filter.all")),
        choice.options.map((one) => h("option", { value: one.clause, selected: chosen === one.clause }, one.label))));
  });
  const night = marks.night;
  const hours = night === null ? null : h("p", { class: "filters__hours" },
    h("label", {}, h("input", {
      type: "checkbox", id: "filter-night", disabled: night === "", checked: night !== "" && on.includes(night), "aria-describedby": night === "" ? "filter-night-why" : null,
      onchange: (event: Event) => set((event.target as HTMLInputElement).checked ? [...on, night] : on.filter((clause) => clause !== night)),
    }), " ", say("list.filter.night")), " ", night === "" ? h("span", { id: "filter-night-why" }, say("list.filter.nightOff")) : null);
  const isOn = on.length > 0 || store.state.b.length > 0 || store.state.only.length > 0;
  keepFocus(place, [h("div", { class: "filters" },
    choices, hours,
    other.length ? h("p", { class: "govuk-body-s" }, say("list.filter.other", { text: other.join(" AND ") })) : null,
    isOn ? h("button", { type: "button", class: "link-button", id: "filter-clear", onclick: () => store.set({ f: null, b: [], only: [], cursor: null }) }, say("filter.clear")) : null)]);
}

/** What to show: theme, view, layer, borough. Plain form controls that write the state. */

import type { Config } from "./config";
import { h, keepFocus } from "./dom";
import { VIEWS, type View } from "./state";
import type { Store } from "./store";
import { t, type WordKey } from "./words";

export function renderControls(place: HTMLElement, config: Config, store: Store): void {
  const state = store.state;
  const choices = (id: string, label: string, options: [string, string][], chosen: string, pick: (value: string) => void) =>
    h("div", { class: "govuk-form-group" },
      h("label", { class: "govuk-label", for: id }, label),
      h("select", { class: "govuk-select", id, onchange: (event: Event) => pick((event.target as HTMLSelectElement).value) },
        options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
      ),
    );
  keepFocus(place, [
    choices("theme", t("theme.label"), config.themes.map((one) => [one.name, capital(one.noun)]), state.t, (value) => store.set({ t: value, s: null, cursor: null, only: [] })),
    choices("view", t("view.label"), VIEWS.map((view) => [view, t(`view.${view}` as WordKey)]), state.v, (value) => store.set({ v: value as View, only: [], cursor: null })),
    choices("layer", t("layer.label"), config.layers.map((one) => [one.name, one.label]), state.l, (value) => store.set({ l: value, s: null, cursor: null, only: [] })),
    config.boroughs.length
      ? choices("borough", t("filter.borough"), [["", t("filter.all")], ...config.boroughs.map((one): [string, string] => [one.code, one.name])], state.b[0] ?? "", (value) => store.set({ b: value ? [value] : [], cursor: null }))
      : null,
    state.v === "harm" || state.v === "both"
      ? choices("weights", t("weights.label"), [["cchi", t("weights.cchi")], ["css", t("weights.css")]], state.wt, (value) => store.set({ wt: value as "cchi" | "css" }))
      : null,
  ]);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

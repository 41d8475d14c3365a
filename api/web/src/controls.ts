/** What to show: theme, view, layer, borough. Plain form controls that write the state. */

import { listOf, themeShown, type Config } from "./config";
import { h, keepFocus } from "./dom";
import { VIEWS, type State, type View } from "./state";
import type { Store } from "./store";
import { t, type WordKey } from "./words";

export function renderControls(place: HTMLElement, config: Config, store: Store): void {
  const state = store.state;
  const list = listOf(config, state.l);
  const themes = list?.themes.length ? config.themes.filter((one) => list.themes.includes(one.name)) : config.themes;
  const option = (chosen: string) => ([value, text]: [string, string]) => h("option", { value, selected: value === chosen }, text);
  const choices = (id: string, label: string, options: [string, string][], chosen: string, pick: (value: string) => void, groups: HTMLElement[] = []) =>
    h("div", { class: "govuk-form-group" },
      h("label", { class: "govuk-label", for: id }, label),
      h("select", { class: "govuk-select", id, onchange: (event: Event) => pick((event.target as HTMLSelectElement).value) },
        options.map(option(chosen)), groups,
      ),
    );
  keepFocus(place, [
    choices("theme", t("theme.label"), themes.map((one) => [one.name, capital(one.noun)]), themeShown(config, state.l, state.t), (value) => store.set({ t: value, s: null, cursor: null, only: [] })),
    list ? null : choices("view", t("view.label"), VIEWS.map((view) => [view, t(`view.${view}` as WordKey)]), state.v, (value) => store.set({ v: value as View, only: [], cursor: null })),
    choices("layer", t("layer.label"), [], state.l, (value) => store.set(onLayer(value, config, state)), [
      h("optgroup", { label: t("layer.zones") }, config.layers.map((one): [string, string] => [one.name, one.label]).map(option(state.l))),
      h("optgroup", { label: t("layer.lists") }, config.lists.map((one): [string, string] => [one.name, one.label]).map(option(state.l))),
    ]),
    config.boroughs.length
      ? choices("borough", t("filter.borough"), [["", t("filter.all")], ...config.boroughs.map((one): [string, string] => [one.code, one.name])], state.b[0] ?? "", (value) => store.set({ b: value ? [value] : [], cursor: null }))
      : null,
    !list && (state.v === "harm" || state.v === "both")
      ? choices("weights", t("weights.label"), [["cchi", t("weights.cchi")], ["css", t("weights.css")]], state.wt, (value) => store.set({ wt: value as "cchi" | "css" }))
      : null,
  ]);
}

/** What changes with the layer: a list has filters, an order and columns of its own. */
function onLayer(layer: string, config: Config, state: State): Partial<State> {
  const [from, to] = [listOf(config, state.l), listOf(config, layer)];
  const usual = { l: layer, s: null, cursor: null, only: [] };
  return from || to ? { ...usual, t: themeShown(config, layer, state.t), f: null, sort: null, vs: null } : usual;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

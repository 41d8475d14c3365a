/** What is left out: class, tier, cross-border, venue. Kept as CQL2 in the address, so that the map, the table and
 *  the downloads use one filter; the map can draw the clauses below, the API can answer any other. */

import type { FilterSpecification } from "maplibre-gl";
import { KINDS, breaksOf, onlyClause } from "./classes";
import { layerOf, type Config } from "./config";
import { h, keepFocus } from "./dom";
import type { Names } from "./names";
import type { State } from "./state";
import type { Store } from "./store";
import { t, type WordKey } from "./words";
import { isOwnWindow } from "./windows";

export const AREAS = "hotspot-areas";

export interface Chosen {
  classes: string[];
  tiers: string[];
  isCrossBorder: boolean;
  venue: "" | "only" | "without";
  /** Clauses that are not ours: sent to the API as they are. */
  other: string[];
}

const TIERS = ["A", "B", "C"];

export function parseFilter(text: string | null): Chosen {
  const chosen: Chosen = { classes: [], tiers: [], isCrossBorder: false, venue: "", other: [] };
  for (const clause of (text ?? "").split(" AND ").filter(Boolean)) {
    const list = /^(class|tier) IN \(((?:'[\w]+',?)+)\)$/.exec(clause);
    if (list?.[1] === "tier") chosen.tiers = words(list[2]!).filter((one) => TIERS.includes(one));
    else if (list) chosen.classes = Object.keys(KINDS).filter((kind) => KINDS[kind]!.every((name) => words(list[2]!).includes(name)));
    else if (clause === "is_cross_border = TRUE") chosen.isCrossBorder = true;
    else if (clause === "is_venue = TRUE") chosen.venue = "only";
    else if (clause === "is_venue = FALSE") chosen.venue = "without";
    else chosen.other.push(clause);
  }
  return chosen;
}

export function formatFilter(chosen: Chosen): string | null {
  return clauses(chosen).join(" AND ") || null;
}

function clauses(chosen: Chosen): string[] {
  const names = chosen.classes.flatMap((kind) => KINDS[kind] ?? []);
  return [
    ...(names.length ? [`class IN (${quoted(names)})`] : []),
    ...(chosen.tiers.length ? [`tier IN (${quoted(chosen.tiers)})`] : []),
    ...(chosen.isCrossBorder ? ["is_cross_border = TRUE"] : []),
    ...(chosen.venue ? [`is_venue = ${chosen.venue === "only" ? "TRUE" : "FALSE"}`] : []),
    ...chosen.other,
  ];
}

const quoted = (names: string[]): string => names.map((name) => `'${name}'`).join(",");
const words = (list: string): string[] => list.replaceAll("'", "").split(",").filter(Boolean);

/** Columns that only zones or only areas have: a clause about one says nothing of the other. */
const ONLY_AREAS = ["is_cross_border"];
const ONLY_ZONES = ["is_venue", "incidents_band", "change_class"];

/** The filter and borough of a state as the API takes them, for the rows of a layer. */
export function itemsQuery(state: State, config: Config, layer: string): Record<string, string | null> {
  const ofOther = layer === AREAS ? ONLY_ZONES : ONLY_AREAS;
  const kept = clauses(parseFilter(state.f)).filter((clause) => !ofOther.some((name) => clause.startsWith(name)));
  if (layer !== AREAS && state.only.length && state.v !== "harm" && state.v !== "both" && isOwnWindow(state, config)) {
    const breaks = breaksOf(state.v, layerOf(config, state.l), state.t);
    kept.push(`(${state.only.map((place) => onlyClause(state.v, place, breaks)).join(" OR ")})`);
  }
  const [borough, ...more] = state.b;
  if (more.length && layer !== AREAS) kept.push(`borough_code IN (${quoted(state.b)})`);
  if (more.length && layer === AREAS) kept.push(`(${state.b.map((code) => `boroughs LIKE '%${code}%'`).join(" OR ")})`);
  return { theme: state.t, borough: more.length ? null : borough ?? null, filter: kept.join(" AND ") || null };
}

/** The same for the zones of the map; null keeps all. */
export function mapFilter(state: State): FilterSpecification | null {
  const chosen = parseFilter(state.f);
  const names = chosen.classes.flatMap((kind) => KINDS[kind] ?? []);
  const all: unknown[] = ["all"];
  if (state.b.length) all.push(["in", ["get", state.l === "boroughs" ? "zone_id" : "borough_code"], ["literal", state.b]]);
  if (names.length) all.push(["in", ["coalesce", ["get", "class"], ""], ["literal", names]]);
  if (chosen.tiers.length) all.push(["in", ["coalesce", ["get", "tier"], ""], ["literal", chosen.tiers]]);
  if (chosen.venue) all.push(["==", ["coalesce", ["get", "is_venue"], false], chosen.venue === "only"]);
  return all.length > 1 ? (all as FilterSpecification) : null;
}

/** Each filter that is on, in words, and the state without it. */
export function droppable(state: State, names: Names): { label: string; without: Partial<State> }[] {
  const chosen = parseFilter(state.f);
  const one = (label: string, part: Partial<Chosen>) => ({ label, without: { f: formatFilter({ ...chosen, ...part }) } });
  return [
    ...(state.b.length ? [{ label: state.b.map((code) => names.borough(code)).join(", "), without: { b: [] } }] : []),
    ...(state.only.length ? [{ label: t("filter.only"), without: { only: [] } }] : []),
    ...(chosen.classes.length ? [one(chosen.classes.map((kind) => t(`class.${kind}` as WordKey)).join(", "), { classes: [] })] : []),
    ...(chosen.tiers.length ? [one(t("filter.tiers", { tiers: chosen.tiers.join(", ") }), { tiers: [] })] : []),
    ...(chosen.isCrossBorder ? [one(t("filter.crossBorder"), { isCrossBorder: false })] : []),
    ...(chosen.venue ? [one(t(chosen.venue === "only" ? "filter.venue" : "filter.noVenue"), { venue: "" })] : []),
    ...chosen.other.map((clause) => one(clause, { other: chosen.other.filter((other) => other !== clause) })),
  ];
}

/** How many filters are on: what an empty answer names. */
export function filterCount(state: State): number {
  return clauses(parseFilter(state.f)).length + (state.b.length ? 1 : 0) + (state.only.length ? 1 : 0);
}

export function renderFilters(place: HTMLElement, config: Config, store: Store): void {
  const chosen = parseFilter(store.state.f);
  const set = (part: Partial<Chosen>) => store.set({ f: formatFilter({ ...chosen, ...part }), cursor: null });
  const box = (id: string, label: string, checked: boolean, pick: (on: boolean) => void, disabled = false) =>
    h("div", { class: "govuk-checkboxes__item" },
      h("input", { class: "govuk-checkboxes__input", type: "checkbox", id, checked, disabled, onchange: (event: Event) => pick((event.target as HTMLInputElement).checked) }),
      h("label", { class: "govuk-label govuk-checkboxes__label", for: id }, label));
  const toggle = (list: string[], one: string, on: boolean) => (on ? [...list, one] : list.filter((other) => other !== one));
  const group = (title: string, boxes: HTMLElement[]) =>
    h("fieldset", { class: "govuk-fieldset filters__group" }, h("legend", { class: "filters__legend" }, title), h("div", { class: "govuk-checkboxes govuk-checkboxes--small" }, boxes));
  const count = filterCount(store.state);
  const wasOpen = place.querySelector("details")?.open ?? count > 0;
  keepFocus(place, [
    h("details", { class: "filters", open: wasOpen },
      h("summary", { id: "filters-title" }, count ? t("filter.titleOn", { n: count }) : t("filter.title")),
      group(t("filter.class"), Object.keys(KINDS).map((kind) => box(`filter-${kind}`, t(`class.${kind}` as WordKey), chosen.classes.includes(kind), (on) => set({ classes: toggle(chosen.classes, kind, on) })))),
      group(t("filter.tier"), TIERS.map((tier) => box(`filter-tier-${tier}`, t(`tier.${tier}` as WordKey), chosen.tiers.includes(tier), (on) => set({ tiers: toggle(chosen.tiers, tier, on) })))),
      group(t("filter.more"), [
        box("filter-border", t("filter.crossBorder"), chosen.isCrossBorder, (on) => set({ isCrossBorder: on }), !config.hasAreas),
        box("filter-venue", t("filter.venue"), chosen.venue === "only", (on) => set({ venue: on ? "only" : "" })),
        box("filter-no-venue", t("filter.noVenue"), chosen.venue === "without", (on) => set({ venue: on ? "without" : "" })),
      ]),
      chosen.other.length ? h("p", { class: "govuk-body-s" }, t("filter.other", { text: chosen.other.join(" AND ") })) : null,
      h("p", { class: "filters__hours" }, h("label", {}, h("input", { type: "checkbox", id: "filter-hours", disabled: true, "aria-describedby": "filter-hours-why" }), " ", t("filter.hours")), " ", h("span", { id: "filter-hours-why" }, t("filter.hoursWhy"))),
      count ? h("button", { type: "button", class: "link-button", id: "filter-clear", onclick: () => store.set({ f: null, b: [], only: [], cursor: null }) }, t("filter.clear")) : null,
    ),
  ]);
}

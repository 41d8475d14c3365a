/** The map page: reads the address, and keeps map, key, controls, title and list in step with it. */

import "./styles/main.scss";
import "maplibre-gl/dist/maplibre-gl.css";
import { Api, ApiError, type FeatureCollection } from "./api";
import { countClass, isByState } from "./classes";
import { layerOf, readConfig, themeOf } from "./config";
import { renderControls } from "./controls";
import { announce, byId, h } from "./dom";
import { renderLegend } from "./legend";
import { describeZone, SafetyMap } from "./map";
import type { State } from "./state";
import { Store } from "./store";
import { monthText, numberText, t, type WordKey } from "./words";

const config = readConfig();
const api = new Api(config);
const store = new Store(config);
const map = new SafetyMap(byId("map"), config, api, store, (feature) => describeZone(feature.properties, store.state));

let areas: FeatureCollection | null = null;
let counts: number[] | null = null;

/** Months that a window of the state holds. */
function monthsOf(state: State): number {
  return state.w === "12" ? Math.min(12, themeOf(config, state.t).window?.months ?? 12) : state.w === "q" ? 3 : 1;
}

function endOf(state: State): string | null {
  return state.end ?? themeOf(config, state.t).window?.to ?? layerOf(config, state.l).span[state.t]?.to ?? null;
}

async function showCounts(state: State): Promise<void> {
  const end = endOf(state);
  if (!isByState(state.v) || end === null || !layerOf(config, state.l).span[state.t]) return;
  const found = await api.values(state.l, state.t, monthsOf(state), end, end);
  if (store.state !== state) return;
  const column = found.values[0];
  const breaks = layerOf(config, state.l).breaks[state.t] ?? [1, 5, 10, 25, 50];
  const unanswered = new Set(found.unanswered);
  const size = layerOf(config, state.l).zones;
  const classes = new Int8Array(size).fill(-1);
  counts = new Array<number>(breaks.length + 1).fill(0);
  if (column) {
    for (let place = 0; place < size; place += 1) {
      if (unanswered.has(place)) continue;
      const code = countClass(column[place] ?? null, breaks);
      classes[place] = code;
      counts[code] = (counts[code] ?? 0) + 1;
    }
  }
  await map.setClasses(classes);
}

async function showAreas(state: State): Promise<void> {
  areas = config.hasAreas ? await api.areas(state.t) : null;
  if (areas) await map.setAreas(areas);
  renderAreas();
}

function renderAreas(): void {
  const list = byId("areas");
  if (!areas) return list.replaceChildren();
  const ranked = [...areas.features].sort((one, other) => Number(other.properties.incidents ?? 0) - Number(one.properties.incidents ?? 0));
  list.replaceChildren(
    h("h2", { class: "govuk-heading-s" }, t("areas.title", { n: areas.numberMatched })),
    ranked.length === 0
      ? h("p", { class: "govuk-body-s" }, t("areas.none"))
      : h("table", { class: "govuk-table areas" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("areas.area")), h("th", { scope: "col", class: "number" }, t("areas.reports")))),
          h("tbody", {}, ranked.slice(0, 20).map((one) =>
            h("tr", {},
              h("td", {}, h("a", { href: "#", onclick: (event: Event) => { event.preventDefault(); store.set({ s: { layer: "hotspot-areas", id: one.id } }); zoomTo(one.id); } }, String(one.properties.name))),
              h("td", { class: "number" }, String(one.properties.incidents_band ?? "")),
            ),
          )),
        ),
  );
}

function zoomTo(id: string): void {
  const found = areas?.features.find((one) => one.id === id);
  if (found?.geometry) map.fit(boundsOf(found.geometry));
}

function boundsOf(geometry: GeoJSON.Geometry): [number, number, number, number] {
  const out: [number, number, number, number] = [180, 90, -180, -90];
  const walk = (place: unknown): void => {
    if (Array.isArray(place) && typeof place[0] === "number") {
      const [lon, lat] = place as [number, number];
      out[0] = Math.min(out[0], lon); out[1] = Math.min(out[1], lat); out[2] = Math.max(out[2], lon); out[3] = Math.max(out[3], lat);
    } else if (Array.isArray(place)) place.forEach(walk);
  };
  if ("coordinates" in geometry) walk(geometry.coordinates);
  return out;
}

function renderTitle(state: State): void {
  const theme = themeOf(config, state.t);
  const title = t(`title.${state.v}` as WordKey, { noun: theme.noun, level: config.level });
  const end = endOf(state);
  const months = monthsOf(state);
  const window = end === null ? t("window.none") : months === 1 ? t("window.month", { end: monthText(end) }) : t("window.text", { months, end: monthText(end) });
  byId("title").textContent = title;
  byId("subtitle").textContent = `${config.study} · ${window} · ${t("window.provisional")}`;
  byId("note").textContent = theme.note;
  document.title = `${title} · ${t("service")}`;
}

function failed(what: string, error: unknown): void {
  const detail = error instanceof ApiError ? ` ${error.detail} ${error.instance ?? ""}` : "";
  const notice = byId("notice");
  notice.replaceChildren(
    h("p", { class: "govuk-body" }, t("error.fetch", { what }) + detail, " ",
      h("button", { type: "button", class: "govuk-button govuk-button--secondary", onclick: () => { notice.replaceChildren(); void update(store.state, null); } }, t("error.again"))),
  );
}

async function update(state: State, changed: Set<keyof State> | null): Promise<void> {
  const has = (...keys: (keyof State)[]) => changed === null || keys.some((key) => changed.has(key));
  if (has("t", "v", "l", "w", "end")) renderTitle(state);
  if (has("t", "v", "l", "b")) renderControls(byId("controls"), config, store);
  try {
    if (has("t", "v", "l", "b", "s")) await map.show(state);
    if (has("t")) await showAreas(state);
    if (has("t", "v", "l", "w", "end")) await showCounts(state);
  } catch (error) {
    failed(monthText(endOf(state) ?? config.dataMonth), error);
  }
  renderLegend(byId("legend"), config, state, counts, areas?.numberMatched ?? 0);
  if (has("t", "v", "l", "w", "end")) announce(`${byId("title").textContent}. ${byId("subtitle").textContent}. ${t("areas.title", { n: numberText(areas?.numberMatched ?? 0) })}.`);
  document.body.dataset.ready = "true";
}

store.onChange((state, changed) => void update(state, changed));
if (store.ignored.length) byId("notice").replaceChildren(h("p", { class: "govuk-body" }, t("unknownKeys", { keys: store.ignored.join(", ") })));
void fetch(api.address("map/base.json")).then((reply) => reply.json()).then((ground: GeoJSON.FeatureCollection) => map.setGround(ground)).catch((error: unknown) => failed("the ground", error));
void update(store.state, null);

/** The map itself: ground, zones of the chosen layer coloured by the chosen view, hotspot areas above, selection. */

import * as maplibregl from "maplibre-gl";
import type { GeoJSONSource, LayerSpecification, StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Api, Feature, FeatureCollection } from "./api";
import { fillColour } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import { debounce } from "./dom";
import type { State } from "./state";
import type { Store } from "./store";
import { monthText, t } from "./words";

maplibregl.setWorkerUrl(workerUrl);

interface Ground {
  page: string; land: string; water: string; park: string; border: string; rail: string; text: string;
  waterText: string; parkText: string; ink: string; halo: string; selected: string;
}

const DAY: Ground = {
  page: "#e3e6e8", land: "#f3f2f1", water: "#d5e5ef", park: "#dde8d8", border: "#6b7276", rail: "#767f86",
  text: "#0b0c0c", waterText: "#2b5f82", parkText: "#3b5d38", ink: "#0b0c0c", halo: "#ffffff", selected: "#ffdd00",
};
const NIGHT: Ground = {
  page: "#16191c", land: "#22272b", water: "#1b2a35", park: "#243029", border: "#8b949a", rail: "#6d767c",
  text: "#e8eaec", waterText: "#8fb8d6", parkText: "#9dc098", ink: "#ffffff", halo: "#16191c", selected: "#ffdd00",
};

const DARK = matchMedia("(prefers-color-scheme: dark)");
export const isDark = (): boolean => DARK.matches;

/** Sources and layers that follow the state; everything else is ground. */
const ZONES = "zones";

export class SafetyMap {
  readonly map: maplibregl.Map;
  readonly #ready: Promise<void>;
  #shown: Pick<State, "l" | "t"> | null = null;
  /** Class of each zone as last set, by place in the zone order: only changes are sent to the map. */
  #classes: Int8Array = new Int8Array(0);
  #hovered: number | null = null;
  readonly #label: maplibregl.Popup;

  constructor(
    container: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store,
    readonly describe: (feature: maplibregl.MapGeoJSONFeature) => string,
  ) {
    const { at } = store.state;
    this.map = new maplibregl.Map({
      container,
      style: this.#style(),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxZoom: 16,
      minZoom: 4,
      canvasContextAttributes: { preserveDrawingBuffer: true },
      ...(at ? { center: [at.lon, at.lat], zoom: at.zoom } : { bounds: config.bounds, fitBoundsOptions: { padding: 24 } }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.addControl(new maplibregl.AttributionControl({ compact: true, customAttribution: config.attribution }));
    this.#label = new maplibregl.Popup({ closeButton: false, closeOnClick: false, className: "map-label", offset: 8 });
    this.map.on("error", (event) => console.error(String(event.error?.message ?? event.error)));
    this.#ready = new Promise((done) => this.map.once("load", () => done()));
    this.#listen();
  }

  /** Show the zones, areas and selection of a state. */
  async show(state: State): Promise<void> {
    await this.#ready;
    if (this.#shown?.l !== state.l || this.#shown.t !== state.t) this.#changeZones(state);
    const theme = themeOf(this.config, state.t);
    this.map.setPaintProperty("zones-fill", "fill-color", fillColour(state.v, theme, isDark()));
    const within = state.b.length ? ["in", ["get", "borough_code"], ["literal", state.b]] : null;
    this.map.setFilter("zones-fill", within as maplibregl.FilterSpecification | null);
    this.#select(state);
  }

  /** Set the class of every zone (-1 for no fill); only those that changed cost anything. Returns how many did. */
  async setClasses(classes: Int8Array): Promise<number> {
    await this.#ready;
    const before = this.#classes;
    let changed = 0;
    for (let id = 0; id < classes.length; id += 1) {
      if (before.length === classes.length && before[id] === classes[id]) continue;
      this.map.setFeatureState({ source: ZONES, sourceLayer: this.#shown!.t, id }, { c: classes[id] });
      changed += 1;
    }
    this.#classes = classes.slice();
    return changed;
  }

  /** Draw hotspot areas, one outline round the joined zones, with names from the largest down. */
  async setAreas(areas: FeatureCollection): Promise<void> {
    await this.#ready;
    const ranked = [...areas.features].sort((one, other) => Number(other.properties.incidents ?? 0) - Number(one.properties.incidents ?? 0));
    const features = ranked.map((one, rank) => ({ type: "Feature" as const, ...one, properties: { ...one.properties, rank } }));
    (this.map.getSource("areas") as GeoJSONSource).setData({ type: "FeatureCollection", features } as unknown as GeoJSON.FeatureCollection);
  }

  async setGround(ground: GeoJSON.FeatureCollection): Promise<void> {
    await this.#ready;
    (this.map.getSource("ground") as GeoJSONSource).setData(ground);
  }

  fit(bounds: [number, number, number, number]): void {
    this.map.fitBounds(bounds, { padding: 48, maxZoom: 14, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  /** Zones drawn in view, each once. */
  inView(): maplibregl.MapGeoJSONFeature[] {
    if (!this.map.getLayer("zones-fill")) return [];
    const seen = new Map<number, maplibregl.MapGeoJSONFeature>();
    for (const one of this.map.queryRenderedFeatures({ layers: ["zones-fill"] })) seen.set(Number(one.id), one);
    return [...seen.values()];
  }

  #changeZones(state: State): void {
    const layer = layerOf(this.config, state.l);
    for (const id of ["zones-fill", "zones-edge", "zones-hover", "zones-selected"]) if (this.map.getLayer(id)) this.map.removeLayer(id);
    if (this.map.getSource(ZONES)) this.map.removeSource(ZONES);
    this.map.addSource(ZONES, {
      type: "vector",
      tiles: [this.api.address(`tiles/${layer.name}/`) + `{z}/{x}/{y}.mvt?theme=${encodeURIComponent(state.t)}`],
      minzoom: layer.minzoom,
      maxzoom: layer.maxzoom,
      bounds: this.config.bounds,
    });
    const common = { source: ZONES, "source-layer": state.t };
    const ground = isDark() ? NIGHT : DAY;
    const add = (spec: LayerSpecification) => this.map.addLayer(spec, "borders");
    add({ id: "zones-fill", type: "fill", ...common, paint: { "fill-opacity": 0.92, "fill-antialias": false } });
    add({ id: "zones-edge", type: "line", ...common, minzoom: 12, paint: { "line-color": ground.border, "line-opacity": 0.35, "line-width": 0.5 } });
    add({ id: "zones-hover", type: "line", ...common, paint: { "line-color": ground.ink, "line-width": ["case", ["boolean", ["feature-state", "hover"], false], 2, 0] } });
    add({ id: "zones-selected", type: "line", ...common, filter: ["==", ["get", "zone_id"], ""], paint: { "line-color": ground.selected, "line-width": 4 } });
    this.#shown = { l: state.l, t: state.t };
    this.#classes = new Int8Array(0);
    this.#hovered = null;
  }

  #select(state: State): void {
    const zone = state.s && state.s.layer === state.l ? state.s.id : "";
    this.map.setFilter("zones-selected", ["==", ["get", "zone_id"], zone]);
    const area = state.s?.layer === "hotspot-areas" ? state.s.id : "";
    this.map.setFilter("areas-selected", ["==", ["get", "area_id"], area]);
  }

  #listen(): void {
    const moved = debounce(() => {
      const { lng, lat } = this.map.getCenter();
      this.store.set({ at: { zoom: this.map.getZoom(), lat, lon: lng } }, { replace: true });
    }, 300);
    this.map.on("moveend", (event) => {
      // Only what a person did belongs in the address.
      if ((event as { originalEvent?: unknown }).originalEvent) moved();
    });
    this.map.on("mousemove", (event) => this.#hover(event.point, event.lngLat));
    this.map.on("mouseout", () => this.#unhover());
    this.map.on("click", (event) => this.selectAt(event.point));
  }

  /** Select what lies at a point of the screen: an area wins over a zone. */
  selectAt(point: maplibregl.PointLike): void {
    const layers = ["areas-body", "zones-fill"].filter((id) => this.map.getLayer(id));
    const [found] = this.map.queryRenderedFeatures(point, { layers });
    if (!found) return;
    const isArea = found.layer.id === "areas-body";
    const id = String(isArea ? found.properties.area_id : found.properties.zone_id);
    this.store.set({ s: { layer: isArea ? "hotspot-areas" : this.store.state.l, id } });
  }

  #hover(point: maplibregl.Point, where: maplibregl.LngLat): void {
    if (!this.map.getLayer("zones-fill")) return;
    const [found] = this.map.queryRenderedFeatures(point, { layers: ["zones-fill"] });
    const id = found ? Number(found.id) : null;
    if (id !== this.#hovered) {
      this.#unhover();
      if (found && id !== null) {
        this.map.setFeatureState({ source: ZONES, sourceLayer: this.#shown!.t, id }, { hover: true });
        this.#hovered = id;
        this.#label.setText(this.describe(found)).addTo(this.map);
      }
    }
    this.#label.setLngLat(where);
  }

  #unhover(): void {
    if (this.#hovered !== null && this.map.getSource(ZONES)) {
      this.map.setFeatureState({ source: ZONES, sourceLayer: this.#shown!.t, id: this.#hovered }, { hover: false });
    }
    this.#hovered = null;
    this.#label.remove();
  }

  #style(): StyleSpecification {
    const c = isDark() ? NIGHT : DAY;
    const of = (kind: string): maplibregl.FilterSpecification => ["==", ["get", "kind"], kind];
    const empty: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
    // No glyphs and no sprite: labels are drawn with the machine's own font, so no other host is asked.
    const font = ["system-ui", "sans-serif"];
    const text = (id: string, kind: string, colour: string, size: number, minzoom: number): LayerSpecification => ({
      id, type: "symbol", source: "ground", filter: of(kind), minzoom,
      layout: { "text-field": ["get", "name"], "text-size": size, "text-font": font, "text-padding": 6 },
      paint: { "text-color": colour, "text-halo-color": c.halo, "text-halo-width": 1.5 },
    });
    return {
      version: 8,
      sources: {
        ground: { type: "geojson", data: empty, tolerance: 0.2 },
        areas: { type: "geojson", data: empty, tolerance: 0.2 },
      },
      layers: [
        { id: "page", type: "background", paint: { "background-color": c.page } },
        { id: "land", type: "fill", source: "ground", filter: of("land"), paint: { "fill-color": c.land } },
        { id: "parks", type: "fill", source: "ground", filter: of("park"), paint: { "fill-color": c.park } },
        { id: "water", type: "fill", source: "ground", filter: of("water"), paint: { "fill-color": c.water } },
        { id: "borders", type: "line", source: "ground", filter: of("borough"), paint: { "line-color": c.border, "line-width": 1 } },
        { id: "rail", type: "line", source: "ground", filter: of("line"), minzoom: 10.5, paint: { "line-color": c.rail, "line-width": 1, "line-dasharray": [4, 2] } },
        { id: "areas-body", type: "fill", source: "areas", paint: { "fill-opacity": 0 } },
        { id: "areas-selected", type: "line", source: "areas", filter: ["==", ["get", "area_id"], ""], paint: { "line-color": c.selected, "line-width": 7 } },
        { id: "areas-casing", type: "line", source: "areas", paint: { "line-color": c.halo, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 2, 12, 4.5] } },
        { id: "areas-line", type: "line", source: "areas", filter: ["!", ["in", ["coalesce", ["get", "tier"], ""], ["literal", ["B", "C"]]]], paint: { "line-color": c.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 1, 12, 2] } },
        { id: "areas-line-b", type: "line", source: "areas", filter: ["==", ["get", "tier"], "B"], paint: { "line-color": c.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 1, 12, 2], "line-dasharray": [3, 1.5] } },
        { id: "areas-line-c", type: "line", source: "areas", filter: ["==", ["get", "tier"], "C"], paint: { "line-color": c.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 1, 12, 2], "line-dasharray": [1, 1.5] } },
        { id: "stations", type: "circle", source: "ground", filter: of("station"), minzoom: 12, paint: { "circle-radius": 3, "circle-color": c.halo, "circle-stroke-color": c.rail, "circle-stroke-width": 1.5 } },
        text("park-names", "park-name", c.parkText, 11, 12.5),
        text("station-names", "station", c.text, 11, 13),
        text("borough-names", "borough-name", c.text, 12, 8),
        {
          id: "area-names", type: "symbol", source: "areas", filter: ["<", ["get", "rank"], ["step", ["zoom"], 12, 11, 40, 13, 1000]],
          layout: {
            "text-field": ["get", "name"], "text-size": 13, "text-font": font, "text-variable-anchor": ["top", "bottom", "left", "right"],
            "text-radial-offset": 1, "text-max-width": 9, "symbol-sort-key": ["get", "rank"],
          },
          paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 2 },
        },
      ],
    };
  }
}

/** One line about a zone: where, how many, and what state the number is in. */
export function describeZone(feature: Feature["properties"], state: State): string {
  const name = typeof feature.name === "string" ? feature.name : String(feature.zone_id);
  const band = feature.incidents_band;
  const count = band === null || band === undefined ? t("legend.noData") : band === "1-4" ? t("legend.small") : String(band);
  return `${name}: ${count} · ${state.end ? monthText(state.end) : ""}`.replace(/ · $/, "");
}

/** The map itself: ground, zones of the chosen layer coloured by the chosen view, hotspot areas above, selection. */

import * as maplibregl from "maplibre-gl";
import type { GeoJSONSource, LayerSpecification, StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Api, FeatureCollection } from "./api";
import { breaksOf, fillColour, isChange, needsReliability, SIGNS } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import { debounce } from "./dom";
import { AREAS, mapFilter } from "./filters";
import { addPatterns } from "./patterns";
import type { State } from "./state";
import type { Store } from "./store";
import { drawnView } from "./windows";

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
const ZONE_LAYERS = ["zones-fill", "zones-uncertain", "zones-gap", "zones-hidden", "zones-edge", "zones-ring-casing", "zones-ring", "zones-sign", "zones-hover", "zones-pointed"];
const HOVER_DELAY = 80;

/** What is drawn instead of zones, and answers for them. */
export interface Over {
  /** Row at a point of the screen. */
  at(point: maplibregl.PointLike): { layer: string; id: string } | null;
  pointOut(id: string | null): void;
  /** What the list of things in view shows. */
  inView(): { layer: string; id: string; row: Record<string, string | number | boolean | null | undefined>; said: string }[];
}

const FONT = ["system-ui", "sans-serif"];
/** Far out a pattern is noise. */
const PATTERNS_FROM = 12;
const RINGS_FROM = 11;
const SIGNS_FROM = 13;

export class SafetyMap {
  readonly map: maplibregl.Map;
  readonly #ready: Promise<void>;
  #shown: Pick<State, "l" | "t"> | null = null;
  /** Class of each zone as last set, by place in the zone order: only changes are sent to the map. */
  #classes: Int8Array = new Int8Array(0);
  #rings: number[] = [];
  #hovered: number | null = null;
  #waiting = 0;
  readonly #label: maplibregl.Popup;
  /** While a shape is drawn, a press sets a corner and selects nothing. */
  isDrawing = false;
  over: Over | null = null;

  constructor(
    container: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store,
    readonly describe: (feature: maplibregl.MapGeoJSONFeature) => string,
    /** A second map shows another window beside the first; it has no controls and writes no address. */
    readonly isSecond = false,
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
    if (!isSecond) {
      this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
      this.map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
    }
    this.#label = new maplibregl.Popup({ closeButton: false, closeOnClick: false, className: "map-label", offset: 8 });
    this.map.on("error", (event) => console.error(String(event.error?.message ?? event.error)));
    this.#ready = new Promise((done) => this.map.once("style.load", () => {
      addPatterns(this.map, isDark());
      done();
    }));
    this.#listen();
  }

  /** Show the zones, areas and selection of a state. */
  async show(state: State): Promise<void> {
    await this.#ready;
    if (this.#shown?.l !== state.l || this.#shown.t !== state.t) this.#changeZones(state);
    // A second map always shows counts: it stands for a window.
    const view = this.isSecond ? state.v : drawnView(state, this.config);
    const breaks = breaksOf(view, layerOf(this.config, state.l), state.t);
    this.map.setPaintProperty("zones-fill", "fill-color", fillColour(view, themeOf(this.config, state.t), breaks, state.only, isDark()));
    const kept = mapFilter(state);
    for (const id of ["zones-fill", "zones-edge", "zones-ring", "zones-ring-casing"]) this.map.setFilter(id, kept);
    this.map.setFilter("zones-sign", kept ? (["all", kept, ["has", "class"]] as maplibregl.FilterSpecification) : ["has", "class"]);
    this.map.setLayoutProperty("zones-sign", "visibility", view === "class" && !state.only.length ? "visible" : "none");
    const hasRings = view === "harm" || view === "both" ? "visible" : "none";
    for (const id of ["zones-ring", "zones-ring-casing"]) this.map.setLayoutProperty(id, "visibility", hasRings);
    const isUnsure = ["==", ["get", "reliability"], "not reliable"];
    const both = (one: unknown[]) => (kept ? ["all", kept, one] : one) as maplibregl.FilterSpecification;
    this.map.setFilter("zones-uncertain", both(isUnsure));
    this.map.setLayoutProperty("zones-uncertain", "visibility", needsReliability(view) && !state.only.length ? "visible" : "none");
    this.map.setFilter("zones-gap", both(["!", ["has", "incidents_band"]]));
    this.map.setFilter("zones-hidden", both(view === "difference" ? ["==", ["get", "zone_id"], ""] : isChange(view) ? ["all", ["has", "incidents_band"], ["==", ["coalesce", ["get", "change_class"], "too few"], "too few"]] : ["all", ["==", ["get", "reliability"], "suppressed"], ["!=", ["coalesce", ["get", "incidents_band"], "1-4"], "1-4"]]));
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

  /** Ring the zones at these places of the zone order, and no others. */
  async setRings(places: number[]): Promise<void> {
    await this.#ready;
    const ring = (id: number, on: boolean) => this.map.setFeatureState({ source: ZONES, sourceLayer: this.#shown!.t, id }, { ring: on });
    for (const id of this.#rings) ring(id, false);
    for (const id of places) ring(id, true);
    this.#rings = places;
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
    // The panel may just have taken a part of the map's place.
    this.map.resize();
    this.map.fitBounds(bounds, { padding: 48, maxZoom: 14, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  /** Zones drawn in view, each once. */
  inView(): maplibregl.MapGeoJSONFeature[] {
    if (!this.map.getLayer("zones-fill")) return [];
    const seen = new Map<number, maplibregl.MapGeoJSONFeature>();
    for (const one of this.map.queryRenderedFeatures({ layers: ["zones-fill"] })) seen.set(Number(one.id), one);
    return [...seen.values()];
  }

  /** Take the zones away; they come back with the next state that shows any. */
  clearZones(): void {
    for (const id of ZONE_LAYERS) if (this.map.getLayer(id)) this.map.removeLayer(id);
    if (this.map.getSource(ZONES)) this.map.removeSource(ZONES);
    this.#shown = null;
    this.#unhover();
  }

  #changeZones(state: State): void {
    const layer = layerOf(this.config, state.l);
    this.clearZones();
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
    for (const name of ["uncertain", "gap", "hidden"]) {
      add({ id: `zones-${name}`, type: "fill", ...common, minzoom: PATTERNS_FROM, filter: ["==", ["get", "zone_id"], ""], paint: { "fill-pattern": name } });
    }
    add({ id: "zones-edge", type: "line", ...common, minzoom: PATTERNS_FROM, paint: { "line-color": ground.border, "line-opacity": 0.35, "line-width": 0.5 } });
    const ringed = (width: number) => ["case", ["boolean", ["feature-state", "ring"], false], width, 0] as unknown as maplibregl.ExpressionSpecification;
    add({ id: "zones-ring-casing", type: "line", ...common, minzoom: RINGS_FROM, paint: { "line-color": ground.halo, "line-width": ringed(3.5), "line-offset": 2 } });
    add({ id: "zones-ring", type: "line", ...common, minzoom: RINGS_FROM, paint: { "line-color": ground.ink, "line-width": ringed(1.5), "line-offset": 2 } });
    add({
      id: "zones-sign", type: "symbol", ...common, minzoom: SIGNS_FROM,
      layout: { "text-field": ["match", ["get", "class"], ...Object.entries(SIGNS).flat(), ""] as unknown as maplibregl.ExpressionSpecification, "text-size": 15, "text-font": FONT, "text-padding": 4 },
      paint: { "text-color": ground.ink, "text-halo-color": ground.halo, "text-halo-width": 1.5 },
    });
    add({ id: "zones-hover", type: "line", ...common, paint: { "line-color": ground.ink, "line-width": ["case", ["boolean", ["feature-state", "hover"], false], 2, 0] } });
    add({ id: "zones-pointed", type: "line", ...common, filter: ["==", ["get", "zone_id"], ""], paint: { "line-color": ground.ink, "line-width": 3 } });
    this.#shown = { l: state.l, t: state.t };
    this.#classes = new Int8Array(0);
    this.#rings = [];
    this.#hovered = null;
  }

  #listen(): void {
    const moved = debounce(() => {
      const { lng, lat } = this.map.getCenter();
      this.store.set({ at: { zoom: this.map.getZoom(), lat, lon: lng } }, { replace: true });
    }, 300);
    this.map.on("moveend", (event) => {
      // Only what a person did belongs in the address.
      if (!this.isSecond && (event as { originalEvent?: unknown }).originalEvent) moved();
    });
    this.map.on("mousemove", (event) => this.#hover(event.point, event.lngLat));
    this.map.on("mouseout", () => this.#unhover());
    this.map.on("click", (event) => { if (!this.isDrawing) this.selectAt(event.point); });
  }

  /** Settles once everything that is wanted is drawn. */
  async drawn(): Promise<void> {
    await this.#ready;
    if (this.map.areTilesLoaded() && !this.map.isMoving()) {
      // A frame for the states that were just set.
      this.map.triggerRepaint();
    }
    await new Promise<void>((done) => {
      const late = setTimeout(done, 4000);
      void this.map.once("idle", () => { clearTimeout(late); done(); });
    });
  }

  /** Settles with the first frame that shows every zone in view. */
  async painted(): Promise<void> {
    await this.#ready;
    await new Promise<void>((done) => {
      const look = () => {
        if (!this.map.getSource(ZONES) || !this.map.areTilesLoaded()) return;
        this.map.off("render", look);
        done();
      };
      this.map.on("render", look);
      this.map.triggerRepaint();
    });
  }

  /** Outline of what is selected, whichever layer it is of; null takes it away. */
  setPicked(geometry: GeoJSON.Geometry | null): void {
    const features: GeoJSON.Feature[] = geometry ? [{ type: "Feature", properties: {}, geometry }] : [];
    void this.#ready.then(() => (this.map.getSource("picked") as GeoJSONSource).setData({ type: "FeatureCollection", features }));
  }

  /** Show the whole study unless the address names a place: once the page around the map has its size. */
  settle(): void {
    this.map.resize();
    if (!this.store.state.at) this.map.fitBounds(this.config.bounds, { padding: this.#margin(), animate: false });
  }

  /** Room that the key and the buttons take, where there is enough beside them. */
  #margin(): maplibregl.PaddingOptions {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const isWide = clientWidth >= 720 && !this.isSecond;
    return { top: clientHeight > 400 ? 52 : 16, bottom: 16, right: 16, left: isWide && clientHeight < clientWidth ? 264 : 16 };
  }

  resize(): void {
    requestAnimationFrame(() => this.map.resize());
  }

  once(event: "idle", call: () => void): void {
    void this.map.once(event, call);
    this.map.triggerRepaint();
  }

  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Hotspot areas drawn in view, each once. */
  areasInView(): maplibregl.MapGeoJSONFeature[] {
    const seen = new Map(this.map.queryRenderedFeatures({ layers: ["areas-body"] }).map((one) => [String(one.properties.area_id), one]));
    return [...seen.values()];
  }

  /** Point out a place of a list on the map; null takes the mark away. */
  pointOut(layer: string, id: string | null): void {
    if (this.over) return this.over.pointOut(id);
    if (this.map.getLayer("zones-pointed")) this.map.setFilter("zones-pointed", ["==", ["get", "zone_id"], layer === AREAS ? "" : id ?? ""]);
    this.map.setFilter("areas-pointed", ["==", ["get", "area_id"], layer === AREAS ? id ?? "" : ""]);
  }

  /** Select what is under the cross-hair in the middle. */
  selectMiddle(): void {
    const { clientWidth, clientHeight } = this.map.getContainer();
    this.selectAt([clientWidth / 2, clientHeight / 2]);
  }

  /** Select what lies at a point of the screen: an area wins over a zone. */
  selectAt(point: maplibregl.PointLike): void {
    if (this.over) {
      const s = this.over.at(point);
      if (s) this.store.set({ s });
      return;
    }
    const layers = ["areas-body", "zones-fill"].filter((id) => this.map.getLayer(id));
    const [found] = this.map.queryRenderedFeatures(point, { layers });
    if (!found) return;
    const isArea = found.layer.id === "areas-body";
    const id = String(isArea ? found.properties.area_id : found.properties.zone_id);
    this.store.set({ s: { layer: isArea ? AREAS : this.store.state.l, id } });
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
        clearTimeout(this.#waiting);
        this.#waiting = window.setTimeout(() => this.#label.setText(this.describe(found)).addTo(this.map), HOVER_DELAY);
      }
    }
    this.#label.setLngLat(where);
  }

  #unhover(): void {
    if (this.#hovered !== null && this.map.getSource(ZONES)) {
      this.map.setFeatureState({ source: ZONES, sourceLayer: this.#shown!.t, id: this.#hovered }, { hover: false });
    }
    this.#hovered = null;
    clearTimeout(this.#waiting);
    this.#label.remove();
  }

  #style(): StyleSpecification {
    const c = isDark() ? NIGHT : DAY;
    const of = (kind: string): maplibregl.FilterSpecification => ["==", ["get", "kind"], kind];
    const empty: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
    // No glyphs and no sprite: labels are drawn with the machine's own font, so no other host is asked.
    const text = (id: string, kind: string, colour: string, size: number, minzoom: number): LayerSpecification => ({
      id, type: "symbol", source: "ground", filter: of(kind), minzoom,
      layout: { "text-field": ["get", "name"], "text-size": size, "text-font": FONT, "text-padding": 6 },
      paint: { "text-color": colour, "text-halo-color": c.halo, "text-halo-width": 1.5 },
    });
    return {
      version: 8,
      sources: {
        ground: { type: "geojson", data: empty, tolerance: 0.2 },
        areas: { type: "geojson", data: empty, tolerance: 0.2 },
        picked: { type: "geojson", data: empty, tolerance: 0.1 },
        drawn: { type: "geojson", data: empty },
      },
      layers: [
        { id: "page", type: "background", paint: { "background-color": c.page } },
        { id: "land", type: "fill", source: "ground", filter: of("land"), paint: { "fill-color": c.land } },
        { id: "parks", type: "fill", source: "ground", filter: of("park"), paint: { "fill-color": c.park } },
        { id: "water", type: "fill", source: "ground", filter: of("water"), paint: { "fill-color": c.water } },
        { id: "borders", type: "line", source: "ground", filter: of("borough"), paint: { "line-color": c.border, "line-width": 1 } },
        { id: "rail", type: "line", source: "ground", filter: of("line"), minzoom: 10.5, paint: { "line-color": c.rail, "line-width": 1, "line-dasharray": [4, 2] } },
        { id: "areas-body", type: "fill", source: "areas", paint: { "fill-opacity": 0 } },
        { id: "areas-pointed", type: "line", source: "areas", filter: ["==", ["get", "area_id"], ""], paint: { "line-color": c.ink, "line-width": 8 } },
        { id: "picked-casing", type: "line", source: "picked", paint: { "line-color": c.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 10, 4.5, 13, 9] } },
        { id: "picked", type: "line", source: "picked", paint: { "line-color": c.selected, "line-width": ["interpolate", ["linear"], ["zoom"], 10, 2.5, 13, 6] } },
        { id: "areas-casing", type: "line", source: "areas", paint: { "line-color": c.halo, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 2, 12, 4.5] } },
        { id: "areas-line", type: "line", source: "areas", filter: ["!", ["in", ["coalesce", ["get", "tier"], ""], ["literal", ["B", "C"]]]], paint: { "line-color": c.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 1, 12, 2] } },
        { id: "areas-line-b", type: "line", source: "areas", filter: ["==", ["get", "tier"], "B"], paint: { "line-color": c.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 1, 12, 2], "line-dasharray": [3, 1.5] } },
        { id: "areas-line-c", type: "line", source: "areas", filter: ["==", ["get", "tier"], "C"], paint: { "line-color": c.ink, "line-width": ["interpolate", ["linear"], ["zoom"], 9.9, 1, 12, 2], "line-dasharray": [1, 1.5] } },
        { id: "stations", type: "circle", source: "ground", filter: of("station"), minzoom: 12, paint: { "circle-radius": 3, "circle-color": c.halo, "circle-stroke-color": c.rail, "circle-stroke-width": 1.5 } },
        { id: "drawn-found", type: "line", source: "drawn", filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": c.ink, "line-width": 3 } },
        { id: "drawn-line", type: "line", source: "drawn", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": c.ink, "line-width": 3, "line-dasharray": [2, 1] } },
        { id: "drawn-corners", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": c.halo, "circle-stroke-color": c.ink, "circle-stroke-width": 2 } },
        text("park-names", "park-name", c.parkText, 11, 12.5),
        text("station-names", "station", c.text, 11, 13),
        text("borough-names", "borough-name", c.text, 12, 8),
        {
          id: "area-names", type: "symbol", source: "areas", filter: ["<", ["get", "rank"], ["step", ["zoom"], 12, 11, 40, 13, 1000]],
          layout: {
            "text-field": ["get", "name"], "text-size": 13, "text-font": FONT, "text-variable-anchor": ["top", "bottom", "left", "right"],
            "text-radial-offset": 1, "text-max-width": 9, "symbol-sort-key": ["get", "rank"],
          },
          paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 2 },
        },
      ],
    };
  }
}

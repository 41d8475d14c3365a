/** The map itself: ground, zones of the chosen layer coloured by the chosen view, hotspot areas above, selection. */

import * as maplibregl from "maplibre-gl";
import type { GeoJSONSource, StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Api, FeatureCollection } from "./api";
import { marginOf, middleOf, placeFor } from "./camera";
import { listOf, type Config } from "./config";
import { debounce, unbroken } from "./dom";
import { AREAS } from "./filters";
import { framesAtOnce } from "./frames";
import { groundStyle, shapeLayers, ZONE_LAYERS, zoneLayers, zoneLook, ZONES, zoneSource, type Shape } from "./mapstyle";
import { addPatterns } from "./patterns";
import { isDark } from "./scheme";
import type { Drawn, State } from "./state";
import type { Store } from "./store";
import { drawnView } from "./windows";
import { isTileWindow, tileColumns, toBeSet, UNSET } from "./zones";

maplibregl.setWorkerUrl(workerUrl);

const HOVER_DELAY = 80;
const NARROW = 560;
/** A map that has not all it wants by now shows what it has. */
const LATEST = 4000;

/** What the map and the list of what is in view read of an area: all that it knows would be copied into every tile. */
const OF_AREAS = ["area_id", "name", "tier", "class", "incidents", "incidents_band"];

/** What is drawn instead of zones, and answers for them. */
export interface Over {
  /** Row at a point of the screen. */
  at(point: maplibregl.PointLike): { layer: string; id: string } | null;
  pointOut(id: string | null): void;
  /** What the list of things in view shows. */
  inView(): { layer: string; id: string; row: Record<string, string | number | boolean | null | undefined>; said: string }[];
}

export class SafetyMap {
  readonly map: maplibregl.Map;
  readonly #ready: Promise<void>;
  #shown: (Pick<State, "l" | "t"> & { columns: string }) | null = null;
  /** Class of each zone as last set, by place in the zone order: only changes are sent to the map. */
  #classes: Int8Array = new Int8Array(0);
  /** Whether zones are coloured by the count in their tile until a class is set: the first picture needs no other. */
  hasOwn = false;
  #rings: number[] = [];
  #areas: FeatureCollection | null;
  /** A map so narrow that names of areas near its sides would leave it. */
  readonly #isNarrow: boolean;
  #hovered: number | null = null;
  #pointed: string | null = null;
  #waiting = 0;
  readonly #label: maplibregl.Popup;
  /** While a shape is drawn, a press sets a corner and selects nothing. */
  isDrawing = false;
  #painted: Promise<void> = Promise.resolve();
  /** Whether all that the first picture shall show has been asked for, and whether it came too late to be waited for. */
  #isAsked = false;
  #isLate = false;
  /** A table may take all the room: the map finds its place once it has some. */
  #hasRoom: boolean;
  over: Over | null = null;

  constructor(
    container: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store,
    readonly describe: (feature: maplibregl.MapGeoJSONFeature) => string,
    /** A second map shows another window beside the first; it has no controls and writes no address. */
    readonly isSecond = false,
    /** Areas that are known already: drawn from the first, they are cut into tiles once. */
    areas: FeatureCollection | null = null,
  ) {
    this.#areas = areas;
    this.#hasRoom = container.clientWidth > 0;
    this.#isNarrow = container.clientWidth < NARROW;
    const { at } = store.state;
    const endHaste = isSecond ? null : framesAtOnce();
    this.map = new maplibregl.Map({
      container,
      style: this.#style(),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxZoom: 16,
      minZoom: 4,
      fadeDuration: 0,
      validateStyle: false,
      ...(at ? { center: [at.lon, at.lat], zoom: at.zoom } : placeFor(config.bounds, container.clientWidth, container.clientHeight, marginOf(container, isSecond))),
    });
    this.map.touchZoomRotate.disableRotation();
    if (!isSecond) {
      this.#holdBack();
      void this.#painted.then(endHaste);
      this.map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
      this.map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
    }
    this.#label = new maplibregl.Popup({ closeButton: false, closeOnClick: false, className: "map-label", offset: 8 });
    // Patterns are drawn when the first zone needs one: from close up, and never for most readers.
    this.map.on("styleimagemissing", () => addPatterns(this.map, isDark()));
    this.map.on("error", (event) => console.error(String(event.error?.message ?? event.error)));
    this.#ready = new Promise((done) => this.map.once("style.load", () => done()));
    this.#listen();
  }

  /** Show the zones, areas and selection of a state. Returns whether zones are fetched anew for it. */
  async show(state: State): Promise<boolean> {
    await this.#ready;
    const columns = tileColumns(this.#view(state));
    const isAnew = this.#shown?.l !== state.l || this.#shown.t !== state.t || this.#shown.columns !== columns;
    if (isAnew) this.#changeZones(state, columns);
    else {
      const { fill, filters, hidden } = zoneLook(state, this.#view(state), this.config, this.hasOwn);
      this.map.setPaintProperty("zones-fill", "fill-color", fill);
      for (const id of hidden) if (this.map.getLayer(id)) this.map.removeLayer(id);
      for (const [id, filter] of Object.entries(filters)) if (this.map.getLayer(id)) this.map.setFilter(id, filter);
      this.#addZoneLayers(state);
    }
    return isAnew;
  }

  /** A second map always shows counts: it stands for a window. */
  #view(state: State): Drawn {
    return this.isSecond ? state.v : drawnView(state, this.config);
  }

  /** Set the class of every zone (-1 for no fill); only those that show another one cost anything. Returns how many did. */
  async setClasses(classes: Int8Array, own: Int8Array | null = null): Promise<number> {
    await this.#ready;
    if (this.#classes.length !== classes.length) this.#classes = new Int8Array(classes.length).fill(UNSET);
    const changed = toBeSet(this.#classes, classes, own);
    const zone = { source: ZONES, sourceLayer: this.#shown!.t, id: 0 };
    for (const id of changed) {
      zone.id = id;
      this.map.setFeatureState(zone, { c: classes[id] });
      this.#classes[id] = classes[id]!;
    }
    return changed.length;
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
    if (areas === this.#areas) return;
    this.#areas = areas;
    void this.map.getSource<GeoJSONSource>("areas")!.setData(this.#outlinesOf(areas));
  }

  fit(bounds: [number, number, number, number]): void {
    // The panel may just have taken a part of the map's place.
    this.map.resize();
    this.map.fitBounds(bounds, { padding: 48, maxZoom: 14, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  /** Whether the whole study is in view. */
  showsAll(): boolean {
    const [west, south, east, north] = this.config.bounds;
    const shown = this.map.getBounds();
    return shown.getWest() <= west && shown.getSouth() <= south && shown.getEast() >= east && shown.getNorth() >= north;
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

  #changeZones(state: State, columns: string): void {
    this.clearZones();
    this.#remember(state, columns);
    this.map.addSource(ZONES, zoneSource(state, this.config, this.api, columns));
    this.#addZoneLayers(state);
  }

  /** Add those layers of zones that a state shows and the map has not, each in its place. */
  #addZoneLayers(state: State): void {
    let below = "borders";
    for (const layer of zoneLayers(state, this.#view(state), this.config, this.hasOwn).reverse()) {
      if (!this.map.getLayer(layer.id)) this.map.addLayer(layer, below);
      below = layer.id;
    }
  }

  /** What the zones of the map are of; no class is set on them yet. */
  #remember(state: State, columns: string): void {
    this.hasOwn = !this.isSecond && isTileWindow(state, this.config);
    this.#shown = { l: state.l, t: state.t, columns };
    this.#classes = new Int8Array(0);
    this.#rings = [];
    this.#hovered = null;
  }

  /** What is drawn of areas, ranked from the one with most reports down. */
  #outlinesOf(areas: FeatureCollection | null): GeoJSON.FeatureCollection {
    const [west, , east] = this.config.bounds;
    const ranked = [...(areas?.features ?? [])].sort((one, other) => Number(other.properties.incidents ?? 0) - Number(one.properties.incidents ?? 0));
    const features = ranked.flatMap(({ geometry, properties }, rank): GeoJSON.Feature[] => {
      if (!geometry) return [];
      const shown = Object.fromEntries(OF_AREAS.map((name) => [name, properties[name]]));
      const across = this.#isNarrow ? (middleOf(geometry)[0] - west) / (east - west) : 0.5;
      return [{ type: "Feature", geometry, properties: { ...shown, rank, side: across < 0.4 ? "west" : across > 0.6 ? "east" : "" } }];
    });
    return { type: "FeatureCollection", features };
  }

  /** The first style has the zones in it, so that their tiles are asked for with the first frame. */
  #style(): StyleSpecification {
    const { state } = this.store;
    const style = groundStyle(this.api.address("map/base.json"), this.#outlinesOf(this.#areas), this.#isNarrow);
    if (listOf(this.config, state.l)) return style;
    const columns = tileColumns(this.#view(state));
    this.#remember(state, columns);
    style.sources[ZONES] = zoneSource(state, this.config, this.api, columns);
    style.layers.splice(style.layers.findIndex((one) => one.id === "borders"), 0, ...zoneLayers(state, this.#view(state), this.config, this.hasOwn));
    return style;
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

  /** Settles with the first frame that shows ground, areas and every zone in view; each was asked for before. */
  async painted(): Promise<void> {
    await this.#ready;
    this.#isAsked = true;
    const late = setTimeout(() => { this.#isLate = true; this.map.triggerRepaint(); }, LATEST);
    this.map.triggerRepaint();
    await this.#painted;
    clearTimeout(late);
  }

  /** Draw nothing before `painted`: pictures of half a map would each cost as much as the whole one. */
  #holdBack(): void {
    const { painter } = this.map;
    const draw = painter.render;
    this.#painted = new Promise((done) => {
      painter.render = (...all) => {
        if (!this.#isLate && !(this.#isAsked && this.#hasAll())) return;
        painter.render = draw;
        painter.render(...all);
        done();
      };
    });
  }

  #hasAll(): boolean {
    // A source that never asked for a tile has none missing, so that `areTilesLoaded` is no answer.
    return ["ground", "areas", ZONES].every((id) => !this.map.getSource(id) || this.map.isSourceLoaded(id));
  }

  /** Outline of what is selected, whichever layer it is of; null takes it away. */
  setPicked(geometry: GeoJSON.Geometry | null): void {
    this.setShapes("picked", geometry ? [{ type: "Feature", properties: {}, geometry }] : []);
  }

  /** Draw shapes above the zones; their source is made when there are some: even an empty one costs a tile for each of the map's. */
  setShapes(shape: Shape, features: GeoJSON.Feature[]): void {
    void this.#ready.then(() => {
      const data: GeoJSON.FeatureCollection = { type: "FeatureCollection", features };
      const known = this.map.getSource<GeoJSONSource>(shape);
      if (known) void known.setData(data);
      else if (features.length) {
        this.map.addSource(shape, { type: "geojson", data, tolerance: 0.1 });
        for (const [layer, below] of shapeLayers(shape)) this.map.addLayer(layer, below.find((id) => this.map.getLayer(id)));
      }
    });
  }

  /** Show the whole study unless the address names a place: once the page around the map has its size. */
  settle(): void {
    this.#hasRoom = this.map.getContainer().clientWidth > 0;
    this.map.resize();
    if (!this.store.state.at) this.map.fitBounds(this.config.bounds, { padding: marginOf(this.map.getContainer(), this.isSecond), animate: false });
  }

  resize(): void {
    requestAnimationFrame(() => (this.#hasRoom ? this.map.resize() : this.settle()));
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
    const isZone = id !== null && layer !== AREAS;
    this.#pointed = isZone ? id : null;
    const point = (geometry: GeoJSON.Geometry | null) => this.setShapes("pointed", geometry ? [{ type: "Feature", properties: {}, geometry }] : []);
    if (!isZone) point(null);
    else void this.api.item(layer, this.store.state.t, id).then(({ geometry }) => { if (this.#pointed === id) point(geometry); }, () => undefined);
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
        this.#waiting = window.setTimeout(() => this.#label.setText(unbroken(this.describe(found))).addTo(this.map), HOVER_DELAY);
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
}

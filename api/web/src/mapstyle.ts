/** What the map is drawn with: ground, zones of the chosen layer, hotspot areas above, marks of selection. */

import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification, VectorSourceSpecification } from "maplibre-gl";
import type { Api } from "./api";
import { breaksOf, fillColour, isChange, needsReliability, SIGNS } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import { mapFilter } from "./filters";
import type { Drawn, State } from "./state";
import { isDark } from "./scheme";
import { ownClass } from "./zones";

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

const groundColours = (): Ground => (isDark() ? NIGHT : DAY);

/** Names of areas near a side of the study stand on the other side of the area: a phone would cut them. */
const INWARDS = [
  "match", ["get", "side"],
  "west", ["literal", ["left", [1, 0], "top-left", [0, 1], "bottom-left", [0, -1]]],
  "east", ["literal", ["right", [-1, 0], "top-right", [0, 1], "bottom-right", [0, -1]]],
  ["literal", ["top", [0, 1], "bottom", [0, -1], "left", [1, 0], "right", [-1, 0]]],
] as unknown as ExpressionSpecification;

/** The source that follows the state; everything else is ground. */
export const ZONES = "zones";
export const ZONE_LAYERS = ["zones-fill", "zones-uncertain", "zones-gap", "zones-hidden", "zones-edge", "zones-ring-casing", "zones-ring", "zones-sign", "zones-hover"];
const FONT = ["system-ui", "sans-serif"];
/** Far out a pattern is noise. */
const PATTERNS_FROM = 12;
const RINGS_FROM = 11;
const SIGNS_FROM = 13;
const HOVER_FROM = 11;
const MANY_ZONES = 5000;

export function zoneSource(state: State, config: Config, api: Api, columns: string): VectorSourceSpecification {
  const layer = layerOf(config, state.l);
  const address = api.address(`tiles/${layer.name}/`) + `{z}/{x}/{y}.mvt?theme=${encodeURIComponent(state.t)}&properties=${columns}`;
  return { type: "vector", tiles: [address], minzoom: layer.minzoom, maxzoom: layer.maxzoom, bounds: config.bounds };
}

interface Look {
  fill: ExpressionSpecification;
  filters: Record<string, FilterSpecification | undefined>;
  /** Layers that the state has no use for. */
  hidden: string[];
}

/** What of the zones' layers follows the state. `hasOwn`: zones without a set class show the count of their tile. */
export function zoneLook(state: State, view: Drawn, config: Config, hasOwn: boolean): Look {
  const breaks = breaksOf(view, layerOf(config, state.l), state.t);
  const kept = mapFilter(state) ?? undefined;
  const both = (one: unknown[]) => (kept ? ["all", kept, one] : one) as FilterSpecification;
  const hasRings = view === "harm" || view === "both";
  const hidden = view === "difference" ? ["==", ["get", "zone_id"], ""]
    : isChange(view) ? ["all", ["has", "incidents_band"], ["==", ["coalesce", ["get", "change_class"], "too few"], "too few"]]
    : ["all", ["==", ["get", "reliability"], "suppressed"], ["!=", ["coalesce", ["get", "incidents_band"], "1-4"], "1-4"]];
  return {
    fill: fillColour(view, themeOf(config, state.t), breaks, state.only, isDark(), hasOwn && view === "count" ? ownClass(breaks) : -1),
    filters: {
      "zones-fill": kept, "zones-edge": kept, "zones-ring": kept, "zones-ring-casing": kept,
      "zones-sign": both(["has", "class"]), "zones-uncertain": both(["==", ["get", "reliability"], "not reliable"]),
      "zones-gap": both(["!", ["has", "incidents_band"]]), "zones-hidden": both(hidden),
    },
    hidden: [
      ...(view === "class" && !state.only.length ? [] : ["zones-sign"]), ...(hasRings ? [] : ["zones-ring", "zones-ring-casing"]),
      ...(needsReliability(view) && !state.only.length ? [] : ["zones-uncertain"]),
    ],
  };
}

/** The layers of zones for a state, lowest first. */
export function zoneLayers(state: State, view: Drawn, config: Config, hasOwn: boolean): LayerSpecification[] {
  const look = zoneLook(state, view, config, hasOwn);
  const ground = groundColours();
  const common = { source: ZONES, "source-layer": state.t };
  const ringed = (width: number) => ["case", ["boolean", ["feature-state", "ring"], false], width, 0] as unknown as ExpressionSpecification;
  const pattern = (name: string): LayerSpecification => ({ id: `zones-${name}`, type: "fill", ...common, minzoom: PATTERNS_FROM, paint: { "fill-pattern": name } });
  const layers: LayerSpecification[] = [
    { id: "zones-fill", type: "fill", ...common, paint: { "fill-color": look.fill, "fill-opacity": 0.92, "fill-antialias": false } },
    pattern("uncertain"), pattern("gap"), pattern("hidden"),
    { id: "zones-edge", type: "line", ...common, minzoom: PATTERNS_FROM, paint: { "line-color": ground.border, "line-opacity": 0.35, "line-width": 0.5 } },
    { id: "zones-ring-casing", type: "line", ...common, minzoom: RINGS_FROM, paint: { "line-color": ground.halo, "line-width": ringed(3.5), "line-offset": 2 } },
    { id: "zones-ring", type: "line", ...common, minzoom: RINGS_FROM, paint: { "line-color": ground.ink, "line-width": ringed(1.5), "line-offset": 2 } },
    {
      id: "zones-sign", type: "symbol", ...common, minzoom: SIGNS_FROM,
      layout: { "text-field": ["match", ["get", "class"], ...Object.entries(SIGNS).flat(), ""] as unknown as ExpressionSpecification, "text-size": 15, "text-font": FONT, "text-padding": 4 },
      paint: { "text-color": ground.ink, "text-halo-color": ground.halo, "text-halo-width": 1.5 },
    },
    // Of thousands of cells, outlines are only made where they can be told apart: each would cost as much as its fill.
    { id: "zones-hover", type: "line", ...common, minzoom: layerOf(config, state.l).zones > MANY_ZONES ? HOVER_FROM : 0, paint: { "line-color": ground.ink, "line-width": ["case", ["boolean", ["feature-state", "hover"], false], 2, 0] } },
  ];
  return layers.filter(({ id }) => !look.hidden.includes(id)).map((layer) => {
    const filter = look.filters[layer.id];
    return filter ? { ...layer, filter } as LayerSpecification : layer;
  });
}

/** Shapes that come above the zones when a reader selects, points out or draws something. */
export type Shape = "picked" | "pointed" | "drawn";

/** The layers of a shape, lowest first, each with what it lies below: the first of these that is there. */
export function shapeLayers(shape: Shape): [LayerSpecification, string[]][] {
  const c = groundColours();
  const wide = (far: number, near: number): ExpressionSpecification => ["interpolate", ["linear"], ["zoom"], 10, far, 13, near];
  const of = (type: string): FilterSpecification => ["==", ["geometry-type"], type];
  const [source, belowAreas, belowNames] = [shape, ["areas-casing"], ["park-names"]];
  if (shape === "pointed") return [[{ id: "pointed", type: "line", source, paint: { "line-color": c.ink, "line-width": 3 } }, ["picked-casing", ...belowAreas]]];
  if (shape === "picked") {
    return [
      [{ id: "picked-casing", type: "line", source, paint: { "line-color": c.ink, "line-width": wide(7.5, 11) } }, belowAreas],
      [{ id: "picked", type: "line", source, paint: { "line-color": c.selected, "line-width": wide(5.5, 8.5) } }, belowAreas],
    ];
  }
  return [
    [{ id: "drawn-found", type: "line", source, filter: of("Polygon"), paint: { "line-color": c.ink, "line-width": 3 } }, belowNames],
    [{ id: "drawn-line", type: "line", source, filter: of("LineString"), paint: { "line-color": c.ink, "line-width": 3, "line-dasharray": [2, 1] } }, belowNames],
    [{ id: "drawn-corners", type: "circle", source, filter: of("Point"), paint: { "circle-radius": 5, "circle-color": c.halo, "circle-stroke-color": c.ink, "circle-stroke-width": 2 } }, belowNames],
  ];
}

/** The style without zones: no glyphs and no sprite, so that no other host is asked. */
export function groundStyle(base: string, areas: GeoJSON.FeatureCollection, isNarrow: boolean): StyleSpecification {
  const c = groundColours();
  const of = (kind: string): FilterSpecification => ["==", ["get", "kind"], kind];
  // No glyphs and no sprite: labels are drawn with the machine's own font, so no other host is asked.
  const text = (id: string, kind: string, colour: string, size: number, minzoom: number): LayerSpecification => ({
    id, type: "symbol", source: "ground", filter: of(kind), minzoom,
    layout: { "text-field": ["get", "name"], "text-size": size, "text-font": FONT, "text-padding": 6 },
    paint: { "text-color": colour, "text-halo-color": c.halo, "text-halo-width": 1.5 },
  });
  return {
    version: 8,
    // Every frame of a fade is a frame of the whole map: machines without a graphics card have none to spare.
    transition: { duration: 0, delay: 0 },
    sources: {
      ground: { type: "geojson", data: base, tolerance: 0.2 },
      areas: { type: "geojson", data: areas, tolerance: 0.2 },
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
          "text-field": ["get", "name"], "text-size": 13, "text-font": FONT, "text-max-width": 9, "symbol-sort-key": ["get", "rank"],
          ...(isNarrow ? { "text-variable-anchor-offset": INWARDS } : { "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 1 }),
        },
        paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 2 },
      },
    ],
  };
}

/** A list on the map: marks at points, or the shapes of its rows; one layer a class where the stroke tells which. */

import { Popup, type ExpressionSpecification, type GeoJSONSource, type LayerSpecification, type PointLike } from "maplibre-gl";
import type { Api } from "../api";
import type { ListConfig } from "../config";
import type { Over, SafetyMap } from "../map";
import { isDark } from "../scheme";
import { DASHES, colourOf, inkOn } from "./legend";
import type { Marks } from "./query";
import { say } from "./words";

const FONT = ["system-ui", "sans-serif"];
const MARKS = "list-marks";
const SHAPES = "list-shapes";
const REACH = "list-reach";
/** From here on marks are far enough apart for names, and shapes are wider than their marks. */
const NAMES_FROM = 12.5;
const SHAPES_FROM = 14;
const REACH_M = 400;
/** Names of the ground and of areas that would lie on the marks. */
const HIDDEN = ["stations", "station-names", "area-names"];
const RADIUS = { least: 5, most: 20 };
const IMAGE = 44;

interface Mark { id: string; name: string; at: [number, number]; kind: number; radius: number; number: number | null; box: [number, number, number, number] }

export class Drawing implements Over {
  #list: ListConfig | null = null;
  #marks: Marks | null = null;
  #all: Mark[] = [];
  #only: number[] = [];
  #layers: string[] = [];
  #hover: string | null = null;
  readonly #label = new Popup({ closeButton: false, closeOnClick: false, className: "map-label", offset: 10 });

  constructor(readonly map: SafetyMap, readonly api: Api) {
    map.map.on("mousemove", (event) => this.#point(event.point, event.lngLat));
    map.map.on("mouseout", () => this.#label.remove());
  }

  /** Take everything away. */
  clear(): void {
    for (const id of this.#layers) if (this.map.map.getLayer(id)) this.map.map.removeLayer(id);
    for (const id of [MARKS, SHAPES, REACH]) if (this.map.map.getSource(id)) this.map.map.removeSource(id);
    this.#layers = [];
    this.#list = this.#marks = null;
    this.#all = [];
    this.#label.remove();
    for (const id of HIDDEN) this.map.map.setLayoutProperty(id, "visibility", "visible");
  }

  /** Draw these marks; `only` are the classes that are shown alone, from 1. */
  draw(list: ListConfig, marks: Marks, only: number[], selected: string | null): void {
    const isOther = this.#list?.name !== list.name || this.#marks?.theme !== marks.theme;
    if (isOther) this.clear();
    this.#only = only;
    this.#list = list;
    const isNew = this.#marks !== marks;
    this.#marks = marks;
    if (isNew) this.#all = this.#read(marks);
    if (isOther) this.#make(list, marks);
    if (isNew) this.#fill();
    this.#filter();
    this.select(selected);
  }

  /** Ring the mark of the selected row. */
  select(id: string | null): void {
    for (const one of ["list-selected", "list-selected-edge"]) if (this.map.map.getLayer(one)) this.map.map.setFilter(one, ["==", ["get", "id"], id ?? ""]);
  }

  at(point: PointLike): { layer: string; id: string } | null {
    const id = this.#rowAt(point);
    return id && this.#list ? { layer: this.#list.name, id } : null;
  }

  pointOut(id: string | null): void {
    if (this.map.map.getLayer("list-pointed")) this.map.map.setFilter("list-pointed", ["==", ["get", "id"], id ?? ""]);
  }

  inView(): { layer: string; id: string; row: Record<string, string>; said: string }[] {
    const { classes } = this.#marks ?? { classes: [] };
    return this.#seen().sort((one, other) => one.kind - other.kind || other.radius - one.radius)
      .map((one) => ({ layer: this.#list!.name, id: one.id, row: { name: one.name }, said: `${classes[one.kind]?.sign ?? ""} ${classes[one.kind]?.label ?? ""}` }));
  }

  /** Marks in view by class. */
  counts(): number[] {
    const found = new Array<number>(this.#marks?.classes.length ?? 0).fill(0);
    for (const one of this.#all) if (this.#isInView(one)) found[one.kind] = (found[one.kind] ?? 0) + 1;
    return found;
  }

  #isInView(mark: Mark): boolean {
    const view = this.map.map.getBounds();
    const [west, south, east, north] = mark.box;
    return west <= view.getEast() && east >= view.getWest() && south <= view.getNorth() && north >= view.getSouth();
  }

  #seen(): Mark[] {
    return this.#all.filter((one) => this.#isShown(one) && this.#isInView(one));
  }

  #isShown(mark: Mark): boolean {
    return this.#only.length === 0 || this.#only.includes(mark.kind + 1);
  }

  #read(marks: Marks): Mark[] {
    const { ids, names, points, boxes, classes, sizes, numbers } = marks.marks;
    const most = Math.max(1, ...(sizes ?? []).map((one) => one ?? 0));
    // The area of a mark follows its size; without one all are alike, and what has no size is small.
    const radius = (at: number) => (sizes ? Math.max(RADIUS.least, RADIUS.most * Math.sqrt((sizes[at] ?? 0) / most)) : 8);
    return ids.map((id, at) => ({ id, name: names[at]!, at: points[at]!, kind: classes[at]!, radius: radius(at), number: numbers?.[at] ?? null, box: boxes?.[at] ?? [...points[at]!, ...points[at]!] }));
  }

  #fill(): void {
    const features = this.#all.map((one): GeoJSON.Feature => ({
      type: "Feature", geometry: { type: "Point", coordinates: one.at },
      properties: { id: one.id, name: one.name, c: one.kind, r: one.radius, n: one.number === null ? "" : String(one.number) },
    }));
    (this.map.map.getSource(MARKS) as GeoJSONSource).setData({ type: "FeatureCollection", features });
    if (this.#list!.name !== "stations") return;
    const reach = this.#all.map((one): GeoJSON.Feature => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: circle(one.at, REACH_M) } }));
    (this.map.map.getSource(REACH) as GeoJSONSource).setData({ type: "FeatureCollection", features: reach });
  }

  /** Hide what is not shown: classes that are left out, and rows that the filter leaves out of shapes. */
  #filter(): void {
    const shown = this.#all.filter((one) => this.#isShown(one));
    const ids = ["literal", shown.map((one) => one.id)];
    for (const id of this.#layers) {
      const spec = this.#specs.get(id);
      if (spec === "marks") this.map.map.setFilter(id, this.#only.length ? ["in", ["get", "c"], ["literal", this.#only.map((one) => one - 1)]] : null);
      else if (spec === "shapes") this.map.map.setFilter(id, ["in", ["get", this.#list!.id], ids] as never);
      else if (typeof spec === "number") this.map.map.setFilter(id, ["in", ["get", this.#list!.id], ["literal", shown.filter((one) => one.kind === spec).map((one) => one.id)]] as never);
    }
  }

  /** What a layer's filter follows: all marks, all shapes, or the shapes of one class. */
  readonly #specs = new Map<string, "marks" | "shapes" | number | "own">();

  #add(spec: LayerSpecification, follows: "marks" | "shapes" | number | "own", before?: string): void {
    this.map.map.addLayer(spec, before);
    this.#layers.push(spec.id);
    this.#specs.set(spec.id, follows);
  }

  #make(list: ListConfig, marks: Marks): void {
    const { map } = this.map;
    const empty: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
    map.addSource(MARKS, { type: "geojson", data: empty });
    map.addSource(REACH, { type: "geojson", data: empty });
    map.addSource(SHAPES, { type: "vector", tiles: [this.api.address(`tiles/${list.name}/`) + `{z}/{x}/{y}.mvt?theme=${encodeURIComponent(marks.theme)}`], maxzoom: 14 });
    this.#images(marks);
    const ink = isDark() ? "#ffffff" : "#0b0c0c";
    const halo = isDark() ? "#16191c" : "#ffffff";
    if (list.symbol === "area") this.#areas(marks, ink, halo);
    else if (list.symbol === "line") this.#lines(marks, ink, halo);
    else this.#points(list, marks, ink, halo);
    const around = (width: number): number | ExpressionSpecification => (list.symbol === "circle" ? ["+", ["get", "r"], width] : 14);
    this.#add({ id: "list-pointed", type: "circle", source: MARKS, filter: ["==", ["get", "id"], ""], paint: { "circle-radius": around(4), "circle-opacity": 0, "circle-stroke-color": ink, "circle-stroke-width": 3 } }, "own");
    // The outline of an area or line is drawn by the map itself.
    const isMark = list.symbol !== "area" && list.symbol !== "line";
    for (const [id, wide, width, colour] of [["list-selected-edge", 6, 2, ink], ["list-selected", 2.5, 4, "#ffdd00"]] as const) {
      this.#add({ id, type: "circle", source: MARKS, filter: ["==", ["get", "id"], ""], paint: { "circle-radius": around(wide), "circle-opacity": 0, "circle-stroke-color": colour, "circle-stroke-width": isMark ? width : 0 } }, "own", "list-pointed");
    }
    // Marks have names of their own.
    for (const id of list.name === "stations" ? HIDDEN : ["area-names"]) map.setLayoutProperty(id, "visibility", "none");
  }

  #points(list: ListConfig, marks: Marks, ink: string, halo: string): void {
    const pick = (of: (one: Marks["classes"][number], at: number) => unknown, other: unknown): ExpressionSpecification =>
      ["match", ["get", "c"], ...marks.classes.flatMap((one, at) => [at, of(one, at)]), other] as unknown as ExpressionSpecification;
    const shape = { source: SHAPES, "source-layer": marks.theme, minzoom: SHAPES_FROM };
    if (list.name === "stations") this.#add({ id: "list-reach", type: "line", source: REACH, minzoom: 12.5, paint: { "line-color": ink, "line-width": 1, "line-opacity": 0.7, "line-dasharray": [4, 3] } }, "own");
    else this.#add({ id: "list-shape", type: "line", ...shape, paint: { "line-color": ink, "line-width": 1, "line-opacity": 0.7 } }, "shapes");
    // What stands out lies on top; among equals the smaller.
    const order: ExpressionSpecification = ["-", ["*", -100, ["get", "c"]], ["get", "r"]];
    if (list.symbol === "circle") {
      // Size tells the classes apart too, where a mark is too small for its sign.
      const small = pick((one) => (list.name === "stations" ? (one.light === "#ffffff" ? 0.7 : 1) : one.key === "listed" ? 1.3 : one.light === "#ffffff" ? 0.45 : one.key === "above" ? 1 : 0.8), 1);
      const sized = (factor: number): ExpressionSpecification => ["*", factor, small, ["get", "r"]];
      this.#add({ id: "list-body", type: "circle", source: MARKS, layout: { "circle-sort-key": order }, paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, sized(list.name === "stations" ? 0.55 : 0.35), 12, sized(0.85), 14, sized(1.15)],
        "circle-color": pick(colourOf, halo), "circle-stroke-color": ink, "circle-stroke-width": pick((one) => (one.key === "listed" ? 2 : 1), 1), "circle-opacity": 0.94,
      } }, "marks");
      this.#add({ id: "list-sign", type: "symbol", source: MARKS, minzoom: list.name === "stations" ? 9 : 12, layout: {
        "text-field": pick((one) => (list.name === "stations" || one.light !== "#ffffff" ? one.sign : ""), ""), "text-font": FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 9, ["max", 8, ["*", 0.7, ["get", "r"]]], 14, ["max", 11, ["*", 1.1, ["get", "r"]]]],
        "text-allow-overlap": true, "text-ignore-placement": true, "symbol-sort-key": ["*", -1, ["get", "c"]],
      }, paint: { "text-color": pick((one) => inkOn(colourOf(one)), ink) } }, "marks");
    } else {
      const size: ExpressionSpecification = list.symbol === "diamond" ? ["interpolate", ["linear"], ["zoom"], 9, ["max", 0.35, ["/", ["get", "r"], 32]], 14, ["max", 0.6, ["/", ["get", "r"], 16]]] : ["interpolate", ["linear"], ["zoom"], 9, pick((one) => (one.key === "listed" ? 0.8 : 0.2), 0.2), 12, pick((one) => (one.key === "listed" ? 1 : 0.42), 0.42), 14, pick((one) => (one.key === "listed" ? 1.15 : 0.6), 0.6)];
      this.#add({ id: "list-body", type: "symbol", source: MARKS, layout: {
        "icon-image": pick((one) => `list-${one.key}`, "list-none"), "icon-size": size, "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["*", -1, ["get", "c"]],
        ...(list.symbol === "square" ? { "text-field": ["case", ["==", ["get", "c"], 0], ["get", "n"], ""] as unknown as ExpressionSpecification, "text-font": FONT, "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true } : {}),
      }, paint: { "text-color": inkOn(colourOf(marks.classes[0]!)), "icon-opacity": list.symbol === "square" ? pick((one) => (one.key === "listed" ? 1 : 0.75), 1) : 1 } }, "marks");
    }
    this.#names(["==", ["get", "c"], 0], 10.5, "list-name-first", ink, halo);
    this.#names([">", ["get", "c"], 0], NAMES_FROM + 1, "list-name", ink, halo);
  }

  #names(which: ExpressionSpecification, from: number, id: string, ink: string, halo: string): void {
    this.#add({ id, type: "symbol", source: MARKS, minzoom: from, filter: which as never, layout: {
      "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 9, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 1.4, "text-optional": true, "symbol-sort-key": ["*", -1, ["get", "r"]],
    }, paint: { "text-color": ink, "text-halo-color": halo, "text-halo-width": 2 } }, "own");
  }

  #areas(marks: Marks, ink: string, halo: string): void {
    const shape = { source: SHAPES, "source-layer": marks.theme };
    marks.classes.forEach((one, at) => {
      this.#add({ id: `list-fill-${at}`, type: "fill", ...shape, paint: { "fill-color": colourOf(one), "fill-opacity": 0.85 } }, at, "borders");
      if (one.key === "someUnknown") this.#add({ id: `list-pattern-${at}`, type: "fill", ...shape, minzoom: 11, paint: { "fill-pattern": "list-hatch" } }, at, "borders");
    });
    this.#add({ id: "list-casing", type: "line", ...shape, paint: { "line-color": halo, "line-width": ["interpolate", ["linear"], ["zoom"], 9, 2, 12, 4.5] } }, "shapes");
    this.#add({ id: "list-edge", type: "line", ...shape, paint: { "line-color": ink, "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.8, 12, 1.75] } }, "shapes");
    const met = ["concat", ["match", ["get", "c"], ...marks.classes.flatMap((one, at) => [at, one.sign]), ""], " ", ["get", "n"], "/7"];
    this.#add({ id: "list-number", type: "symbol", source: MARKS, layout: {
      "text-field": ["step", ["zoom"], met, NAMES_FROM - 1.5, ["concat", met, "\n", ["get", "name"]]] as unknown as ExpressionSpecification,
      "text-font": FONT, "text-size": 12, "text-max-width": 10, "text-padding": 1, "symbol-sort-key": ["get", "c"],
    }, paint: { "text-color": ink, "text-halo-color": halo, "text-halo-width": 2 } }, "marks");
  }

  #lines(marks: Marks, ink: string, halo: string): void {
    const shape = { source: SHAPES, "source-layer": marks.theme };
    // The first class is drawn last, on top.
    [...marks.classes.entries()].reverse().forEach(([at, one]) => {
      const width: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 9, one.key === "listed" ? 4 : 2, 14, one.key === "listed" ? 8 : 5];
      const dash = DASHES[one.key]?.length ? { "line-dasharray": DASHES[one.key]! } : {};
      const wider: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 9, one.key === "listed" ? 7 : 3.5, 14, one.key === "listed" ? 12 : 8];
      this.#add({ id: `list-line-casing-${at}`, type: "line", ...shape, layout: { "line-join": "round" }, paint: { "line-color": one.key === "listed" ? ink : halo, "line-width": wider } }, at);
      this.#add({ id: `list-line-${at}`, type: "line", ...shape, layout: { "line-join": "round" }, paint: { "line-color": one.light === "#ffffff" ? ink : colourOf(one), "line-width": width, ...dash } }, at);
    });
    this.#add({ id: "list-name", type: "symbol", source: MARKS, layout: {
      "text-field": ["concat", ["match", ["get", "c"], ...marks.classes.flatMap((one, at) => [at, one.sign]), ""], " ", ["get", "name"]] as unknown as ExpressionSpecification,
      "text-font": FONT, "text-size": 12, "text-padding": 4, "symbol-sort-key": ["get", "c"],
    }, paint: { "text-color": ink, "text-halo-color": halo, "text-halo-width": 2.5 } }, "marks");
  }

  /** Pictures of squares and diamonds, and lines over places of which some rules cannot be answered. */
  #images(marks: Marks): void {
    const ink = isDark() ? "#ffffff" : "#0b0c0c";
    const draw = (name: string, paint: (pen: CanvasRenderingContext2D) => void, size = IMAGE) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = size;
      const pen = canvas.getContext("2d")!;
      paint(pen);
      if (this.map.map.hasImage(name)) this.map.map.removeImage(name);
      this.map.map.addImage(name, pen.getImageData(0, 0, size, size), { pixelRatio: 2 });
    };
    const symbol = this.#list!.symbol;
    for (const one of marks.classes) {
      if (symbol === "square") draw(`list-${one.key}`, (pen) => square(pen, colourOf(one), one.key === "ranked" ? "#6b7276" : ink, one.key === "unranked"));
      if (symbol === "diamond") draw(`list-${one.key}`, (pen) => diamond(pen, ink, one.key === "beside"));
    }
    if (symbol === "area") draw("list-hatch", (pen) => {
      pen.strokeStyle = ink;
      pen.lineWidth = 1.5;
      for (const from of [-16, 0, 16]) { pen.beginPath(); pen.moveTo(from, 16); pen.lineTo(from + 16, 0); pen.stroke(); }
    }, 16);
  }

  #rowAt(point: PointLike): string | null {
    if (!this.#list) return null;
    const { map } = this.map;
    const wanted = this.#layers.filter((id) => /^list-(body|fill|line-\d|line-casing|number|name)/.test(id));
    const near = this.#list.symbol === "area" ? 0 : 4;
    const [x, y] = Array.isArray(point) ? point : [point.x, point.y];
    const found = map.queryRenderedFeatures([[x - near, y - near], [x + near, y + near]], { layers: wanted });
    const first = found.find((one) => one.layer.source === MARKS) ?? found[0];
    return first ? String(first.properties.id ?? first.properties[this.#list.id]) : null;
  }

  #point(point: PointLike, where: { lng: number; lat: number }): void {
    if (!this.#list || this.map.over !== this) return;
    const id = this.#rowAt(point);
    if (id !== this.#hover) {
      this.#hover = id;
      this.pointOut(id);
      const mark = this.#all.find((one) => one.id === id);
      const kind = mark && this.#marks?.classes[mark.kind];
      if (mark && kind) this.#label.setText(`${mark.name}: ${kind.label}${this.#list.symbol === "area" ? ` · ${say("list.chb.met", { met: mark.number ?? 0, all: 7 })}` : ""}`).addTo(this.map.map);
      else this.#label.remove();
    }
    this.#label.setLngLat(where);
  }
}

function square(pen: CanvasRenderingContext2D, fill: string, ink: string, isCrossed: boolean): void {
  pen.fillStyle = fill;
  pen.strokeStyle = ink;
  pen.lineWidth = 3;
  pen.fillRect(4, 4, 36, 36);
  pen.strokeRect(4, 4, 36, 36);
  if (!isCrossed) return;
  pen.beginPath();
  pen.moveTo(6, 38);
  pen.lineTo(38, 6);
  pen.stroke();
}

function diamond(pen: CanvasRenderingContext2D, ink: string, hasDot: boolean): void {
  const path = () => { pen.beginPath(); pen.moveTo(22, 4); pen.lineTo(40, 22); pen.lineTo(22, 40); pen.lineTo(4, 22); pen.closePath(); };
  path();
  // A light edge, so that the hollow mark is seen on anything.
  pen.strokeStyle = pen.fillStyle = ink === "#ffffff" ? "#16191c" : "#ffffff";
  pen.lineWidth = 8;
  pen.stroke();
  pen.fill();
  path();
  pen.strokeStyle = ink;
  pen.lineWidth = 4;
  pen.stroke();
  if (!hasDot) return;
  pen.beginPath();
  pen.arc(22, 22, 6, 0, 7);
  pen.fillStyle = ink;
  pen.fill();
}

/** A circle on the ground as a line. */
function circle([lon, lat]: [number, number], metres: number): [number, number][] {
  const north = metres / 111_195;
  const east = north / Math.cos((lat * Math.PI) / 180);
  return Array.from({ length: 49 }, (_, at): [number, number] => [lon + east * Math.cos((at / 24) * Math.PI), lat + north * Math.sin((at / 24) * Math.PI)]);
}

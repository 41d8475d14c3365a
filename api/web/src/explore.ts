/** The map page: reads the address, and keeps map, key, controls, time, title, table and panel in step with it. */

import { ApiError, type FeatureCollection } from "./api";
import { boxOf } from "./camera";
import { breaksOf, classOf, classesOf, isByState, isChange, movesInTime, needsReliability } from "./classes";
import { changeClasses, Compare } from "./compare";
import { layerOf, listOf, themeOf, type ListConfig } from "./config";
import { renderControls } from "./controls";
import { announce, byId, debounce, h } from "./dom";
import { Draw } from "./draw";
import { api, areasAddress, config, steps, store } from "./early";
import { AREAS, mapFilter, renderFilters } from "./filters";
import { InViewList } from "./inview";
import { renderLegend, type InView } from "./legend";
import type { ListView } from "./lists/view";
import { SafetyMap } from "./map";
import { renderMapTools } from "./maptools";
import { Names } from "./names";
import { Panel } from "./panel";
import { isDark } from "./scheme";
import { Search } from "./search";
import { countText, type Row } from "./sentences";
import type { State } from "./state";
import type { Step } from "./steps";
import { Table } from "./table";
import { TimeBar } from "./timebar";
import { renderTitle } from "./title";
import { followTime, renderToolbar } from "./toolbar";
import { monthText, numberText, t } from "./words";
import { drawnView, endOf, timeline } from "./windows";

/** Keys of the address that make another picture of zones. */
const OF_PICTURE: (keyof State)[] = ["t", "v", "l", "w", "end", "vs", "cmp"];

const names = new Names(api, config);
const compare = new Compare(byId("map").parentElement!, config, api, store, steps, () => map, (feature, step) =>
  describe(feature.id, feature.properties as Row, step ? { classes: step.classes, step, rings: new Set() } : shown));
const time = new TimeBar(byId("time"), config, store, () => map.drawn(), announce, () => compare.slider);
const panel = new Panel(byId("panel"), config, api, store, names, (geometry) => map.setPicked(geometry));
const table = new Table(byId("table"), config, api, store, names, (layer, id) => map.pointOut(layer, id), (box) => map.fit(box));
const tools = byId("map-tools");
const listPlace = h("div", {});
const drawPlace = h("div", {});

/** The view of lists: its code comes when one is first shown. */
let lists: Promise<ListView> | null = null;
let areas: FeatureCollection | null = null;
/** What is coloured now: classes by place in the zone order, the step they come from, and zones that the two indexes of harm put far apart. */
interface Shown { classes: Int8Array; step: Step | null; rings: Set<number> }
let shown: Shown = { classes: new Int8Array(0), step: null, rings: new Set() };
let inView: { id: number; row: Row }[] = [];
let areasInView = 0;
/** Whether every zone is in view, so that the classes themselves can be counted without looking for zones on the map. */
let isWhole = false;

// The map is made once all that takes room beside it is there: its size is found once.
new Search(byId("search"), config, api, store, names, (box) => map.fit(box));
renderMapTools(tools, [listPlace, drawPlace], { list: () => list.open(), whole: () => map.fit(config.bounds), draw: () => draw.start(), pick: () => map.selectMiddle() });
renderNotices();
renderAround(store.state, null);
void panel.show(store.state, { focus: false });
const map = new SafetyMap(
  byId("map"), config, api, store, (feature) => describe(feature.id, feature.properties as Row, shown),
  false, config.hasAreas && !listOf(config, store.state.l) ? api.answered(areasAddress(store.state)) : null,
);
const list = new InViewList(listPlace, map, store, names);
const draw = new Draw(drawPlace, config, api, store, map, names);
/** The first whole picture: what is asked for or counted next must not hold it up. */
let isPainted: () => void;
const painted = new Promise<void>((done) => { isPainted = done; });

/** One line about a zone: where, its value in words, and what state the figure is in. */
function describe(id: unknown, row: Row, of: Shown): string {
  const { state } = store;
  const place = Number(id);
  const view = drawnView(state, config);
  const breaks = breaksOf(view, layerOf(config, state.l), state.t);
  const classes = classesOf(view, themeOf(config, state.t), breaks, isDark());
  const found = classOf(view, row, breaks, of.classes[place] ?? -1);
  const count = of.step?.counts?.[place];
  const none = view === "count" ? t("legend.zero") : isChange(view) ? t("change.too few") : countText(row);
  const label = found < 0 ? t("legend.noData") : found === 0 ? none : classes[found - 1]!.label;
  const value = view === "count" && found > 0 && typeof count === "number" ? numberText(count) : label;
  const unsure = row.reliability === "not reliable" && !movesInTime(view) ? ` · ${t("legend.unsure")}` : "";
  return `${names.of(row)}: ${value}${unsure}`;
}

async function showColours(state: State): Promise<void> {
  if (!isByState(state.v)) return;
  if (drawnView(state, config) === "difference") {
    const found = await changeClasses(api, state, config);
    if (store.state !== state) return;
    shown = { classes: found ?? new Int8Array(layerOf(config, state.l).zones).fill(-1), step: null, rings: new Set() };
    await map.setClasses(shown.classes);
  } else if (movesInTime(state.v)) {
    const end = endOf(state, config);
    if (end === null || !layerOf(config, state.l).span[state.t]) return;
    const [step, own] = await Promise.all([steps.get(state, end), map.hasOwn ? steps.own(state) : null]);
    if (store.state !== state) return;
    shown = { classes: step.classes, step, rings: new Set() };
    await map.setClasses(step.classes, own);
    const line = timeline(state, config).ends;
    void painted.then(() => steps.prefetch(state, line, line.indexOf(end)));
  } else {
    const found = await api.get<{ classes: number[]; both: number[]; differs: number[] }>(api.address(`map/harm/${state.l}`, { theme: state.t, weights: state.wt }));
    if (store.state !== state) return;
    const classes = Int8Array.from(state.v === "harm" ? found.classes : found.both);
    shown = { classes, step: null, rings: new Set(found.differs) };
    await map.setClasses(classes);
    await map.setRings(found.differs);
    if (found.classes.every((one) => one < 0)) byId("note").append(h("span", { class: "note" }, t("title.noHarm")));
  }
}

async function showAreas(state: State): Promise<void> {
  areas = config.hasAreas ? await api.get<FeatureCollection>(areasAddress(state)) : null;
  if (store.state.t !== state.t || store.state.f !== state.f) return;
  if (areas) await map.setAreas(areas);
  compare.setAreas(areas);
  renderAreas();
}

function renderAreas(): void {
  const place = byId("areas");
  const sources = h("p", { class: "sources" }, t("areas.sources", { text: config.attribution }));
  if (!areas) return place.replaceChildren(sources);
  const number = (one: { properties: Row }) => Number(one.properties.incidents ?? 0);
  const ranked = [...areas.features].sort((one, other) => number(other) - number(one));
  place.replaceChildren(
    h("h2", { class: "govuk-heading-s" }, t("areas.title", { n: areas.numberMatched })),
    ranked.length === 0 ? h("p", { class: "govuk-body-s" }, t("areas.none"))
      : h("ol", { class: "areas" }, ranked.slice(0, 12).map((one) => h("li", {},
          h("button", { type: "button", class: "link-button", onclick: () => { store.set({ s: { layer: AREAS, id: one.id } }); if (one.geometry) map.fit(boxOf(one.geometry)); } }, String(one.properties.name)),
          h("span", { class: "legend__count" }, countText(one.properties))))),
    ranked.length > 12 ? h("button", { type: "button", class: "link-button", onclick: () => store.set({ tab: "both", rows: "areas" }) }, t("areas.all")) : "",
    sources,
  );
}

/** Look at what is in view: once the map rests, not at each step of time. */
function look(): void {
  isWhole = countsByClass() && map.showsAll();
  inView = isWhole ? [] : map.inView().map((one) => ({ id: Number(one.id), row: one.properties as Row }));
  areasInView = map.areasInView().length;
  countView();
}

function countView(): void {
  const { state } = store;
  const view = drawnView(state, config);
  const breaks = breaksOf(view, layerOf(config, state.l), state.t);
  const other = compare.classes;
  const found: InView = { classes: new Array<number>(7).fill(0), noData: 0, unsure: 0, areas: areasInView, beside: other && new Array<number>(7).fill(0), rings: 0 };
  if (isWhole) countAll(found, other);
  else for (const { id, row } of inView) {
    const code = classOf(view, row, breaks, shown.classes[id] ?? -1);
    if (code < 0) found.noData += 1;
    else found.classes[code] = (found.classes[code] ?? 0) + 1;
    if (shown.rings.has(id)) found.rings += 1;
    const beside = other?.[id] ?? -1;
    if (found.beside && beside >= 0) found.beside[beside] = (found.beside[beside] ?? 0) + 1;
    if (row.reliability === "not reliable") found.unsure += 1;
  }
  renderLegend(byId("legend"), config, store, found);
}

/** Whether a view and its filter need no more of a zone than its class. */
function countsByClass(): boolean {
  const view = drawnView(store.state, config);
  return isByState(view) && !needsReliability(view) && mapFilter(store.state) === null;
}

function countAll(found: InView, other: Int8Array | null): void {
  const counted = new Int32Array(8);
  for (const code of shown.classes) counted[code + 1]! += 1;
  found.noData = counted[0]!;
  found.classes = Array.from(counted.subarray(1));
  if (found.beside && other) for (const code of other) if (code >= 0) found.beside[code]! += 1;
}

function failed(what: string, error: unknown): void {
  const detail = error instanceof ApiError ? ` ${error.detail} ${error.instance ?? ""}` : "";
  const again = () => { byId("notice").replaceChildren(); void update(store.state, null); };
  byId("notice").replaceChildren(h("p", { class: "govuk-body notice" }, t("error.fetch", { what }) + detail, " ",
    h("button", { type: "button", class: "link-button", onclick: again }, t("error.again"))));
}

/** What of the address could not be followed. */
function renderNotices(): void {
  if (store.ignored.length) byId("notice").append(h("p", { class: "govuk-body notice" }, t("unknownKeys", { keys: store.ignored.join(", ") })));
  if (store.state.r === null || store.state.r === config.release) return;
  const now = h("button", { type: "button", class: "link-button", onclick: () => { store.set({ r: null }); byId("notice").replaceChildren(); } }, t("release.now"));
  byId("notice").append(h("p", { class: "govuk-body notice" }, t("release.gone", { asked: store.state.r, shown: config.release }), " ", now));
}

async function showList(state: State, list: ListConfig, changed: Set<keyof State> | null): Promise<void> {
  delete document.body.dataset.ready;
  document.body.dataset.list = list.name;
  time.stop();
  compare.stop();
  map.clearZones();
  renderAround(state, changed);
  if (changed === null) map.settle();
  else if (changed.has("tab")) map.resize();
  lists ??= import("./lists/view").then(({ ListView }) => new ListView({ config, api, store, map, names, toolbar: (shown) => renderToolbar(byId("tabs"), config, api, store, shown) }));
  try {
    void panel.show(state, { focus: changed?.has("s") ?? false });
    await map.ready;
    await (await lists).show(state, list, changed === null);
  } catch (error) {
    failed(list.label, error);
  }
  if (store.state === state) document.body.dataset.ready = "true";
}

/** Zones again: the list has written where they are told of. */
async function leaveList(): Promise<void> {
  delete document.body.dataset.list;
  (await lists)?.leave();
  table.forget();
}

type Changed = Set<keyof State> | null;

/** Whether one of these keys differs from what is on the screen; null is a screen that shows nothing yet. */
function hasAny(changed: Changed, ...keys: (keyof State)[]): boolean {
  return changed === null || keys.some((key) => changed.has(key));
}

/** Words and controls beside the map. */
function renderAround(state: State, changed: Changed): void {
  document.body.dataset.tab = state.tab;
  const isList = listOf(config, state.l) !== null;
  if (isList || hasAny(changed, "t", "v", "l", "b", "wt")) renderControls(byId("controls"), config, store);
  if (isList) return;
  if (hasAny(changed, ...OF_PICTURE)) renderTitle(state, config);
  if (hasAny(changed, "f", "b", "only")) renderFilters(byId("filters"), config, store);
  if (hasAny(changed, ...OF_PICTURE)) time.render();
  const isStep = changed?.size === 1 && changed.has("end");
  if (!time.isPlaying && !(isStep && followTime(byId("tabs"), config, api, store))) renderToolbar(byId("tabs"), config, api, store, table);
}

async function update(state: State, changed: Changed): Promise<void> {
  const list = listOf(config, state.l);
  if (list) return showList(state, list, changed);
  if (document.body.dataset.list) {
    await leaveList();
    changed = null;
  }
  renderAround(state, changed);
  if (hasAny(changed, "tab")) map.resize();
  if (changed === null) map.settle();
  return showZones(state, changed);
}

/** Everything that is drawn, listed or counted of a state of zones. */
async function showZones(state: State, changed: Changed): Promise<void> {
  const has = (...keys: (keyof State)[]) => hasAny(changed, ...keys);
  const isNewPicture = has(...OF_PICTURE);
  delete document.body.dataset.ready;
  let isAnew = false;
  try {
    if (has("s", "t")) void panel.show(state, { focus: changed !== null && changed.has("s") });
    if (has("t", "v", "l", "b", "s", "f", "only", "vs", "cmp")) isAnew = await map.show(state);
    if (has("t", "b", "f")) await showAreas(state);
    if (isNewPicture || has("wt")) await showColours(state);
    if (isNewPicture || has("b", "f", "only")) await compare.show(state);
    void table.show(state);
    void draw.show(state);
  } catch (error) {
    failed(monthText(endOf(state, config) ?? config.dataMonth), error);
  }
  if (store.state !== state) return;
  if (isAnew || changed === null) renderLegend(byId("legend"), config, store, null);
  if (isAnew || has("b", "f")) void painted.then(() => map.once("idle", () => look()));
  else if (isNewPicture && isWhole && !countsByClass()) look();
  else if (isNewPicture || has("only", "wt")) countView();
  if (isNewPicture && !time.isPlaying) announce(`${byId("title").textContent}. ${byId("subtitle").textContent}. ${t("areas.title", { n: numberText(areas?.numberMatched ?? 0) })}.`);
  document.body.dataset.ready = "true";
}

store.onChange((state, changed) => void update(state, changed));
const restedLook = debounce(() => { if (!listOf(config, store.state.l)) look(); }, 150);
void painted.then(() => map.map.on("moveend", restedLook));
byId("map").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (draw.press(event.key)) event.preventDefault();
  else if (event.key === "l" || event.key === "L") list.open();
  else if (event.key === "Enter") map.selectMiddle();
  else if (event.key === "Escape" && store.state.s) panel.close();
});
map.map.on("error", (event) => { if ((event as { sourceId?: string }).sourceId === "ground") failed("the ground", event.error); });
void (listOf(config, store.state.l) ? update : showZones)(store.state, null).then(() => map.painted()).then(() => { performance.mark("first-map"); isPainted(); });

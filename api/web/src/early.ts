/** What the page asks for while the code of the map is still on its way: the worker of tiles, areas, counts. */

import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { Api } from "./api";
import { listOf, layerOf, readConfig } from "./config";
import { AREAS, itemsQuery } from "./filters";
import type { State } from "./state";
import { Steps } from "./steps";
import { Store } from "./store";
import { drawnView, endOf } from "./windows";

export const config = readConfig();
export const api = new Api(config);
export const store = new Store(config);
export const steps = new Steps(api, config);

export function areasAddress(state: State): string {
  return api.address(`collections/${AREAS}/items`, { ...itemsQuery(state, config, AREAS), limit: 10000 });
}

/** MapLibre starts its worker with itself; by then this one has read its script. */
function startWorker(): void {
  const Usual = globalThis.Worker;
  const early = new Usual(workerUrl, { type: "module" });
  globalThis.Worker = class {
    constructor(address: string | URL, options?: WorkerOptions) {
      globalThis.Worker = Usual;
      if (String(address) === workerUrl) return early;
      early.terminate();
      return new Usual(address, options);
    }
  } as unknown as typeof Worker;
}

function askEarly(state: State): void {
  if (listOf(config, state.l)) return;
  const end = endOf(state, config);
  if (config.hasAreas) void api.get(areasAddress(state)).catch(() => undefined);
  if (drawnView(state, config) === "count" && end !== null && layerOf(config, state.l).span[state.t]) void steps.get(state, end).catch(() => undefined);
}

startWorker();
askEarly(store.state);

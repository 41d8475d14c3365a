/** What places are called, and the names that a reader may search for. */

import type { Api } from "./api";
import type { Config } from "./config";
import { t } from "./words";

export type Box = [number, number, number, number];

export interface Place {
  kind: "area" | "ward" | "borough" | "station";
  name: string;
  box: Box;
  layer?: string;
  id?: string;
  theme?: string;
}

type Properties = Record<string, unknown>;

export class Names {
  places: Place[] = [];
  readonly #wards = new Map<string, string>();
  readonly #boroughs: Map<string, string>;
  readonly ready: Promise<void>;

  constructor(api: Api, config: Config) {
    this.#boroughs = new Map(config.boroughs.map((one) => [one.code, one.name]));
    this.ready = api.get<{ places: Place[] }>(api.address("map/places.json")).then(({ places }) => {
      this.places = places;
      for (const one of places) if (one.kind === "ward" && one.id) this.#wards.set(one.id, one.name);
    });
  }

  borough(code: unknown): string {
    return this.#boroughs.get(String(code)) ?? "";
  }

  ward(code: unknown): string {
    return this.#wards.get(String(code)) ?? "";
  }

  /** A zone's own name; a cell is known by its ward, because its id tells a reader nothing. */
  of(row: Properties): string {
    if (typeof row.name === "string" && row.name) return row.name;
    const ward = this.ward(row.ward_code);
    const id = String(row.zone_id ?? row.area_id ?? "");
    // The last letters that differ between neighbours, so that two cells of a ward are not called the same.
    const short = id.replace(/f+$/, "").slice(-4);
    return ward ? t("panel.cellIn", { ward, id: short }) : t("panel.cell", { id: short });
  }

  /** How a sentence says where: "around Tidewater", "in Camden". */
  where(row: Properties): string {
    const name = typeof row.name === "string" && row.name ? row.name : "";
    if (row.area_id !== undefined) return name.replace(/^Around /, "around ");
    if (name) return t("panel.in", { name });
    const ward = this.ward(row.ward_code);
    return ward ? t("panel.aroundWard", { ward }) : t("panel.here");
  }

  boroughsOf(row: Properties): string {
    return typeof row.borough_names === "string" ? row.borough_names.replaceAll(";", ",") : this.borough(row.borough_code);
  }
}

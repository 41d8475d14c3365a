/** What the map asks of the service. It shows these numbers and computes none of its own. */

import type { Config } from "./config";

export class ApiError extends Error {
  constructor(readonly detail: string, readonly instance: string | null) {
    super(detail);
  }
}

export interface ValuesStep {
  from: string;
  to: string;
  missing: string[];
  breaks: { month: string; text: string }[];
}

export interface Values {
  window: number;
  steps: ValuesStep[];
  /** A column a step; null where the window has a gap; null inside where the count is hidden. */
  values: ((number | null)[] | null)[];
  unanswered: number[];
}

export interface Feature {
  id: string;
  geometry: GeoJSON.Geometry | null;
  properties: Record<string, string | number | boolean | null>;
}

export interface FeatureCollection {
  type: "FeatureCollection";
  numberMatched: number;
  numberReturned: number;
  features: Feature[];
  links: { rel: string; href: string }[];
}

export class Api {
  readonly #kept = new Map<string, Promise<unknown>>();
  /** Answers of those that have come. */
  readonly #answers = new WeakMap<Promise<unknown>, unknown>();

  constructor(readonly config: Config) {}

  /** The address of a resource of the service. */
  address(path: string, query: Record<string, string | number | null | undefined> = {}): string {
    const text = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined) text.set(name, String(value));
    const question = text.size ? `?${text}` : "";
    return new URL(path + question, this.config.home).href;
  }

  /** JSON of an address, fetched once while it is among the latest asked for. */
  get<T>(address: string): Promise<T> {
    const kept = this.#kept.get(address);
    if (kept) {
      this.#kept.delete(address);
      this.#kept.set(address, kept);
      return kept as Promise<T>;
    }
    const asked = this.#fetch(address).catch((error: unknown) => {
      this.#kept.delete(address);
      throw error;
    });
    this.#kept.set(address, asked);
    void asked.then((answer) => this.#answers.set(asked, answer), () => undefined);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > 64 && oldest !== undefined) this.#kept.delete(oldest);
    return asked as Promise<T>;
  }

  /** What `get` was answered already; null where nothing has come yet. */
  answered<T>(address: string): T | null {
    const kept = this.#kept.get(address);
    return kept ? (this.#answers.get(kept) as T | undefined) ?? null : null;
  }

  /** JSON of an address, asked for anew. */
  fetch<T>(address: string): Promise<T> {
    return this.#fetch(address) as Promise<T>;
  }

  /** Send a document and have the answer. */
  post<T>(address: string, body: unknown): Promise<T> {
    return this.#fetch(address, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/geo+json" } }) as Promise<T>;
  }

  async #fetch(address: string, more: RequestInit = {}): Promise<unknown> {
    const reply = await fetch(address, { ...more, headers: { Accept: "application/geo+json, application/json", ...more.headers } });
    const body: unknown = await reply.json().catch(() => null);
    if (reply.ok) return body;
    const problem = body as { detail?: string; instance?: string } | null;
    throw new ApiError(problem?.detail ?? reply.statusText, problem?.instance ?? null);
  }

  item(layer: string, theme: string, id: string): Promise<Feature> {
    return this.get(this.address(`collections/${layer}/items/${encodeURIComponent(id)}`, { theme }));
  }
}

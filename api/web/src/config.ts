/** What the server says of the release on this page: read once, from the data block of the page. */

export interface ThemeConfig {
  name: string;
  noun: string;
  /** First and last month of the theme's own window; null where no month has data. */
  window: { from: string; to: string; months: number } | null;
  /** What has to be said beside this theme. */
  note: string;
  /** Why there are no classes, where there are none. */
  whyNoClass: string | null;
  isVawg: boolean;
  /** Months that a feed did not supply. */
  missing: string[];
  breaks: { month: string; text: string }[];
}

export interface LayerConfig {
  name: string;
  label: string;
  isCells: boolean;
  zones: number;
  minzoom: number;
  maxzoom: number;
  /** First counts of the five classes by theme. */
  breaks: Record<string, number[]>;
  /** Reports per km² from which the second class and those above it begin, by theme. */
  density: Record<string, number[]>;
  /** First and last month with a series by theme; without one there is no time slider. */
  span: Record<string, { from: string; to: string }>;
}

/** A list that somebody acts on: a view of its own, whose code and words come when it is first shown. */
export interface ListConfig {
  name: string;
  label: string;
  symbol: "circle" | "square" | "diamond" | "area" | "line";
  /** Column that names a row. */
  id: string;
  /** Themes that it answers for; none where the release does not hold it. */
  themes: string[];
  whyNot: string | null;
  /** The filter that it opens with, by theme. */
  start: Record<string, string>;
}

export interface Config {
  /** Address of the service, with a slash at its end. */
  home: string;
  release: string;
  study: string;
  dataMonth: string;
  level: number;
  bounds: [number, number, number, number];
  themes: ThemeConfig[];
  layers: LayerConfig[];
  lists: ListConfig[];
  startLayer: string;
  boroughs: { code: string; name: string }[];
  hasAreas: boolean;
  publish: string;
  caveats: string[];
  attribution: string;
}

/** The list of a name, if it is one. */
export function listOf(config: Config, name: string): ListConfig | null {
  return config.lists.find((one) => one.name === name) ?? null;
}

/** The theme that is shown of a layer: a list may not answer for the one that is chosen. */
export function themeShown(config: Config, layer: string, theme: string): string {
  const list = listOf(config, layer);
  return !list || list.themes.length === 0 || list.themes.includes(theme) ? theme : list.themes[0]!;
}

export function readConfig(): Config {
  const block = document.getElementById("config");
  if (!block?.textContent) throw new Error("The page holds no data block `config`.");
  return JSON.parse(block.textContent) as Config;
}

export function themeOf(config: Config, name: string): ThemeConfig {
  const found = config.themes.find((one) => one.name === name);
  if (!found) throw new Error(`unknown theme ${name}`);
  return found;
}

export function layerOf(config: Config, name: string): LayerConfig {
  const found = config.layers.find((one) => one.name === name);
  if (!found) throw new Error(`unknown layer ${name}`);
  return found;
}

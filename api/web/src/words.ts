/** Every word on the screen comes from one catalogue, which Python's pages share: ready for translation. */

import catalogue from "../../words/en.json";

export type WordKey = keyof typeof catalogue;

/** The text under a key, with `{name}` replaced by its value. */
export function t(key: WordKey, values: Record<string, string | number> = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Whether a key made from data has a text. */
export function hasWord(key: string): key is WordKey {
  return key in catalogue;
}

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

/** "December 2025" for "2025-12". */
export function monthText(month: string): string {
  // A slider names the same few months at every step.
  const known = named.get(month) ?? MONTH.format(new Date(`${month}-01T00:00:00Z`));
  named.set(month, known);
  return known;
}

const named = new Map<string, string>();

const SHORT = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

/** "Dec 2025" for "2025-12". */
export function monthShort(month: string): string {
  return SHORT.format(new Date(`${month}-01T00:00:00Z`));
}

const NUMBER = new Intl.NumberFormat("en-GB");

export function numberText(value: number): string {
  return NUMBER.format(value);
}

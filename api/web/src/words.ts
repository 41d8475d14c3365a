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

/** What formats is made when it is first asked: each takes milliseconds that the first map would wait for. */
function later<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** "December 2025" for "2025-12". */
export function monthText(month: string): string {
  return `${MONTHS[Number(month.slice(5, 7)) - 1]} ${month.slice(0, 4)}`;
}

const MONTHS = t("months.names").split(" ");

const shortFormat = later(() => new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" }));

/** "Dec 2025" for "2025-12". */
export function monthShort(month: string): string {
  return shortFormat().format(new Date(`${month}-01T00:00:00Z`));
}

const numberFormat = later(() => new Intl.NumberFormat("en-GB"));

export function numberText(value: number): string {
  return numberFormat().format(value);
}

/** The words of the lists, from the one catalogue: they come with this code, so that the first map need not carry them. */

import catalogue from "../../../words/en.json?lists";
import type { WordKey } from "../words";

export function say(key: WordKey, values: Record<string, string | number> = {}): string {
  return (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

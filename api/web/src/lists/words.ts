/** The words of the lists, from the one catalogue: they come with this code, so that the first map need not carry them. */

import catalogue from "../../../words/en.json?lists";
import type { WordKey } from "../words";

/** What a mode of transport is called; a code without a word stays as it is. */
export function modeText(code: string): string {
  return catalogue[`mode.${code}`] ?? code;
}

export function say(key: WordKey, values: Record<string, string | number> = {}): string {
  return (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

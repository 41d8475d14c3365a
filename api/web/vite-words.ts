// Only the words that the map's own scripts use go into their bundle; Python's pages have the catalogue itself.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** The entries of a catalogue whose key stands in a source as text, or begins as a text with a gap (`title.${view}`). */
export function usedWords(catalogue: Record<string, string>, sources: string): Record<string, string> {
  const whole = new Set([...sources.matchAll(/["'`]([\w.]+(?: [\w ]+)?)["'`]/g)].map((found) => found[1]));
  const beginnings = [...sources.matchAll(/`([a-z][\w.]*\.)\$\{/gi)].map((found) => found[1]!);
  return Object.fromEntries(Object.entries(catalogue).filter(([key]) => whole.has(key) || beginnings.some((one) => key.startsWith(one))));
}

export function onlyUsedWords(folder: string): Plugin {
  return {
    name: "only-used-words",
    enforce: "pre",
    load(id) {
      if (!id.split("?")[0]!.endsWith("/words/en.json")) return null;
      // `en.json?lists` are the words of a folder of that name, whose code is fetched when it is wanted.
      const part = join(folder, id.split("?")[1] ?? "");
      const sources = readdirSync(part).filter((name) => name.endsWith(".ts")).map((name) => readFileSync(join(part, name), "utf8")).join("\n");
      const used = JSON.stringify(usedWords(JSON.parse(readFileSync(id.split("?")[0]!, "utf8")) as Record<string, string>, sources));
      return id.includes("?") ? { code: `export default ${used}`, moduleType: "js" } : used;
    },
  };
}

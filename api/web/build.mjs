// Puts the front-end packages that the Python side embeds into geo_safety/assets.
// Plain copies, so no bundler: what is served is byte for byte what npm published, except that
// pictures named by a style sheet are written into it, because a map file must open on its own.

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const assets = resolve(here, "../../geo_safety/assets");
const leaflet = join(here, "node_modules/leaflet");

const MEDIA_TYPES = { ".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif" };

/** The style sheet with every `url(...)` of a file beside it replaced by the file itself. */
async function inlinePictures(styleSheet) {
  const text = await readFile(styleSheet, "utf8");
  const named = [...text.matchAll(/url\(\s*["']?([^"')]+)["']?\s*\)/g)].map((match) => match[1]);
  const pictures = new Map();
  // "#..." refers to a shape inside the page and "data:" is inline already.
  for (const name of named.filter((name) => !name.startsWith("#") && !name.startsWith("data:"))) {
    const mediaType = MEDIA_TYPES[extname(name)];
    if (!mediaType) throw new Error(`${styleSheet} names ${name}: add its media type to build.mjs`);
    const bytes = await readFile(join(dirname(styleSheet), name));
    pictures.set(name, `data:${mediaType};base64,${bytes.toString("base64")}`);
  }
  return text.replace(/url\(\s*["']?([^"')]+)["']?\s*\)/g, (whole, name) =>
    pictures.has(name) ? `url(${pictures.get(name)})` : whole,
  );
}

await rm(assets, { recursive: true, force: true });
await mkdir(assets, { recursive: true });
// The last line of leaflet.js names a source map that is not shipped: browsers would ask for it.
const script = await readFile(join(leaflet, "dist/leaflet.js"), "utf8");
await writeFile(join(assets, "leaflet.js"), script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
await writeFile(join(assets, "leaflet.css"), await inlinePictures(join(leaflet, "dist/leaflet.css")));
await copyFile(join(leaflet, "LICENSE"), join(assets, "leaflet.LICENSE.txt"));

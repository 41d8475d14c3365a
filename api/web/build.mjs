// Puts the front-end packages that the Python side embeds into geo_safety/assets.
// Plain copies, so no bundler: what is served is byte for byte what npm published, except that
// pictures named by a style sheet are written into it, because a map file must open on its own.

import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
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

// The licences of all that is embedded ask to travel with it: leaflet above, the map application's packages here, and
// what these depend on (the same list as docs/site/notices.py).
const EMBEDDED = ["leaflet", "maplibre-gl", "uplot", "govuk-frontend"];
const { packages } = JSON.parse(await readFile(join(here, "package-lock.json"), "utf8"));
const names = new Set(EMBEDDED);
for (const name of names) for (const other of Object.keys(packages[`node_modules/${name}`].dependencies ?? {})) names.add(other);
const notices = [];
for (const name of [...names].sort()) {
  const folder = join(here, "node_modules", name);
  const files = (await readdir(folder)).filter((file) => /^licen[cs]e(\.|-|$)/i.test(file)).sort();
  const { version, license } = packages[`node_modules/${name}`];
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  if (!texts.length) {
    const [readme] = (await readdir(folder)).filter((file) => /^readme/i.test(file));
    const [, said] = readme ? (await readFile(join(folder, readme), "utf8")).split(/^#+ *licen[cs]e.*$/im) : [];
    texts.push(said?.includes("Permission") ? said : "No text comes with the package.");
  }
  notices.push([`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n"));
}
await writeFile(join(assets, "third-party-licences.txt"), notices.join(`\n\n${"-".repeat(80)}\n\n`) + "\n");

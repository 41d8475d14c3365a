// Reads vector tiles from the files of a folder as maps do, and says which geometry breaks the specification (MVT 2.1,
// section 4.3): every ring closed, of at least four points, with an area, outer rings before the holes inside them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { classifyRings, VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

const folder = process.argv[2];
let [tiles, features, faults] = [0, 0, 0];
const fault = (name, id, text) => {
  faults += 1;
  if (faults <= 10) console.log(`${name}, feature ${id}: ${text}`);
};

function signedArea(ring) {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) sum += (ring[j].x - ring[i].x) * (ring[i].y + ring[j].y);
  return sum;
}

for (const name of readdirSync(folder)) {
  const tile = new VectorTile(new PbfReader(readFileSync(join(folder, name))));
  tiles += 1;
  for (const layer of Object.values(tile.layers)) {
    if (layer.version !== 2 || layer.extent !== 4096) fault(name, "-", `version ${layer.version}, extent ${layer.extent}`);
    const seen = new Set();
    for (let place = 0; place < layer.length; place += 1) {
      const feature = layer.feature(place);
      features += 1;
      if (feature.type !== 3) fault(name, feature.id, `type ${feature.type}`);
      if (seen.has(feature.id)) fault(name, feature.id, "id twice");
      seen.add(feature.id);
      const rings = feature.loadGeometry();
      if (rings.length === 0) fault(name, feature.id, "no ring");
      for (const ring of rings) {
        const [first, last] = [ring[0], ring[ring.length - 1]];
        if (ring.length < 4) fault(name, feature.id, `a ring of ${ring.length} points`);
        if (first.x !== last.x || first.y !== last.y) fault(name, feature.id, "a ring that is open");
        if (signedArea(ring) === 0) fault(name, feature.id, "a ring without area");
        for (let i = 1; i < ring.length; i += 1) {
          if (ring[i].x === ring[i - 1].x && ring[i].y === ring[i - 1].y) fault(name, feature.id, "a point twice");
        }
      }
      // An outer ring has a positive area by the surveyor's formula: clockwise on the screen.
      if (rings.length && signedArea(rings[0]) < 0) fault(name, feature.id, "begins with a hole");
      if (classifyRings(rings).flat().length !== rings.length) fault(name, feature.id, "a ring that belongs to no shape");
      if (typeof feature.properties.zone_id !== "string") fault(name, feature.id, "an id that is no text");
    }
  }
}
console.log(JSON.stringify({ tiles, features, faults }));

/** Boxes, and where the map stands so that one fills the room that is left on the screen. */

export interface Margin { top: number; right: number; bottom: number; left: number }

const TILE = 512;

/** Room that the key and the buttons take, where there is enough beside them. */
export function marginOf({ clientWidth, clientHeight }: HTMLElement, isSecond: boolean): Margin {
  const isWide = clientWidth >= 720 && !isSecond;
  return { top: clientHeight > 400 ? 52 : 16, bottom: 16, right: 16, left: isWide && clientHeight < clientWidth ? 264 : 16 };
}

/** What `fitBounds` of MapLibre finds too, for a map that is not there yet: fitting it once it is would size it anew.
 *
 *  Where there is no room, as beside a table that takes it all, the box is far away and in the middle. */
export function placeFor([west, south, east, north]: readonly [number, number, number, number], width: number, height: number, margin: Margin): { center: [number, number]; zoom: number } {
  const [left, right, top, bottom] = [across(west), across(east), down(north), down(south)];
  const room = (length: number, ...taken: number[]) => Math.max(1, taken.reduce((left, one) => left - one, length));
  const size = Math.min(room(width, margin.left, margin.right) / (right - left), room(height, margin.top, margin.bottom) / (bottom - top));
  const x = (left + right) / 2 - (margin.left - margin.right) / 2 / size;
  const y = (top + bottom) / 2 - (margin.top - margin.bottom) / 2 / size;
  return { center: [x * 360 - 180, (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI], zoom: Math.log2(size / TILE) };
}

/** Shares of the world's square map, from the west and from the north. */
const across = (longitude: number): number => (longitude + 180) / 360;
const down = (latitude: number): number => (1 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / Math.PI) / 2;

/** West, south, east and north of a shape. */
export function boxOf(geometry: GeoJSON.Geometry): [number, number, number, number] {
  const out: [number, number, number, number] = [180, 90, -180, -90];
  const walk = (place: unknown): void => {
    if (Array.isArray(place) && typeof place[0] === "number") {
      const [lon, lat] = place as [number, number];
      out[0] = Math.min(out[0], lon); out[1] = Math.min(out[1], lat); out[2] = Math.max(out[2], lon); out[3] = Math.max(out[3], lat);
    } else if (Array.isArray(place)) place.forEach(walk);
  };
  if ("coordinates" in geometry) walk(geometry.coordinates);
  return out;
}

/** Middle of a shape's box, longitude before latitude. */
export function middleOf(geometry: GeoJSON.Geometry): [number, number] {
  const [west, south, east, north] = boxOf(geometry);
  return [(west + east) / 2, (south + north) / 2];
}

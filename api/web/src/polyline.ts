/** A drawn shape as text: encoded polyline with 5 decimals, latitude before longitude. Pure functions. */

export type Corner = [lon: number, lat: number];

export const MOST_CORNERS = 200;
const SCALE = 1e5;

export function encode(corners: readonly Corner[]): string {
  let text = "";
  let before = [0, 0];
  for (const [lon, lat] of corners) {
    const now = [Math.round(lat * SCALE), Math.round(lon * SCALE)];
    text += number(now[0]! - before[0]!) + number(now[1]! - before[1]!);
    before = now;
  }
  return text;
}

function number(value: number): string {
  let left = value < 0 ? ~(value << 1) : value << 1;
  let text = "";
  while (left >= 0x20) {
    text += String.fromCharCode((0x20 | (left & 0x1f)) + 63);
    left >>= 5;
  }
  return text + String.fromCharCode(left + 63);
}

/** Corners of a text; null where it is none. */
export function decode(text: string): Corner[] | null {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const sign of text) {
    const part = sign.charCodeAt(0) - 63;
    if (part < 0 || part > 63) return null;
    value |= (part & 0x1f) << shift;
    shift += 5;
    if (part >= 0x20) continue;
    numbers.push(value & 1 ? ~(value >> 1) : value >> 1);
    value = shift = 0;
  }
  if (shift || numbers.length % 2) return null;
  const corners: Corner[] = [];
  let lat = 0;
  let lon = 0;
  for (let at = 0; at < numbers.length; at += 2) {
    lat += numbers[at]!;
    lon += numbers[at + 1]!;
    corners.push([lon / SCALE, lat / SCALE]);
  }
  return corners.length <= MOST_CORNERS && corners.every(([x, y]) => Math.abs(x) <= 180 && Math.abs(y) <= 90) ? corners : null;
}

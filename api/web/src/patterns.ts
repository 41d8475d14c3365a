/** Patterns over zones that have no sure figure: lines, dots. Drawn from zoom 12, where a cell is wide enough. */

import type { Map as MapLibre } from "maplibre-gl";

export type Pattern = "uncertain" | "hidden" | "gap";

const SIZE = 16;

/** A small picture that repeats; lines run at 45 degrees. */
function picture(draw: (pen: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  draw(pen);
  return pen.getImageData(0, 0, SIZE, SIZE);
}

function lines(pen: CanvasRenderingContext2D, colour: string, width: number): void {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  for (const from of [-SIZE, 0, SIZE]) {
    pen.beginPath();
    pen.moveTo(from, SIZE);
    pen.lineTo(from + SIZE, 0);
    pen.stroke();
  }
}

export function addPatterns(map: MapLibre, isDark: boolean): void {
  const ink = isDark ? "#a9b1b6" : "#505a5f";
  const drawn: Record<Pattern, ImageData> = {
    uncertain: picture((pen) => lines(pen, isDark ? "#16191c" : "#ffffff", 3)),
    gap: picture((pen) => { pen.fillStyle = isDark ? "#16191c" : "#ffffff"; pen.fillRect(0, 0, SIZE, SIZE); lines(pen, ink, 1.5); }),
    hidden: picture((pen) => { pen.fillStyle = ink; for (const at of [4, 12]) { pen.beginPath(); pen.arc(at, at, 1.6, 0, 7); pen.fill(); } }),
  };
  for (const [name, image] of Object.entries(drawn)) if (!map.hasImage(name)) map.addImage(name, image, { pixelRatio: 2 });
}

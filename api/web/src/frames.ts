/** While nothing is on the screen yet, nothing has to wait for it. */

/** Let what waits for the screen's next frame go on at once, until the answer is called.
 *
 *  MapLibre reads its style, its sources and its tiles one frame after the other. Where the processor draws the page, a
 *  frame can take a tenth of a second. */
export function framesAtOnce(): () => void {
  const { requestAnimationFrame, cancelAnimationFrame } = window;
  window.requestAnimationFrame = (call) => window.setTimeout(() => call(performance.now()));
  window.cancelAnimationFrame = (id) => window.clearTimeout(id);
  return () => Object.assign(window, { requestAnimationFrame, cancelAnimationFrame });
}

/** Elements in one line. Text is always text: nothing here takes HTML. */

type Child = Node | string | null | undefined | false;
type Properties = Record<string, unknown>;

/** Text in which no line ends between a number and its percent sign or unit: the rule of `geo_safety/line_ends.py`. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=(?:%|k?m²?)(?![\p{L}\p{N}]))/gu, "$1\u00a0");
}

/** An element; `on…` are listeners, `class` and others attributes, true is an empty attribute, false and null none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, properties: Properties = {}, ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2).toLowerCase(), value as EventListener);
    } else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) if (child) element.append(typeof child === "string" ? unbroken(child) : child);
  return element;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}.`);
  return found as T;
}

/** An element of a picture (SVG). */
export function svg(tag: string, properties: Record<string, string | number> = {}, ...children: (Node | string)[]): SVGElement & SVGSVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value));
  element.append(...children);
  return element as SVGElement & SVGSVGElement;
}

/** Replace what a place holds; whoever had the focus inside has it again, by id. */
export function keepFocus(place: HTMLElement, children: (Node | null)[]): void {
  const focused = place.contains(document.activeElement) ? document.activeElement!.id : "";
  place.replaceChildren(...children.filter((child): child is Node => child !== null));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** Write a text where another one stands: the same text again would be laid out again. */
export function setText(element: Element, text: string): void {
  const whole = unbroken(text);
  if (element.textContent !== whole) element.textContent = whole;
}

/** Call once things have been quiet for a while. */
export function debounce<A extends unknown[]>(call: (...args: A) => void, wait: number): (...args: A) => void {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => call(...args), wait);
  };
}

/** Say one sentence to screen readers; the newest wins. */
export const announce = debounce((text: string) => {
  byId("announcer").textContent = text;
}, 500);

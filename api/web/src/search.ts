/** One box for all names: areas, wards, boroughs, stations, cell ids. An ARIA combobox with a listbox. */

import type { Api } from "./api";
import { layerOf, themeOf, type Config } from "./config";
import { announce, h } from "./dom";
import { AREAS } from "./filters";
import type { Box, Names, Place } from "./names";
import type { Store } from "./store";
import { t, type WordKey } from "./words";

const MOST = 8;
const CELL = /^8([0-9a-f])[0-9a-f]{13}$/;

/** Names that hold every word of the text, those that begin with it first. */
export function matching(places: readonly Place[], text: string, theme: string): Place[] {
  const plain = (one: string) => one.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[’']/g, "").toLowerCase();
  const wanted = plain(text).trim();
  const words = wanted.split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const rank = (one: Place) => {
    const name = plain(one.name);
    const begins = name.startsWith(wanted) ? 0 : name.replace(/^around /, "").startsWith(wanted) ? 1 : 2;
    return begins * 2 + (one.theme && one.theme !== theme ? 1 : 0);
  };
  const fits = places.filter((one) => words.every((word) => plain(one.name).includes(word)));
  // One line for an area that several themes have.
  const seen = new Set<string>();
  return fits.sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name)).filter((one) => {
    const key = one.kind === "area" ? `area ${one.name}` : `${one.kind} ${one.id ?? one.name}`;
    return !seen.has(key) && Boolean(seen.add(key));
  }).slice(0, MOST);
}

export class Search {
  #found: Place[] = [];
  #at = -1;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLUListElement;

  constructor(place: HTMLElement, readonly config: Config, readonly api: Api, readonly store: Store, readonly names: Names, readonly fit: (box: Box) => void) {
    this.#input = h("input", {
      id: "search-box", class: "govuk-input search__box", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "search-list", placeholder: t("search.hint"),
      oninput: () => this.#look(), onkeydown: (event: KeyboardEvent) => this.#press(event), onblur: () => setTimeout(() => this.#close(), 150),
    });
    this.#list = h("ul", { id: "search-list", class: "search__list", role: "listbox", "aria-label": t("find.results"), hidden: true });
    place.replaceChildren(h("label", { for: "search-box", class: "visually-hidden" }, t("search.label")), this.#input, this.#list);
  }

  #look(): void {
    const text = this.#input.value.trim();
    const cell = CELL.exec(text.toLowerCase());
    const layer = cell ? `cells-r${parseInt(cell[1]!, 16)}` : "";
    this.#found = cell && this.config.layers.some((one) => one.name === layer)
      ? [{ kind: "area", name: t("search.cell", { id: text.toLowerCase() }), layer, id: text.toLowerCase(), box: this.config.bounds }]
      : matching(this.names.places, text, this.store.state.t);
    this.#at = -1;
    this.#draw(text);
  }

  #draw(text: string): void {
    const isOpen = text.length > 0;
    this.#list.hidden = !isOpen;
    this.#input.setAttribute("aria-expanded", String(isOpen && this.#found.length > 0));
    this.#input.removeAttribute("aria-activedescendant");
    this.#list.replaceChildren(...(this.#found.length
      ? this.#found.map((one, at) => h("li", { role: "option", id: `search-${at}`, "aria-selected": "false", class: "search__option", onmousedown: (event: Event) => { event.preventDefault(); this.#pick(at); } },
          h("span", {}, one.name), h("span", { class: "search__kind" }, this.#kind(one))))
      : [h("li", { class: "search__none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, t("find.none", { text }))]));
    if (isOpen) announce(this.#found.length ? t("search.count", { n: this.#found.length }) : t("find.none", { text }));
  }

  #kind(place: Place): string {
    const isOther = place.theme !== undefined && place.theme !== this.store.state.t;
    return t(`search.kind.${place.layer && place.layer.startsWith("cells") ? "cell" : place.kind}` as WordKey) + (isOther ? `, ${themeOf(this.config, place.theme!).noun}` : "");
  }

  #press(event: KeyboardEvent): void {
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move && this.#found.length) {
      event.preventDefault();
      this.#at = (this.#at + move + this.#found.length) % this.#found.length;
      [...this.#list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === this.#at)));
      this.#input.setAttribute("aria-activedescendant", `search-${this.#at}`);
    } else if (event.key === "Enter" && this.#found.length) {
      event.preventDefault();
      this.#pick(Math.max(this.#at, 0));
    } else if (event.key === "Escape") {
      if (this.#list.hidden) this.#input.value = "";
      this.#close();
    }
  }

  #pick(at: number): void {
    const place = this.#found[at];
    if (!place) return;
    this.#input.value = place.name;
    this.#close();
    announce(t("search.picked", { name: place.name }));
    if (place.kind !== "station" && place.layer && place.id) {
      const theme = place.layer === AREAS ? place.theme! : this.store.state.t;
      const isZones = place.layer !== AREAS && place.layer.startsWith("cells") && this.config.layers.some((one) => one.name === place.layer);
      this.store.set({ s: { layer: place.layer, id: place.id }, t: theme, ...(isZones ? { l: layerOf(this.config, place.layer).name } : {}) });
    }
    if (place.box !== this.config.bounds) this.fit(place.box);
  }

  #close(): void {
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }
}

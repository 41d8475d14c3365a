/** Above the results: map or table, copy a link, print, download. */

import type { Api, FeatureCollection } from "./api";
import type { Config } from "./config";
import { announce, h, keepFocus } from "./dom";
import { formatState, type Tab } from "./state";
import type { Store } from "./store";
import type { Table } from "./table";
import { hasWord, numberText, t } from "./words";

const MOST_ROWS = 10_000;

interface Answer extends FeatureCollection { publication: { can_i_publish_this: string } }

export function renderToolbar(place: HTMLElement, config: Config, api: Api, store: Store, table: Table): void {
  const { state } = store;
  const tab = (value: Tab, label: string) =>
    h("button", { type: "button", id: `tab-${value}`, class: "tab", "aria-pressed": String(state.tab === value), onclick: () => store.set({ tab: value }) }, label);
  const menu = h("div", { class: "menu__body" });
  const wasOpen = place.querySelector<HTMLDetailsElement>("details.menu")?.open ?? false;
  const details = h("details", { class: "menu", open: wasOpen }, h("summary", { id: "download" }, t("download.title")), menu);
  const fill = () => void fillDownloads(menu, config, api, store, table);
  details.addEventListener("toggle", () => { if (details.open) fill(); });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    details.querySelector("summary")?.focus();
  });
  if (wasOpen) fill();
  keepFocus(place, [
    h("div", { class: "tabs", role: "group", "aria-label": t("tab.label") }, tab("map", t("tab.map")), tab("both", t("tab.both")), tab("table", t("tab.table"))),
    h("div", { class: "tools" },
      h("button", { type: "button", id: "share", class: "tab", onclick: () => void share(place, store) }, t("share.copy")),
      h("a", { id: "print", class: "tab", href: api.address("map/print") + formatState(state, config) }, t("print.title")),
      details),
    h("p", { id: "share-text", class: "share", hidden: true }),
  ]);
}

/** A step of time changes the address of the sheet and nothing else, unless the menu or the link is open. */
export function followTime(place: HTMLElement, config: Config, api: Api, store: Store): boolean {
  const sheet = place.querySelector<HTMLAnchorElement>("#print");
  if (!sheet || place.querySelector("details.menu[open], #share-text:not([hidden])")) return false;
  sheet.href = api.address("map/print") + formatState(store.state, config);
  return true;
}

async function share(place: HTMLElement, store: Store): Promise<void> {
  const address = store.shareAddress();
  const text = place.querySelector<HTMLElement>("#share-text")!;
  text.hidden = false;
  const field = h("input", { class: "govuk-input share__field", readonly: true, value: address, "aria-label": t("share.field") });
  const isCopied = await navigator.clipboard?.writeText(address).then(() => true, () => false) ?? false;
  text.replaceChildren(isCopied ? t("share.copied") : t("share.byHand"), " ", field);
  if (!isCopied) field.select();
  announce(isCopied ? t("share.copied") : t("share.byHand"));
}

async function fillDownloads(menu: HTMLElement, config: Config, api: Api, store: Store, table: Table): Promise<void> {
  const { state } = store;
  const layer = table.layer(state);
  const address = table.address(state, { limit: 1 });
  menu.replaceChildren(h("p", { class: "govuk-body-s" }, t("panel.loading")));
  const found = await api.get<Answer>(address).catch(() => null);
  if (!found) return menu.replaceChildren(h("p", { class: "govuk-body-s" }, t("table.failed")));
  const formats = ["geojson", ...found.links.filter((one) => one.rel === "alternate").map((one) => new URL(one.href).searchParams.get("f") ?? "").filter((one) => one && one !== "html")];
  const rows = Math.min(found.numberMatched, MOST_ROWS);
  const link = (format: string) => {
    const href = table.address(state, { limit: MOST_ROWS, ...(format === "geojson" ? { f: "json" } : { f: format }) });
    const name = `format.${format}`;
    return h("li", {}, h("a", { href, "data-format": format, download: format === "geojson" ? `${layer}-${state.t}.geojson` : true }, hasWord(name) ? t(name) : format));
  };
  menu.replaceChildren(
    h("p", { class: "menu__head" }, t("download.rows", { rows: numberText(rows), layer })),
    found.numberMatched > MOST_ROWS ? h("p", { class: "panel__small" }, t("download.more", { most: numberText(MOST_ROWS), all: numberText(found.numberMatched) })) : "",
    h("ul", { class: "panel__list" }, formats.map(link),
      h("li", {}, h("a", { href: api.address(`tiles/${layer}.pmtiles`) }, t("format.pmtiles"))),
      h("li", {}, h("a", { href: api.address(`tiles/${layer}.json`, { theme: state.t }) }, t("format.tilejson")))),
    h("p", { class: "menu__publish" }, h("strong", {}, t("download.publish")), " ", found.publication.can_i_publish_this),
    h("p", { class: "panel__source" }, h("a", { href: table.address(state) }, t("download.api"))),
  );
  void config;
}

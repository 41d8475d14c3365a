/** A row of a list explained: the service's own summary, each number under the name of its column. */

import type { Api } from "../api";
import { themeShown, type Config } from "../config";
import { h } from "../dom";
import type { State } from "../state";
import { say } from "./words";

interface Figure { column: string; label: string; said: string; value: string | number | boolean | null; sign: string }
interface Summary {
  name: string;
  sub: string;
  sentences: string[];
  groups: { title: string; figures: Figure[]; note: string }[];
  says: string[];
  cautions: string[];
  links: [string, string][];
}

export async function listParts(api: Api, config: Config, state: State): Promise<{ name: string; sub: string; elements: HTMLElement[] }> {
  const { layer, id } = state.s!;
  const theme = themeShown(config, layer, state.t);
  const row = encodeURIComponent(id);
  const found = await api.get<Summary>(api.address(`map/summary/${layer}/${row}`, { theme }));
  const item = api.address(`collections/${layer}/items/${row}`, { theme });
  const source = () => h("p", { class: "panel__source" }, h("a", { href: item }, say("panel.source")));
  const elements = [
    found.says.length ? h("p", { class: "note panel__note" }, found.says[0]!) : null,
    h("div", { class: "panel__summary" }, found.sentences.map((one) => h("p", {}, one)), source()),
    ...found.groups.map((one) => h("section", { class: "panel__part" }, h("h3", { class: "panel__heading" }, one.title),
      one.note ? h("p", { class: "panel__small" }, one.note) : null,
      h("dl", { class: "facts" }, one.figures.map(figure)), source())),
    h("details", { class: "panel__more" }, h("summary", {}, say("panel.cautions", { n: found.cautions.length + found.says.length })),
      h("ul", { class: "panel__list" }, [...found.says, ...found.cautions].map((one) => h("li", {}, one)))),
    h("section", { class: "panel__part" }, h("h3", { class: "panel__heading" }, say("panel.links")),
      h("ul", { class: "panel__list" },
        h("li", {}, h("a", { href: api.address(`map/place/${layer}/${row}`, { t: theme }) }, say("panel.page"))),
        found.links.map(([href, label]) => h("li", {}, h("a", { href }, label))))),
  ];
  return { name: found.name, sub: found.sub, elements: elements.filter((one) => one !== null) };
}

function figure(one: Figure): HTMLElement {
  const sign = one.sign ? h("span", { "aria-hidden": "true", class: "facts__sign" }, one.sign) : null;
  return h("div", {}, h("dt", {}, sign, one.label), h("dd", {}, h("data", { "data-column": one.column, value: one.value === null ? "" : String(one.value) }, one.said)));
}

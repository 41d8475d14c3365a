/** A list on paper: a button that shows the table first, and below the table how it misleads, whose data it is, and where it came from. */

import "../styles/list-print.scss";
import type { Config } from "../config";
import { byId, h } from "../dom";
import type { Store } from "../store";
import type { Marks } from "./query";
import { say } from "./words";

const FOOT = "list-foot";
const LATE_MS = 10_000;

/** The button beside the other tools; on paper the map is left out, because a browser does not print what MapLibre draws. */
export function renderPrintButton(store: Store, table: HTMLElement): void {
  document.getElementById("list-print")?.remove();
  const press = async () => {
    if (store.state.tab === "map") store.set({ tab: "table" });
    await rowsIn(table);
    window.print();
  };
  byId("print").after(h("button", { type: "button", id: "list-print", class: "tab", onclick: () => void press() }, say("list.print")));
}

/** What has to stand under the table on paper; on the screen it is said in other places. */
export function renderFoot(config: Config, store: Store, marks: Marks): void {
  const cautions = [...new Set([...marks.says, ...config.caveats])];
  document.getElementById(FOOT)?.remove();
  byId("results").append(h("footer", { id: FOOT, class: "list-foot" },
    h("p", { class: "list-foot__none" }, say("list.printTable")),
    h("h2", {}, say("list.printCautions")),
    h("ul", {}, cautions.map((one) => h("li", {}, one))),
    h("p", {}, say("list.printSources", { text: config.attribution })),
    h("p", {}, say("list.printPublish", { answer: config.publish })),
    h("p", {}, say("list.printRelease", { release: config.release, month: config.dataMonth, address: store.shareAddress() }))));
}

export function clearPrint(): void {
  document.getElementById("list-print")?.remove();
  document.getElementById(FOOT)?.remove();
}

/** Resolves once the table has its rows, or says that there are none. */
async function rowsIn(table: HTMLElement): Promise<void> {
  const late = performance.now() + LATE_MS;
  while ((table.hidden || table.getAttribute("aria-busy") === "true" || !table.childElementCount) && performance.now() < late) {
    await new Promise((done) => setTimeout(done, 50));
  }
}

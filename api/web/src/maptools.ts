/** Buttons on the map for what the mouse does by itself: list, cross-hair, whole study, drawing. */

import { h } from "./dom";
import { t } from "./words";

interface Actions { list: () => void; whole: () => void; draw: () => void; pick: () => void }

export function renderMapTools(place: HTMLElement, panels: HTMLElement[], actions: Actions): void {
  const button = (id: string, label: string, press: () => void, key: string | null = null) =>
    h("button", { type: "button", id, class: "tool", onclick: press, "aria-keyshortcuts": key }, label);
  place.replaceChildren(
    h("div", { class: "tools__bar", role: "group", "aria-label": t("tools.label") },
      button("tool-list", t("tools.list"), actions.list, "L"),
      button("tool-whole", t("map.home"), actions.whole),
      button("tool-draw", t("draw.start"), actions.draw),
      h("span", { class: "tools__pick" }, button("tool-pick", t("tools.pick"), actions.pick, "Enter")),
    ),
    ...panels,
    h("div", { class: "crosshair", "aria-hidden": "true" }),
  );
}

/** The title always says what, where and when, and what has to be said beside it. */

import { layerOf, themeOf, type Config } from "./config";
import { byId, h } from "./dom";
import type { State } from "./state";
import { isProvisional, windowNotes } from "./timebar";
import { monthText, t, type WordKey } from "./words";
import { endOf, windowMonths } from "./windows";

export function renderTitle(state: State, config: Config): void {
  const theme = themeOf(config, state.t);
  const title = t(`title.${state.v}` as WordKey, { noun: theme.noun, level: config.level });
  const end = endOf(state, config);
  const months = windowMonths(state, config);
  const window = end === null ? t("window.none") : months === 1 ? t("window.month", { end: monthText(end) }) : t("window.text", { months, end: monthText(end) });
  byId("title").textContent = title;
  byId("subtitle").textContent = [config.study, layerOf(config, state.l).label, window, end !== null && isProvisional(end, config) ? t("title.provisional") : ""].filter(Boolean).join(" · ");
  const notes = [...(end === null ? [] : windowNotes(end, months, state, config)), theme.note, viewNote(state, config)].filter(Boolean);
  byId("note").replaceChildren(...notes.map((one) => h("span", { class: "note" }, one)));
  document.title = `${title} · ${t("service")}`;
}

/** Why a view may show nothing on this release, in words. */
function viewNote(state: State, config: Config): string {
  const { whyNoClass, isVawg } = themeOf(config, state.t);
  const needsYears = state.v === "class" || state.v === "stability";
  if (needsYears && whyNoClass) return t("panel.tooFewMonths", { why: whyNoClass });
  if (state.v === "change" && isVawg) return t("title.vawgNote");
  if (state.v === "harm" || state.v === "both") return t("title.harmNote");
  return "";
}

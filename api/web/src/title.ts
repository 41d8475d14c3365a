/** The title always says what, where and when, and what has to be said beside it. */

import { movesInTime } from "./classes";
import { layerOf, themeOf, type Config } from "./config";
import { byId, h, setText, unbroken } from "./dom";
import type { State } from "./state";
import { isProvisional, windowNotes } from "./timebar";
import { monthText, t, type WordKey } from "./words";
import { compareKind, drawnView, endOf, monthNumber, otherEnd, sharedMonths, windowMonths } from "./windows";

export function renderTitle(state: State, config: Config): void {
  const theme = themeOf(config, state.t);
  const view = drawnView(state, config);
  const title = t(`title.${view}` as WordKey, { noun: theme.noun, level: config.level });
  const end = endOf(state, config);
  const months = windowMonths(state, config);
  const window = end === null ? t("window.none") : months === 1 ? t("window.month", { end: monthText(end) }) : t("window.text", { months, end: monthText(end) });
  const other = compareKind(state, config) && otherEnd(state, config);
  const compared = other ? t(view === "difference" ? "compare.since" : "compare.beside", { end: monthText(other) }) : "";
  setText(byId("title"), title);
  setText(byId("subtitle"), [config.study, layerOf(config, state.l).label, [window, compared].filter(Boolean).join(" "), end !== null && isProvisional(end, config) ? t("title.provisional") : ""].filter(Boolean).join(" · "));
  const moved = state.end !== null && end !== null && movesInTime(state.v) && state.end !== end ? [t("window.moved", { asked: monthText(state.end), shown: monthText(end) })] : [];
  const notes = [...moved, ...(end === null ? [] : windowNotes(end, months, state, config)), ...(other ? compareNotes(state, config) : []), theme.note, viewNote(state, config)].filter(Boolean);
  const note = byId("note");
  if ([...note.children].map((one) => one.textContent).join("\n") !== unbroken(notes.join("\n"))) note.replaceChildren(...notes.map((one) => h("span", { class: "note" }, one)));
  const named = `${title} · ${t("service")}`;
  if (document.title !== named) document.title = named;
}

/** What has to be said of two windows at once. */
function compareNotes(state: State, config: Config): string[] {
  const [own, other] = [endOf(state, config)!, otherEnd(state, config)!];
  const months = windowMonths(state, config);
  const shared = sharedMonths(state, config);
  const isDifference = drawnView(state, config) === "difference";
  const [first, last] = [own, other].map(monthNumber).sort((one, two) => one - two) as [number, number];
  const told = new Set(windowNotes(own, months, state, config));
  const between = themeOf(config, state.t).breaks.filter(({ month }) => monthNumber(month) > first - months + 1 && monthNumber(month) <= last)
    .map((one) => t("time.break", { month: monthText(one.month), text: one.text.replace(/\.$/, "") }));
  return [
    ...(shared ? [t(isDifference ? "compare.sharedNoAnswer" : "compare.shared", { n: shared })] : []),
    ...(isDifference && !shared ? [t("compare.rule", { study: config.study })] : []),
    ...[...new Set([...windowNotes(other, months, state, config), ...between])].filter((one) => !told.has(one)),
  ];
}

/** Why a view may show nothing on this release, in words. */
function viewNote(state: State, config: Config): string {
  const { whyNoClass, isVawg } = themeOf(config, state.t);
  const needsYears = state.v === "class" || state.v === "stability";
  if (needsYears && whyNoClass) return t("panel.tooFewMonths", { why: whyNoClass });
  const { window } = themeOf(config, state.t);
  const span = layerOf(config, state.l).span[state.t];
  if (state.v === "change" && window && (!span || monthNumber(span.from) > monthNumber(window.from) - window.months)) return t("title.noBefore", { n: window.months });
  if ((state.v === "change" || drawnView(state, config) === "difference") && isVawg) return t("title.vawgNote");
  if (state.v === "harm" || state.v === "both") return t("title.harmNote");
  return "";
}

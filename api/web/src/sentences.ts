/** What is known of a place, in sentences that need no statistician. Pure functions of the API's row. */

import { CHANCES, kindOf } from "./classes";
import type { ThemeConfig } from "./config";
import { hasWord, monthText, numberText, t, type WordKey } from "./words";

export type Row = Record<string, string | number | boolean | null | undefined>;

/** Below so many reports no percentage is made from them. */
const FEWEST_FOR_A_SHARE = 20;

export const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** A probability in whole percent, never more sure than it is: no 0 and no 100. */
export function percent(value: number): string {
  return t("number.percent", { n: Math.min(99, Math.max(1, Math.round(value * 100))) });
}

export function times(value: number): string {
  return numberText(Math.round(value * 10) / 10);
}

export function ordinal(place: number): string {
  const last = place % 100;
  const ending = last > 10 && last < 14 ? "th" : (["th", "st", "nd", "rd"][place % 10] ?? "th");
  return numberText(place) + ending;
}

export function monthOfDay(day: unknown): string {
  return typeof day === "string" ? day.slice(0, 7) : "";
}

/** The count as it may be shown: a number, a band, or that there is none. */
export function countText(row: Row): string {
  const band = row.incidents_band;
  if (band === null || band === undefined) return t("legend.noData");
  if (band === "1-4") return t("legend.small");
  return isNumber(row.incidents) ? numberText(row.incidents) : String(band).replace("-", " to ");
}

/** How long it has been high, and how sure that is; what to wait for where there are too few months. */
export function classSentences(row: Row, theme: ThemeConfig, where: string): string[] {
  const noun = theme.noun;
  if (row.class === null || row.class === undefined) {
    return [theme.whyNoClass ? t("panel.tooFewMonths", { why: theme.whyNoClass }) : t("panel.noClass")];
  }
  const said: string[] = [];
  if (isNumber(row.steps) && isNumber(row.steps_hot)) said.push(t("panel.high", { noun, where, hot: row.steps_hot, steps: row.steps }));
  const kind = kindOf(String(row.class));
  if (kind) {
    const key = `kind.${row.class}`;
    said.push(t("panel.class", { class: hasWord(key) ? t(key) : String(row.class) }));
    if (isNumber(row.stability)) said.push(t("panel.sure", { chance: percent(row.stability) }));
  } else said.push(t("panel.notHigh"));
  if (row.tier && row.confirmed_by) said.push(t("panel.tierConfirmed", { tier: String(row.tier), source: String(row.confirmed_by) }));
  else if (row.tier) said.push(t(`place.tier.${row.tier}` as WordKey));
  return said;
}

export function countSentence(row: Row): string {
  const end = monthText(monthOfDay(row.window_end));
  const from = monthText(monthOfDay(row.window_start));
  if (row.incidents_band === null || row.incidents_band === undefined) return t("panel.noData", { from, end });
  if (row.incidents_band === "0") return t("panel.none", { from, end });
  const now = row.incidents_band === "1-4" ? t("panel.oneToFour") : countText(row);
  const before = isNumber(row.incidents_previous) ? t("panel.before", { n: numberText(row.incidents_previous) }) : ".";
  return t("panel.reports", { n: now, from, end }) + before;
}

export function changeSentence(row: Row, study: string): string {
  const key = `panel.change.${row.change_class}`;
  return row.change_class && hasWord(key) ? t(key, { study }) : "";
}

export function rankSentence(row: Row): string {
  if (!isNumber(row.rank)) return "";
  if (!isNumber(row.rank_low) || !isNumber(row.rank_high)) return "";
  if (row.rank_low === row.rank_high) return t("panel.rankSure", { rank: ordinal(row.rank) });
  return t("panel.rank", { rank: ordinal(row.rank), low: ordinal(row.rank_low), high: ordinal(row.rank_high) });
}

export function chanceSentence(row: Row, level: number, study: string): string {
  if (!isNumber(row.probability)) return "";
  const reached = CHANCES.filter((from) => (row.probability as number) >= from).length;
  if (reached === 0) return t("panel.unlikely", { level: numberText(level), study });
  const word = [t("chance.40"), t("chance.55"), t("chance.80"), t("chance.95")][reached - 1]!;
  return t("panel.chance", { word, chance: percent(row.probability), level: numberText(level), study });
}

export function ratioSentence(row: Row, study: string): string {
  if (!isNumber(row.ratio)) return "";
  if (!isNumber(row.ratio_low) || !isNumber(row.ratio_high)) return t("panel.ratioPeak", { n: times(row.ratio), study });
  return t("panel.ratio", { n: times(row.ratio), low: times(row.ratio_low), high: times(row.ratio_high), study });
}

/** Whether this may be one venue. */
export function venueSentence(row: Row): string {
  const enough = isNumber(row.incidents) && row.incidents >= FEWEST_FOR_A_SHARE;
  if (!enough || !isNumber(row.top_location_share)) return row.is_venue ? t("panel.venue") : "";
  return t("panel.onePoint", { share: percent(row.top_location_share) }) + (row.is_venue ? ` ${t("panel.venue")}` : "");
}

export function shareSentence(row: Row, study: string): string {
  const enough = isNumber(row.incidents) && row.incidents >= FEWEST_FOR_A_SHARE;
  return enough && isNumber(row.share_of_theme) ? t("panel.share", { share: percent(row.share_of_theme), study }) : "";
}

export function harmSentence(row: Row): string {
  if (!isNumber(row.harm_cchi) || !isNumber(row.harm_css)) return "";
  const said = t("panel.harm", { cchi: numberText(Math.round(row.harm_cchi)), css: numberText(Math.round(row.harm_css)) });
  return row.harm_rank_differs ? `${said} ${t("panel.harmDiffers")}` : said;
}

export interface Rule {
  text: string;
  isMet: boolean | null;
}

/** The rules behind the class, each met, not met, or not asked. */
export function rules(row: Row, level: number): Rule[] {
  const met = (value: unknown): boolean | null => (typeof value === "boolean" ? value : null);
  const found: Rule[] = [{ text: t("rule.listed", { level: numberText(level) }), isMet: met(row.is_hotspot) }];
  if (isNumber(row.steps) && isNumber(row.steps_hot)) {
    found.push({ text: t("rule.steps", { hot: row.steps_hot, steps: row.steps }), isMet: row.steps_hot >= 0.9 * row.steps });
  }
  found.push({ text: t("rule.entrenched"), isMet: met(row.is_entrenched) });
  if (isNumber(row.shifts_hot)) found.push({ text: t("rule.shifts", { n: row.shifts_hot }), isMet: row.shifts_hot >= 4 });
  found.push({ text: row.confirmed_by ? t("rule.confirmed", { source: String(row.confirmed_by) }) : t("rule.notConfirmed"), isMet: row.steps === null || row.steps === undefined ? null : Boolean(row.confirmed_by) });
  found.push({ text: t("rule.notVenue"), isMet: row.is_venue === null || row.is_venue === undefined ? null : !row.is_venue });
  return found.filter((rule) => rule.isMet !== null);
}

/** A list as a table: the service's rows in its order, with ranges beside rates and ranks. */

import type { FeatureCollection } from "../api";
import { listOf } from "../config";
import { h, svg } from "../dom";
import { countText, isNumber, type Row } from "../sentences";
import type { State } from "../state";
import { Table, type Column } from "../table";
import { hasWord, monthText, numberText, t } from "../words";
import { rowsQuery, type Marks, type ShownColumn } from "./query";
import { modeText, say } from "./words";

const WIDE = 90;

export class ListTable extends Table {
  marks: Marks | null = null;

  override layer(state: State): string {
    return state.l;
  }

  protected override query(state: State): Record<string, string | null> {
    return rowsQuery(state, this.config, listOf(this.config, state.l)!, this.marks);
  }

  protected override usualSort(): string {
    return this.marks?.sort ?? "name";
  }

  protected override caption(state: State, found: FeatureCollection): string {
    return say(found.numberMatched === 1 ? "list.row" : "list.rows", { n: numberText(found.numberMatched), label: listOf(this.config, state.l)!.label });
  }

  protected override note(state: State): string | null {
    const window = this.marks?.window;
    return window && state.tab === "table" ? say("list.still", { from: monthText(window.from), to: monthText(window.to) }) : null;
  }

  protected override choice(): HTMLElement {
    const says = this.marks?.says ?? [];
    return h("details", { class: "table__says panel__more" }, h("summary", { id: "table-says" }, say("panel.cautions", { n: says.length })), h("ul", { class: "panel__list" }, says.map((one) => h("li", {}, one))));
  }

  protected override empty(state: State): HTMLElement {
    const isFiltered = Boolean(state.f || state.b.length || state.only.length);
    return h("div", { class: "table__empty" }, h("p", { class: "govuk-body" }, say(isFiltered ? "list.empty" : "list.none")),
      isFiltered ? h("button", { type: "button", class: "govuk-button govuk-button--secondary", onclick: () => this.store.set({ f: null, b: [], only: [], cursor: null }) }, say("filter.clear")) : null);
  }

  protected override columns(): Column[] {
    return (this.marks?.columns ?? []).map((one) => ({
      name: one.name, head: one.label, isNumber: !["text", "flag"].includes(one.kind), text: (row) => this.#text(one, row),
      ...(one.kind === "ranks" ? { picture: (row: Row) => this.#whisker(row) } : {}),
    }));
  }

  #text({ name, kind }: ShownColumn, row: Row): string {
    const value = row[name];
    if (kind === "count") return row.incidents_band === "1-4" ? say("panel.oneToFour") : countText(row);
    if (value === null || value === undefined) return "";
    if (kind === "flag") return say(value ? "list.yes" : "list.no");
    if (!isNumber(value)) return name === "class" && hasWord(`kind.short.${value}`) ? t(`kind.short.${value}` as "kind.short.none") : this.#themes(name, String(value));
    if (kind === "share") return percent(value);
    const [low, high] = [row[`${name}_low`], row[`${name}_high`]];
    if ((kind !== "range" && kind !== "ranks") || !isNumber(low) || !isNumber(high)) return kind === "number" ? numberText(value) : one(value);
    return kind === "ranks" ? say("list.ranksText", { n: numberText(value), low: numberText(low), high: numberText(high) })
      : say("list.rangeText", { n: one(value), low: one(low), high: one(high) });
  }

  /** Lists of a column with blanks between; themes as they read in a sentence. */
  #themes(column: string, value: string): string {
    const option = this.marks?.choices.flatMap((choice) => choice.options).find((one) => one.clause === `${column} = '${value}'`);
    if (option) return option.label;
    if (column === "mode") return modeText(value);
    const noun = (one: string) => (column === "also_listed" ? this.config.themes.find((theme) => theme.name === one)?.noun ?? one : one);
    return value.split(/; ?/).map(noun).join(", ");
  }

  /** Where in the whole order a place may stand. */
  #whisker(row: Row): Node | null {
    const most = this.marks?.most;
    if (!most || !isNumber(row.rank) || !isNumber(row.rank_low) || !isNumber(row.rank_high)) return null;
    const at = (rank: number) => (most > 1 ? ((rank - 1) / (most - 1)) * (WIDE - 6) + 3 : WIDE / 2);
    return svg("svg", { class: "whisker", width: WIDE, height: 12, "aria-hidden": "true" },
      svg("line", { x1: 0, x2: WIDE, y1: 6, y2: 6, class: "whisker__all" }),
      svg("line", { x1: at(row.rank_low), x2: at(row.rank_high), y1: 6, y2: 6, class: "whisker__range" }),
      svg("circle", { cx: at(row.rank), cy: 6, r: 3, class: "whisker__place" }));
  }
}

/** One decimal, as the service's own pages round it: by the exact value, and a tie to the even digit. */
function one(value: number): string {
  const isTieDown = Number.isInteger(value * 4) && Math.abs((value * 4) % 4) === 1;
  const rounded = isTieDown ? Math.trunc(value * 10) / 10 : Number(value.toFixed(1));
  return rounded.toLocaleString("en-GB", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
}

const percent = (value: number): string => value < 0.01 ? say("percent.under") : say("number.percent", { n: Math.min(99, Math.round(value * 100)) });

"""The page of columns: every published table, from `geo_safety.schema`."""

from __future__ import annotations

from markdown_text import anchor, table

from geo_safety.schema import TABLES, Column, Table

USED_BY = {
    "zones": "Layers `cells-r8`, `cells-r9`, …, `wards`, `boroughs`, `lsoas` and all others that are made of zones.",
    "series": "The file `series`: months of single zones. It has no shapes; the service gives it row by row.",
    "hotspot-areas": "The layer `hotspot-areas`.",
    "quarantine": "The file `quarantine.parquet` of a release: rows that could not be used.",
}


def columns_page() -> str:
    """Markdown of the page."""
    parts = [
        "# Columns\n",
        (
            "Every column of every table that a release holds, from the definitions by which each table is checked before it is"
            " written. The same texts stand in the manifest of each release and in the service's own description"
            " (`/collections/LAYER/queryables`).\n"
        ),
        (
            "*Hidden with the count*: the figure is made from the row's own count, and is null where that is hidden"
            " ([disclosure](../disclosure.md)). What does not apply to a row is null.\n"
        ),
    ]
    for one in TABLES.values():
        parts += [_section(one)]
    return "\n".join(parts)


def _section(one: Table) -> str:
    lead = USED_BY.get(one.name, f"The product `{one.name}`.")
    rows = [(f"`{column.name}`", _type(column), _meaning(column)) for column in one.columns]
    return (
        f"({anchor('table', one.name)})=\n\n## {one.name}\n\n{lead} One row is {one.one_row_is}. "
        f"Key: {', '.join(f'`{name}`' for name in one.key)}.\n\n" + table(("column", "type", "meaning"), rows)
    )


def _type(column: Column) -> str:
    return column.type + (f", {column.unit}" if column.unit else "")


def _meaning(column: Column) -> str:
    notes = []
    if column.values:
        notes.append("One of " + ", ".join(f"`{value}`" for value in column.values) + ".")
    if column.minimum is not None and column.maximum is not None:
        notes.append(f"From {column.minimum:g} to {column.maximum:g}.")
    elif column.minimum is not None:
        notes.append(f"{column.minimum:g} or more.")
    if column.decimals is not None:
        notes.append(f"{column.decimals} decimals.")
    if not column.nullable:
        notes.append("Never null.")
    if column.from_counts or column.hidden_with:
        notes.append(
            "*Hidden with the count.*"
            if column.from_counts
            else "*Hidden with* " + ", ".join(f"`{name}`" for name in column.hidden_with)
        )
    return " ".join([column.description, *notes])

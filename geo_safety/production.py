"""What a run knows, as products get it: their context read, closed figures kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from geo_safety.context import read_wanted
from geo_safety.counted import Counted
from geo_safety.disclosure import ACCESS_CLASSES, Access
from geo_safety.errors import GeoSafetyError
from geo_safety.layers import Layer
from geo_safety.products import ContextTable, Inputs, Product, make_products


def produce(
    counted: Counted, layers: Mapping[str, Layer], tables: Mapping[str, pa.Table], classes: Mapping[str, Access]
) -> tuple[dict[str, pa.Table], dict[str, dict[str, Any]]]:
    """All products of a run, and what the manifest says of them.

    Parameters
    ----------
    layers, tables : mapping of name
        The zone layers and their exact rows.
    classes : mapping of theme to {'open', 'partner', 'internal'}
        Who may see its figures.
    """
    rank = {theme: ACCESS_CLASSES.index(access) for theme, access in classes.items()}
    beside = {theme: frozenset(one for one in rank if rank[one] <= rank[theme]) for theme in rank}

    def inputs_of(product: Product) -> Inputs | str:
        context = read_context(product, counted)
        if isinstance(context, str):
            return context
        return Inputs(
            study=counted.place.study,
            layers=layers,
            tables=tables,
            coverages={one.theme: one for one in counted.coverages},
            cubes=counted.cubes,
            beside=beside,
            feeds=counted.feeds,
            second_cubes=counted.second_cubes,
            placements=counted.placements,
            context=context,
            wsa=counted.settings.products.wsa,
        )

    return make_products(inputs_of, left_out=counted.settings.products.leave_out)


def read_context(product: Product, counted: Counted) -> dict[str, tuple[ContextTable, ...]] | str:
    """The files of the context that a product wants; or why it cannot be made without those that are missing.

    A file that a product cannot use keeps no run from its release: the product is left out, and the manifest says why.
    """
    found: dict[str, tuple[ContextTable, ...]] = {}
    for kind, wanted in product.context.items():
        entries = [entry for entry in counted.settings.context if entry.kind == kind]
        try:
            found[kind] = tuple(
                ContextTable(
                    kind,
                    entry.path.name,
                    read_wanted(
                        entry, wanted.columns, optional=wanted.optional, placed=wanted.placed, drawn=wanted.drawn
                    ),
                    entry.year,
                )
                for entry in entries
            )
        except GeoSafetyError as error:
            return str(error)
        if wanted.needed and not entries:
            return f"The config names no [[context]] of the kind {kind}."
    return found

"""Lists that somebody acts on: one module a product, one row each in `PRODUCTS`.

A product is a pure function from what a run knows (`inputs.Inputs`) to rows in the columns of its table
(`schema.PRODUCT_TABLES`), or to the reason why there are none. What becomes of them (disclosure, files, service) is
the same as for every layer. To add one: a module here with `make`, its table in `schema/`, its two rows, its test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from geo_safety.footfall import PARTS
from geo_safety.products import (
    chb_candidates,
    corridors,
    expectation,
    road_harm_clusters,
    stations,
    stop_clusters,
    wsa_shortlist,
)
from geo_safety.products.inputs import ContextTable, Inputs, Made, Wanted
from geo_safety.schema import PRODUCT_TABLES, to_arrow

__all__ = ["PRODUCTS", "ContextTable", "Inputs", "Made", "Product", "Wanted", "make_products"]


@dataclass(frozen=True)
class Product:
    """One kind of list.

    Parameters
    ----------
    make : function
        From what a run knows to rows, or to why there are none, in a sentence.
    context : mapping of kind to Wanted
        The context that it reads.
    """

    make: Callable[[Inputs], Made | str]
    context: Mapping[str, Wanted] = field(default_factory=dict)


PRODUCTS: dict[str, Product] = {
    "chb-candidates": Product(chb_candidates.make),
    "expectation": Product(expectation.make),
    "wsa-shortlist": Product(wsa_shortlist.make, wsa_shortlist.CONTEXT),
    "stations": Product(
        stations.make,
        {
            "stations": Wanted(columns=("id", "name"), optional=("modes", "other_ids", "uncounted")),
            "footfall": Wanted(columns=("id",), optional=(*PARTS, "mode", "coverage"), placed=False, needed=False),
        },
    ),
    "stop-clusters": Product(stop_clusters.make, {"stops": Wanted(columns=("id", "name"), optional=("cluster",))}),
    "corridors": Product(
        corridors.make,
        {
            "routes": Wanted(columns=("id",), optional=("name", "mode"), placed=False, drawn=True),
            "stations": Wanted(columns=("name",), needed=False),
            "stops": Wanted(columns=("name",), needed=False),
        },
    ),
    "road-harm-clusters": Product(road_harm_clusters.make, {"stations": Wanted(columns=("name",), needed=False)}),
}
"""Name of a product, which is that of its layer and of its table → how it is made. A new one is one module and one row."""


def make_products(
    inputs_of: Callable[[Product], Inputs | str], *, left_out: tuple[str, ...] = ()
) -> tuple[dict[str, pa.Table], dict[str, dict[str, Any]]]:
    """Make every product whose inputs are there.

    Parameters
    ----------
    inputs_of : function
        What a product gets; or which of its inputs is missing, in a sentence.
    left_out : tuple of str
        Products that the config does not want.

    Returns
    -------
    dict of name to Table
        Rows of the products that were made.
    dict of name to dict
        What the manifest says of each product: its `themes`, what it `says`, its `notes`, and `why_not` it was made.
    """
    tables: dict[str, pa.Table] = {}
    summary: dict[str, dict[str, Any]] = {}
    for name, product in PRODUCTS.items():
        found: Made | str = "The config leaves it out."
        if name not in left_out:
            given = inputs_of(product)
            found = given if isinstance(given, str) else product.make(given)
        if isinstance(found, str):
            summary[name] = {"why_not": found, "themes": [], "says": [], "notes": []}
            continue
        table = PRODUCT_TABLES[name]
        tables[name] = to_arrow(found.frame, table)
        texts = {"says": list(found.says), "notes": list(found.notes)}
        summary[name] = {"why_not": None, "themes": list(found.themes), **texts}
    return tables, summary

"""The place of a Clear Hold Build pack: a screened candidate, a hotspot area, or a boundary of the reader's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from geo_safety.case_file import Case
from geo_safety.errors import ReleaseError
from geo_safety.packs.basis import Basis, layer_words, noun
from geo_safety.schema import ZONES, table_of_layer

SCREEN, AREAS = "chb-candidates", "hotspot-areas"


@dataclass(frozen=True)
class Site:
    """One place, made of whole zones of one layer.

    Parameters
    ----------
    id, name : str
    layer : str
        Whose zones it is made of.
    zones : tuple of str
        Their ids, sorted.
    shape : shape
        WGS84.
    theme : str or None
        The theme for which it was screened or listed.
    screened : mapping or None
        Its row of the screen.
    how : str
        Where the boundary comes from, in a sentence.
    case : Case or None
        The reader's own case file.
    """

    id: str
    name: str
    layer: str
    zones: tuple[str, ...]
    shape: shapely.Geometry
    boroughs: str
    area_km2: float
    theme: str | None
    screened: dict[str, Any] | None
    how: str
    wards: str = ""
    case: Case | None = None
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def find_site(basis: Basis, place_id: str, case: Case | None = None) -> Site:
    """The site of this id, or of a case file.

    Raises
    ------
    ReleaseError
        There is none, naming some that there are.
    """
    if case is not None:
        return _of_case(basis, case)
    for layer, make in ((SCREEN, _of_candidate), (AREAS, _of_area)):
        if basis.has(layer):
            found = basis.rows(layer, where=[place_id])
            if found:
                return make(basis, found[0])
    known = [row["candidate_id"] for row in basis.rows(SCREEN)] if basis.has(SCREEN) else []
    known += [row["area_id"] for row in basis.rows(AREAS)] if basis.has(AREAS) else []
    raise ReleaseError(
        f"Release {basis.view.release_id} has no place {place_id!r} for a Clear Hold Build pack.",
        f"Places are rows of {SCREEN} and {AREAS}, for example {', '.join(known[:4]) or 'none'}; or give a case file.",
    )


def _of_candidate(basis: Basis, row: dict[str, Any]) -> Site:
    size = f"{row['area_km2']:.2f} km²"
    how = (
        f"{_capital(layer_words(row['of_layer']))} on the list of {noun(row['theme']).lower()} or entrenched in it, joined around a "
        f"peak ({size})."
    )
    return _site(basis, row["candidate_id"], row["name"], row["of_layer"], row["zones"].split(";"), row=row, how=how,
                 theme=row["theme"])  # fmt: skip


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _of_area(basis: Basis, row: dict[str, Any]) -> Site:
    layer = _judged_layer(basis)
    how = f"A hotspot area: listed {layer_words(layer)} joined around one peak. It has not been screened as a whole."
    return _site(basis, row["area_id"], row["name"], layer, row["zones"].split(";"), how=how, theme=row["theme"])


def _of_case(basis: Basis, case: Case) -> Site:
    layer = case.layer or _judged_layer(basis)
    if not basis.has(layer) or table_of_layer(layer) is not ZONES:
        known = [name for name in basis.view.layers if table_of_layer(name) is ZONES]
        raise ReleaseError(f"The release has no layer {layer!r} of zones.", f"Name one of {', '.join(known)}.")
    theme = next((one for one in case.themes if basis.has(layer, one)), None)
    table = basis.table(layer, theme or basis.view.themes_of(layer)[0], ["zone_id", "geometry"])
    ids = np.array(table["zone_id"].to_pylist(), dtype=object)
    if case.zones:
        inside = np.isin(ids, case.zones)
    else:
        outlines: NDArray[np.object_] = shapely.from_wkb(table["geometry"].to_numpy())
        inside = shapely.contains_properly(shapely.union_all(case.shapes), shapely.point_on_surface(outlines))
    if not inside.any():
        raise ReleaseError(
            f"No zone of {layer} has its middle inside the boundary of {case.name}.",
            "Draw it larger, or name a layer of smaller zones in the case file.",
        )
    count = int(inside.sum())
    how = f"The boundary of the case file, as the {count} {'zone' if count == 1 else 'zones'} whose middle lies inside it: {layer_words(layer)}."
    return _site(basis, case.name, case.name, layer, ids[inside].tolist(), how=how, theme=theme, case=case)


def _judged_layer(basis: Basis) -> str:
    """The layer whose hotspots are joined into areas."""
    layer = basis.manifest.get("rules", {}).get("layer") or basis.manifest["settings"].get("hotspots", {}).get("layer")
    if layer is None or not basis.has(layer):
        raise ReleaseError(
            f"Release {basis.view.release_id} does not say whose zones its areas are made of.",
            "Make a new one with `geo-safety run CONFIG`.",
        )
    return str(layer)


def _site(
    basis: Basis,
    id: str,
    name: str,
    layer: str,
    zones: list[str],
    *,
    how: str,
    theme: str | None,
    row: dict[str, Any] | None = None,
    case: Case | None = None,
) -> Site:
    rows: dict[str, list[dict[str, Any]]] = {}
    for each in basis.view.themes_of(layer):
        rows[each] = basis.rows(layer, each, where=zones)
    of_first = rows.get(theme or basis.view.themes_of(layer)[0], [])
    if not of_first:
        raise ReleaseError(
            f"The zones of {name} are in no layer that this reader may see.",
            f"Ask with a key that may see {layer}, or for another place.",
        )
    shape = shapely.union_all([one["geometry"] for one in of_first])
    names = _names(basis, "boroughs", [one["borough_code"] for one in of_first])
    wards = _names(basis, "wards", [one["zone_id"] if layer == "wards" else one["ward_code"] for one in of_first])
    return Site(
        id=id,
        name=name,
        layer=layer,
        zones=tuple(sorted(zones)),
        shape=shape,
        boroughs=", ".join(names),
        wards=", ".join(wards),
        area_km2=float(sum(one["area_km2"] or 0 for one in of_first)),
        theme=theme,
        screened=row,
        how=how,
        case=case,
        rows=rows,
    )


def _names(basis: Basis, layer: str, codes: list[str | None]) -> list[str]:
    """Names of the zones that hold these, the ones with most of them first."""
    counted = sorted({code for code in codes if code}, key=lambda code: (-codes.count(code), code))
    if not basis.has(layer) or not counted:
        return counted
    table = basis.table(layer, basis.view.themes_of(layer)[0], ["zone_id", "name"])
    table = table.filter(pc.is_in(table["zone_id"], pa.array(counted, pa.string())))
    name_of = dict(zip(table["zone_id"].to_pylist(), table["name"].to_pylist(), strict=True))
    return [str(name_of.get(code) or code) for code in counted]

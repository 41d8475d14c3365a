from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from lent_service import lent  # noqa: F401 - a fixture
from releases import INPUTS_HASH, cell_shape, cells, tiny_content

from geo_safety import schema
from geo_safety.demo_city import make_demo_city
from geo_safety.pipeline import run
from geo_safety.release import Release, write_release


def screened(candidate_id: str, incidents: int, zones: list[str]) -> dict:
    """A row of the Clear Hold Build screen."""
    answers = {column.name: "met" for column in schema.CHB_CANDIDATES.columns if column.name.startswith("meets_")}
    return {
        "candidate_id": candidate_id, "theme": "violence", "name": "Around Tidewater, Northbank", "boroughs": "X09000001",
        "borough_names": "Northbank", "wards": "X05000001", "window_start": date(2025, 1, 1),
        "window_end": date(2025, 12, 1), "incidents": incidents, "of_layer": "cells-r9", "zones": ";".join(sorted(zones)),
        "is_cross_border": False, "outcome": "all met", "criteria_met": 7, "criteria_not_met": 0, "criteria_unknown": 0,
        **answers, "why": "Size 0.7 km² (0.3 to 3): met.", "area_km2": 0.7, "ratio": 5.0, "harm_cchi": 100.0 * incidents,
        "harm_cchi_top_share": 0.03, "weights_differ": False, "residents": 900.0, "geometry": cell_shape(zones[0]),
    }  # fmt: skip


@pytest.fixture(scope="session")
def pack_town(tmp_path_factory) -> Release:
    """The tiny town with a screened place of three zones, one of them with a small hidden count."""
    ids = cells()
    told = {"why_not": None, "says": [], "notes": []}
    frame = pd.DataFrame([screened("cells-r9-violence-1", 341, [ids[0], ids[1], ids[6]])])
    content = tiny_content()
    manifest = {
        **content.manifest,
        "products": {"chb-candidates": {**told, "themes": ["violence"]}},
        "rules": {"alpha": 0.05, "level": 3.0, "minimum": {"default": 10}, "layer": "cells-r9"},
    }
    layers = {**content.layers, "chb-candidates": schema.to_arrow(frame, schema.CHB_CANDIDATES)}
    content = replace(content, layers=layers, manifest=manifest)
    return write_release(content, tmp_path_factory.mktemp("packs") / "releases", inputs_hash=INPUTS_HASH)


@pytest.fixture(scope="session")
def pack_city(tmp_path_factory) -> Release:
    """Doggerland of three years on the coarser grid, with every product."""
    folder = tmp_path_factory.mktemp("doggerland")
    config = make_demo_city(folder / "city", months=36)
    config.write_text(config.read_text().replace("resolutions = [8, 9]", "resolutions = [8]"))
    return run(config, folder / "releases", workers=2)

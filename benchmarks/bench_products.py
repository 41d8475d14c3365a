"""What do the products cost? All of London run with every product and with none, each in a fresh process.

One study with all that London's open files hold: counts of 2025 on a lattice, the transport police, collisions, stations
with entries and exits, stops, routes, parks, points of interest and street lights; and nearly fourteen years of ward
counts, for the long screen. Goal: under 60 seconds beyond the run without products, both studies together.

    python benchmarks/bench_products.py [--quick]

`--quick` runs the wards alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from surfaces import data_folder

from geo_safety.products import PRODUCTS

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

MOST_SECONDS = 60.0

MORE = """
[[sources]]
kind = "police_uk"
name = "BTP"
path = "{data}/incidents/police-uk/2021-*"
forces = ["btp"]
use = ["transport"]

[[context]]
kind = "parks"
path = "{data}/context/public_space/osm_parks_2021.geojson.gz"
columns = {{ name = "name" }}

[[context]]
kind = "places"
path = "{data}/context/public_space/osm_pois_2020.geojson.gz"
columns = {{ kind = "poi_type" }}

[[context]]
kind = "lighting"
path = "{data}/context/public_space/camden_street_lighting_2018.csv.gz"
columns = {{ street = "Street Name", longitude = "Longitude", latitude = "Latitude" }}
"""


def configs(folder: Path, data: Path, *, is_quick: bool) -> list[Path]:
    """The two studies; their paths are absolute."""
    from test_london_transport import CONFIG, write_stations

    def absolute(name: str) -> str:
        text = (data / name).read_text(encoding="utf-8")
        for start in ("incidents/", "boundaries/", "context/"):
            text = text.replace(f'"{start}', f'"{data}/{start}')
        return text

    wards = folder / "wards.toml"
    wards.write_text(absolute("wards-mps.toml"), encoding="utf-8")
    if is_quick:
        return [wards]
    write_stations(folder, data)
    transport = CONFIG[CONFIG.index("[[context]]") :]
    whole = folder / "london.toml"
    text = absolute("london-2025.toml").replace('"road_harm"]', '"road_harm", "transport"]')
    whole.write_text(text + (transport + MORE).format(data=data), encoding="utf-8")
    return [wards, whole]


def seconds(config: Path, folder: Path, *, leave_out: tuple[str, ...]) -> tuple[float, dict]:
    """Wall time of one fresh run, and the manifest that it wrote."""
    asked = folder / f"{config.stem}-{len(leave_out)}.toml"
    text = config.read_text(encoding="utf-8")
    asked.write_text(f"{text}\n[products]\nleave_out = {json.dumps(list(leave_out))}\n", encoding="utf-8")
    command = [sys.executable, "-m", "geo_safety", "run", str(asked), "--out", str(folder / asked.stem), "--json"]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return time.perf_counter() - start, json.loads(done.stdout)["manifest"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    data = data_folder()
    if data is None:
        print("No real data: set GEO_SAFETY_DATA to the folder that holds them.")
        return 0
    beyond, made = 0.0, set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for config in configs(folder, data, is_quick=options.quick):
            without, _ = seconds(config, folder, leave_out=tuple(PRODUCTS))
            every, manifest = seconds(config, folder, leave_out=())
            layers = [layer for layer in manifest["layers"] if layer in PRODUCTS]
            made.update(layers)
            beyond += every - without
            print(
                f"{config.stem}: {without:.1f} s without products, {every:.1f} s with {', '.join(layers) or 'none'}",
                flush=True,
            )
    missing = sorted(set(PRODUCTS) - made)
    print(f"all products: {beyond:.1f} s beyond the runs without (goal under {MOST_SECONDS:g})")
    if missing and not options.quick:
        print(f"  MISSED: not made: {', '.join(missing)}")
    return int(not options.quick and (beyond >= MOST_SECONDS or bool(missing)))


if __name__ == "__main__":
    sys.exit(main())

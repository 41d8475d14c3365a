"""Pictures of every view that the design lists, wide and narrow, light and dark, to be looked at.

`python tests/browser/screenshots.py [RELEASES] [--only NAME]` serves a folder of releases (`demo/releases` by default;
`make demo` makes it) and writes `screenshots/NAME-WIDTH-light.png` and so on. It fails where a page asks another host
for something, complains in its console, or is wider than the screen.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import shapely
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT))

from browser.flags import FLAGS  # noqa: E402
from browser.polyline import polyline  # noqa: E402
from served import serving  # noqa: E402

SIZES = {1440: 900, 390: 844}
READY = "body[data-ready]"


# List → the theme to show it in, and the order whose first row is opened.
LISTS = {
    "chb-candidates": ("violence", "-criteria_met"),
    "wsa-shortlist": ("vawg_ps", "rank"),
    "stations": ("transport", "-rate"),
    "stop-clusters": ("violence", "-ratio"),
    "corridors": ("violence", "-ratio"),
    "road-harm-clusters": ("road_harm", "-incidents"),
}


def views(address: str, facts: dict[str, str]) -> dict[str, str]:
    """Every view by name."""
    map_ = f"{address}/map"
    place = f"{map_}/place/{facts['layer']}/{facts['zone']}?t={facts['theme']}"
    explore = f"{map_}/explore?t={facts['theme']}"
    chosen = f"s={facts['layer']}:{facts['zone']}"
    return {
        "welcome": map_,
        "search": f"{map_}?q={facts['name'][:4]}",
        "analyst": f"{map_}/analyst",
        "borough-ask": f"{map_}/borough",
        "borough": f"{map_}/borough?b={facts['borough']}",
        "planner": f"{map_}/planner",
        "place": place,
        "place-area": f"{map_}/place/hotspot-areas/{facts['area']}",
        "place-missing": f"{map_}/place/wards/nowhere",
        "print": f"{map_}/print?t={facts['theme']}",
        "print-harm": f"{map_}/print?t={facts['theme']}&v=harm",
        "print-class": f"{map_}/print?t={facts['theme']}&v=class&b={facts['borough']}",
        **{
            f"help-{page}": f"{map_}/help/{page}"
            for page in ("words", "methods", "keys", "accessibility", "data", "checks")
        },
        **{f"explore-{view}": f"{explore}&v={view}" for view in ("count", "chance", "class", "both", "change")},
        "explore-panel": f"{explore}&v=class&{chosen}",
        "explore-table": f"{explore}&tab=table",
        **{f"explore-compare-{way}": f"{explore}&vs={facts['before']}&cmp={way}" for way in ("swipe", "side", "diff")},
        "explore-harm": f"{explore}&v=harm",
        "explore-signs": f"{explore}&v=class&at=13.2/{facts['lat']}/{facts['lon']}",
        "explore-drawn": f"{explore}&poly={facts['poly']}",
        "explore-both-tab": f"{explore}&tab=both",
        "explore-empty": f"{explore}&v=class&f=tier%20IN%20('A')%20AND%20incidents%20%3E%2099999&tab=both",
        "explore-error": f"{explore}&end=1990-01",
        **lists(map_, facts),
    }


def lists(map_: str, facts: dict[str, str]) -> dict[str, str]:
    """Each list: alone, beside its table with a row in the panel, and the page of that row."""
    found = {}
    for layer, (theme, _) in LISTS.items():
        if layer not in facts:
            continue
        explore = f"{map_}/explore?l={layer}&t={theme}"
        found |= {
            f"explore-{layer}": explore,
            f"explore-{layer}-row": f"{explore}&tab=both&s={layer}:{facts[layer]}&at=13/{facts[f'{layer} at']}",
            f"place-{layer}": f"{map_}/place/{layer}/{facts[layer]}?t={theme}",
        }
    return found


def facts_of(page: Page, address: str) -> dict[str, str]:
    """What the addresses of the views need of the release: its first area, and the busiest zone in it."""
    get = page.request.get
    first = get(f"{address}/collections/hotspot-areas/items?theme=robbery&sortby=-incidents&limit=1").json()[
        "features"
    ][0]
    area = first["properties"]
    zone = area["zones"].split(";")[0]
    found = get(f"{address}/collections/cells-r9/items?theme=robbery&sortby=-incidents&limit=50").json()["features"]
    inside = [one["id"] for one in found if one["id"] in area["zones"]]
    last = area["window_end"][:7]
    west, south, east, north = shapely.total_bounds(shapely.geometry.shape(first["geometry"])).tolist()
    ring = [[west, south], [east, south], [east, north], [west, north]]
    rows = {}
    for name, (theme, order) in LISTS.items():
        found = get(f"{address}/collections/{name}/items?theme={theme}&sortby={order}&limit=1").json().get("features")
        if found:
            middle = shapely.geometry.shape(found[0]["geometry"]).representative_point()
            rows |= {name: found[0]["id"], f"{name} at": f"{middle.y:.4f}/{middle.x:.4f}"}
    return {
        **rows,
        "theme": "robbery",
        "layer": "cells-r9",
        "zone": inside[0] if inside else zone,
        "area": area["area_id"],
        "name": area["name"].removeprefix("Around "),
        "borough": area["boroughs"].split(";")[0],
        "lat": f"{(south + north) / 2:.4f}",
        "lon": f"{(west + east) / 2:.4f}",
        "poly": polyline(ring),
        "before": f"{int(last[:4]) - 1}{last[4:]}",
    }


def take(browser: Browser, name: str, address: str, width: int, scheme: str, folder: Path) -> list[str]:
    """One picture, and what was wrong with its page."""
    context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme)
    page = context.new_page()
    wrong: list[str] = []

    def judge(route):
        if urlsplit(route.request.url).hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            wrong.append(f"asks {route.request.url}")
            route.abort()

    context.route("**/*", judge)
    expected = name in ("place-missing", "explore-error")
    page.on("console", lambda one: wrong.append(one.text) if one.type == "error" and not expected else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    is_map = name.startswith("explore")
    if is_map:
        page.wait_for_selector(READY, timeout=60_000)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        wrong.append(f"is {wider} px wider than the screen")
    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=not is_map)
    context.close()
    return [f"{name} at {width}, {scheme}: {what}" for what in wrong]


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="?", type=Path, default=ROOT / "demo" / "releases")
    parser.add_argument("--only", default="", help="views whose name begins so")
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    options = parser.parse_args()
    if not options.releases.is_dir():
        print(f"There is no folder {options.releases}. Make one with `make demo ARGS=--no-serve`.", file=sys.stderr)
        return 1
    chromium = shutil.which("chromium")
    if chromium is None:
        print("The program chromium is not installed.", file=sys.stderr)
        return 1
    options.out.mkdir(exist_ok=True)
    wrong, begun, taken = [], time.perf_counter(), 0
    with serving(options.releases) as live, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        wanted = views(live.address, facts_of(page, live.address))
        for name, address in wanted.items():
            if not name.startswith(options.only):
                continue
            for width in SIZES:
                for scheme in ("light", "dark"):
                    try:
                        wrong += take(browser, name, address, width, scheme, options.out)
                    except Exception as error:  # noqa: BLE001 - the other pictures are still wanted
                        wrong.append(f"{name} at {width}, {scheme}: {error}")
                    taken += 1
        browser.close()
    print(f"{taken} pictures in {options.out}, {time.perf_counter() - begun:.0f} s", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

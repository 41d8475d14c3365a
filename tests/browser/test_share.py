"""A copied link gives the same picture on a server that was restarted, and another link another one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from browser.conftest import READY
from listed_town import listed_release
from PIL import Image
from releases import CENTRE
from served import serving

VIEWS = (
    f"t=robbery&l=cells-r9&s=cells-r9:{CENTRE}&tab=both&rows=zones",
    "t=violence&l=cells-r9&v=chance&at=12.80/54.7020/1.7000&b=X09000001",
    "t=robbery&l=cells-r9&w=q&end=2025-09&vs=2024-12&cmp=swipe",
)


LISTS = (
    "l=stations&t=robbery&tab=both&s=stations:S0&only=1,2",
    "l=chb-candidates&t=robbery&at=13.00/54.7000/1.7000&f=of_layer IS NOT NULL",
)


def picture(page, address: str) -> np.ndarray:
    page.goto(address)
    page.wait_for_selector(READY)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1200)
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A folder whose current release has lists."""
    folder = tmp_path_factory.mktemp("lists") / "releases"
    listed_release(folder)
    return folder


@pytest.mark.parametrize("query", [*VIEWS, *LISTS])
def test_a_shared_link_gives_the_same_picture_after_a_restart(page, releases, town, query):
    releases = town if query in LISTS else releases
    page.set_viewport_size({"width": 1280, "height": 860})
    with serving(releases) as first:
        page.goto(f"{first.address}/map/explore?{query}")
        page.wait_for_selector(READY)
        page.click("#share")
        link = page.input_value("#share-text input")
        assert "r=2025-12-" in link
        before = picture(page, link)
    with serving(releases) as second:
        assert second.address != first.address
        after = picture(page, link.replace(first.address, second.address))
        other = picture(page, f"{second.address}/map/explore?t=violence&l=wards")
    assert (np.abs(before - after).max(axis=2) > 2).mean() < 1e-4
    assert (np.abs(before - other).max(axis=2) > 2).mean() > 0.01

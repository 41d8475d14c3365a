"""The map as it is served: under its content security policy, in a real browser, with no other machine to ask."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def test_the_served_map_runs_under_its_policy_and_asks_nobody(page, live):
    page.goto(f"{live.address}/map/standalone")
    page.wait_for_selector(".leaflet-container")
    page.wait_for_load_state("load")
    assert not page.refused
    # A script or style that the policy blocked would be a complaint.
    assert not page.complaints
    assert "Tiny town" in page.title() + page.inner_text("body")


def test_the_served_map_shows_something(page, live):
    page.goto(f"{live.address}/map/standalone")
    page.wait_for_selector(".leaflet-container canvas, .leaflet-container svg path")
    picture = np.asarray(Image.open(io.BytesIO(page.locator(".leaflet-container").screenshot())).convert("RGB"))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def test_the_map_application_draws_zones_under_its_policy_and_asks_nobody(page, live, until):
    page.goto(f"{live.address}/map/explore?t=robbery")
    page.wait_for_selector("body[data-ready]")
    until("document.querySelectorAll('#legend li').length > 5")
    assert not page.refused
    assert not page.complaints
    assert "Reported robbery" in page.inner_text("#title")
    assert "Around Tidewater" in page.inner_text("#areas")

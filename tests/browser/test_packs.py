"""A pack on a phone: the page is no wider than the screen, its charts can be read, and what is wider can be pushed sideways."""

from __future__ import annotations

import pytest

LETTERS = 8.5
"""Least height of letters in a chart, in pixels of the screen."""


@pytest.mark.parametrize("pack", ["chb/robbery-0001", "sna/X09000001"])
def test_a_pack_can_be_read_on_a_phone(page, live, pack):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live.address}/packs/{pack}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = page.evaluate(
        """() => ({
          letters: [...document.querySelectorAll("figure > .scrolls > svg")].map(
            (one) => 11 * one.getBoundingClientRect().width / one.viewBox.baseVal.width),
          wide: [...document.querySelectorAll(".scrolls")].filter((one) => one.scrollWidth > one.clientWidth + 1).map(
            (one) => [one.tabIndex, getComputedStyle(one).overflowX]),
          captions: [...document.querySelectorAll("caption span")].map((one) => one.getBoundingClientRect().right),
        })"""
    )
    assert found["letters"]
    assert min(found["letters"]) >= LETTERS
    assert found["wide"]
    assert all(one == [0, "auto"] for one in found["wide"])
    assert max(found["captions"]) <= 390

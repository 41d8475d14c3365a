"""Numbers stay with their units at the end of a line, and words do not."""

from __future__ import annotations

import pytest

from geo_safety.line_ends import escape


@pytest.mark.parametrize("unit", ["%", "km²", "m²", "km", "m"])
def test_a_number_stays_with_its_unit(unit):
    assert escape(f"At least 1,250.5 {unit}, or 3 {unit}") == f"At least 1,250.5\u00a0{unit}, or 3\u00a0{unit}"


@pytest.mark.parametrize("text", ["12 months", "3 more", "5 metres", "2 kmh", "a %", "250m", "4 mètres"])
def test_other_blanks_stay_as_they_are(text):
    assert escape(text) == text


def test_it_is_text_and_no_markup():
    assert escape('<b title="5 %">') == "&lt;b title=&quot;5\u00a0%&quot;&gt;"

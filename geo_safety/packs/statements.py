"""Sentences that every pack carries in the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from geo_safety.disclosure import BAND_HIDDEN
from geo_safety.packs.basis import Basis

SCREENED_ONLY = "Screened on recorded crime only; site selection also needs information we do not hold."

EQUALITY = (
    "No figure here is about a person, a household or a group of people, and none is split by who anybody is.",
    (
        "Police activity shapes what is recorded and where. Read it beside the checks of the lists by deprivation (page "
        "“Fairness” of the release), and beside what people say."
    ),
    "Children are children first: nothing here is about under-18s.",
)


def source_words(basis: Basis) -> str:
    """Whose data a map is drawn from and how new they are, so that it can be cut out of its pack."""
    manifest = basis.manifest
    named = named_sources(manifest["attribution"])
    return f"Data to {manifest['months']['last']}. {f'Sources: {named}' if named else 'No source is named'}."


def named_sources(attribution: Iterable[str]) -> str:
    """Whom to name, in one line.

    Examples
    --------
    >>> named_sources(["Source: MPS ward counts", "Contains OS data"])
    'MPS ward counts; Contains OS data'
    """
    return "; ".join(one.removeprefix("Source: ") for one in attribution)


def plain_reason(text: str) -> str:
    """What a manifest says of its config, for readers who have never seen one.

    Examples
    --------
    >>> plain_reason("The config names no [[context]] of the kind deprivation.")
    'This release was given no file of deprivation.'
    >>> plain_reason("The config names no low_trust_boroughs under [checks].")
    'This release was given no boroughs with low trust.'
    """
    text = re.sub(r"\[\[context\]\] of the kind (\w+)", r"file of \1", text)
    text = text.replace("low_trust_boroughs under [checks]", "boroughs with low trust")
    return text.replace("The config names no", "This release was given no")


def disclosure_words(basis: Basis) -> str:
    """What is hidden from this pack's reader, in a sentence or two."""
    if basis.view.reader.access == "internal":
        return "Internal: this pack holds exact small counts. Keep it to those who are authorised, and publish the open one."
    text = (
        f"Counts of {BAND_HIDDEN.replace('-', ' to ')} are hidden, with every figure made from them. Sums over zones are "
        "worked out from what the layers show to the same reader; where a hidden count has a say, they are a range."
    )
    if basis.view.reader.access == "partner":
        text += " Figures that a partner has lent are rounded and come for fixed windows only."
    return text

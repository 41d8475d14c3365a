"""What must travel with every file, map and reply: may it be published, whose data it is, how it misleads.

The words are the project's own (kept plain: no reader needs a statistician); the facts come from the
release's manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo_safety.disclosure import BAND_HIDDEN, FINEST_OPEN_RESOLUTION, OPEN, Access, Reader, lent_themes

RECORDED_IS_NOT_ALL = (
    "Recorded is not all: in a 2015/16 survey about half of violent incidents had been reported to police; "
    "police activity shapes what is recorded, and where."
)
APPROXIMATE = (
    "Places are approximate: many sources move an incident to the nearest of a set of map points. "
    "Say “around”, never “at”."
)
FEEDBACK = (
    "A map of records can feed itself: attention goes where records point, and finds more to record there. "
    "It says nothing about any person."
)
SMALL_NUMBERS = f"Counts of {BAND_HIDDEN.replace('-', ' to ')} are shown as a band, and no rate is made from them."
NOT_ADDED = "Themes overlap, because an incident can belong to several: never add them together."
GAPS = "No data is not zero: a month that a source did not supply is left empty."
PROVISIONAL = "The last three months are provisional: sources still correct them."
REPORTS = (
    "These are reports. More reports can mean more trust in reporting; a rise is not shown as bad, "
    "and few reports do not mean safe."
)
NOT_CRIMES = "Anti-social behaviour is counted in incidents, not crimes, and depends on how calls are handled."
TRANSPORT_POINTS = "Transport police records are placed at a station, even where something happened on a train."
SAID_BESIDE = {"vawg_ps": REPORTS, "asb": NOT_CRIMES, "transport": TRANSPORT_POINTS}
"""What has to be said beside one theme only."""


@dataclass(frozen=True)
class Publication:
    """What travels with one published table.

    Parameters
    ----------
    themes : tuple of str
        The themes it holds.
    data_month : str
        Last month of the data, as YYYY-MM.
    may_publish : bool
        Whether whoever holds the file may publish it; `because` says why, in one clause.
    attribution : tuple of str
        Who must be named wherever it is shown.
    caveats : tuple of str
        How it can mislead; only what applies.
    """

    release_id: str
    study: str
    layer: str
    themes: tuple[str, ...]
    access: Access
    data_month: str
    method_version: str
    may_publish: bool
    because: str
    attribution: tuple[str, ...]
    caveats: tuple[str, ...]

    @property
    def answer(self) -> str:
        """The answer to “Can I publish this?” as one sentence."""
        return f"{'Yes' if self.may_publish else 'No'}, because {self.because}."

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, in the order in which a file shows them."""
        return {
            "study": self.study,
            "layer": self.layer,
            "themes": list(self.themes),
            "release_id": self.release_id,
            "data_month": self.data_month,
            "method_version": self.method_version,
            "access": self.access,
            "can_i_publish_this": self.answer,
            "attribution": list(self.attribution),
            "caveats": list(self.caveats),
        }


def publication_of(
    manifest: Mapping[str, Any], layer: str, *, theme: str | None = None, reader: Reader = OPEN
) -> Publication:
    """What travels with a layer (or one theme of it) of this release?

    Parameters
    ----------
    manifest : mapping
        The release's manifest, as the reader sees it.
    theme : str, optional
        The one theme; otherwise all themes of the study.
    reader : Reader
        Whose figures they are.
    """
    product = manifest.get("products", {}).get(layer, {})
    themes = (theme,) if theme else tuple(product.get("themes", manifest["study"]["themes"]))
    lent = lent_themes(manifest)
    access: Access = reader.access
    if access == "partner" and not set(themes) & set(lent):
        access = "open"  # what a partner sees of open feeds is what everybody sees
    return Publication(
        release_id=manifest["release_id"],
        study=manifest["study"]["name"],
        layer=layer,
        themes=themes,
        access=access,
        data_month=manifest["months"]["last"],
        method_version=manifest["method_version"],
        may_publish=access == "open",
        because=_BECAUSE[access],
        attribution=tuple(manifest["attribution"]),
        caveats=(*product.get("says", ()), *_caveats(manifest, themes, access)),
    )


_BECAUSE: dict[Access, str] = {
    "open": f"it is open data, counts of {BAND_HIDDEN.replace('-', ' to ')} are banded and nothing is finer than "
    f"H3 resolution {FINEST_OPEN_RESOLUTION}; name the sources and keep the cautions with it",
    "partner": "it holds figures that a partner has lent you: they are protected against finding small counts, but "
    "whether they may be shown to others is for that partner to say; publish the open set of the same release instead",
    "internal": "it holds exact small counts; publish the open set of the same release instead",
}


def _caveats(manifest: Mapping[str, Any], themes: tuple[str, ...], access: Access) -> tuple[str, ...]:
    found = [RECORDED_IS_NOT_ALL, APPROXIMATE, FEEDBACK]
    if access != "internal":
        found.append(SMALL_NUMBERS)
    rules = manifest.get("disclosure", {}).get("partner", {}).get("rules", {})
    if access == "partner":
        found.append(
            f"Counts from partners: 1 to {rules['hidden_up_to']} are not shown, others are rounded to "
            f"{rules['rounded_to']}, and some more are not shown so that no hidden one can be worked out. Their windows "
            "are fixed and do not follow the month."
        )
        if rules["loosened"]:
            loosened = ", ".join(rules["loosened"])
            found.append(f"These figures are protected by looser rules than usual ({loosened}): {rules['because']}")
    if len(themes) > 1:
        found.append(NOT_ADDED)
    found += [SAID_BESIDE[theme] for theme in themes if theme in SAID_BESIDE]
    found += [GAPS, PROVISIONAL]
    breaks = manifest["settings"].get("breaks", [])
    found += [f"Do not compare across {entry['date']}: {entry['text']}" for entry in breaks]
    return tuple(found)

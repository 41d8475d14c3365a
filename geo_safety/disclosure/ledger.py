"""What was given out of partner feeds before: the memory without which two releases give away what one hides.

A window's figures are given out once and stay as they were, whatever the source corrects later; no other window of the
same incidents may overlap it. Kept in the state folder of the releases, not in a release: releases are pruned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from geo_safety.errors import ReleaseError
from geo_safety.safe_files import sync_folder, write_file

FOLDER = "disclosed"


@dataclass(frozen=True)
class Figures:
    """One layer's figures as they were given out."""

    zone_id: tuple[str, ...]
    incidents: tuple[int | None, ...]
    band: tuple[str | None, ...]


@dataclass(frozen=True)
class Disclosed:
    """One theme's figures of one window.

    Parameters
    ----------
    start, end : int
        First and last month, both inside, in months since 1970-01.
    categories : tuple of (feed, category)
        Which incidents were counted; sorted.
    line : str
        The rule by which they were protected.
    """

    theme: str
    start: int
    end: int
    categories: tuple[tuple[str, str], ...]
    line: str
    layers: Mapping[str, Figures]

    def overlaps(self, start: int, end: int) -> bool:
        """Whether the two windows share a month."""
        return self.start <= end and start <= self.end

    def shares_incidents(self, categories: Iterable[tuple[str, str]]) -> bool:
        """Whether some of the same incidents are counted."""
        return bool(set(self.categories) & set(categories))


def read_ledger(state: Path) -> list[Disclosed]:
    """All that was given out, the oldest window first.

    Raises
    ------
    ReleaseError
        The memory is damaged. Going on without it could give hidden counts away.
    """
    return sorted(_read(state / FOLDER), key=lambda one: (one.start, one.theme))


def remember(state: Path, one: Disclosed) -> None:
    """Write down what is about to be given out; before the release, so that nothing is ever out and forgotten."""
    folder = state / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{one.start:05}-{one.end:05}-{len(list(folder.glob('*.json'))):04}.json"
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    write_file(aside, json.dumps(asdict(one), ensure_ascii=False).encode(), 0o600)
    aside.replace(path)
    sync_folder(folder)


def _read(folder: Path) -> Iterator[Disclosed]:
    for path in sorted(folder.glob("*.json")):
        try:
            written = json.loads(path.read_text(encoding="utf-8"))
            layers = {
                layer: Figures(**{name: tuple(column) for name, column in figures.items()})
                for layer, figures in written["layers"].items()
            }
            categories = tuple((feed, category) for feed, category in written["categories"])
            yield Disclosed(**{**written, "layers": layers, "categories": categories})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ReleaseError(
                f"The memory of what was given out of partner feeds is damaged: {path.name} in {folder} ({error}).",
                "Bring it back from a backup: without it, hidden counts could be worked out from two releases.",
            ) from error

"""How far a run is: bars on a terminal, plain lines elsewhere, nothing when asked for silence."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

log = logging.getLogger("geo_safety")

Item = TypeVar("Item")


class Progress(Protocol):
    """What a long step needs of its surroundings in order to tell how far it is."""

    def step(self, text: str) -> None:
        """Say which step starts."""

    def over(self, items: Iterable[Item], text: str, *, total: int) -> Iterator[Item]:
        """Pass the items on, telling how many are done."""


class Silent:
    """Tells nothing: for tests, and for use as a library."""

    def step(self, text: str) -> None:
        """Say nothing."""

    def over(self, items: Iterable[Item], text: str, *, total: int) -> Iterator[Item]:
        """Pass the items on."""
        return iter(items)


class Lines:
    """One plain line a step, for logs and pipes."""

    def step(self, text: str) -> None:
        """Print the step's name."""
        print(text, file=sys.stderr, flush=True)

    def over(self, items: Iterable[Item], text: str, *, total: int) -> Iterator[Item]:
        """Print the step's name and number of items, then pass them on."""
        self.step(f"{text} ({total:,})")
        return iter(items)


class Bars(Lines):
    """Progress bars, for a terminal."""

    def over(self, items: Iterable[Item], text: str, *, total: int) -> Iterator[Item]:
        """Pass the items on under a bar with rate and remaining time."""
        from tqdm import tqdm

        return iter(tqdm(items, desc=text, total=total, leave=False))


def for_terminal(*, quiet: bool = False) -> Progress:
    """The kind of progress that suits where the messages go."""
    if quiet:
        return Silent()
    return Bars() if sys.stderr.isatty() else Lines()

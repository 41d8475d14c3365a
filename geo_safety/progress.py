"""How far a run is: bars on a terminal, plain lines elsewhere, nothing when asked for silence."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

log = logging.getLogger("geo_safety")

Item = TypeVar("Item")

_SECONDS_BETWEEN_LINES = 15.0


class Progress(Protocol):
    """What a long step needs of its surroundings in order to tell how far it is."""

    def step(self, text: str) -> None:
        """Say which step starts."""

    def over(
        self, items: Iterable[Item], text: str, *, total: int, size: Callable[[Item], int] | None = None
    ) -> Iterator[Item]:
        """Pass the items on, telling how many are done, or how many bytes where `size` says it of each."""


class Silent:
    """Tells nothing: for tests, and for use as a library."""

    def step(self, text: str) -> None:
        """Say nothing."""

    def over(
        self, items: Iterable[Item], text: str, *, total: int, size: Callable[[Item], int] | None = None
    ) -> Iterator[Item]:
        """Pass the items on."""
        return iter(items)


class Lines:
    """Plain lines, for logs and pipes: one a step, and during a long one every quarter of a minute how far it is."""

    def step(self, text: str) -> None:
        """Print the step's name."""
        print(text, file=sys.stderr, flush=True)

    def over(
        self, items: Iterable[Item], text: str, *, total: int, size: Callable[[Item], int] | None = None
    ) -> Iterator[Item]:
        """Pass the items on, saying now and then how far they are, at what rate, and how much time is left."""
        self.step(f"{text} ({_amount(total, in_bytes=size is not None)})")
        begin = last = time.monotonic()
        done = 0
        for item in items:
            yield item
            done += 1 if size is None else size(item)
            now = time.monotonic()
            if now - last >= _SECONDS_BETWEEN_LINES and done < total:
                last = now
                rate = done / (now - begin)
                self.step(
                    f"  {done / total:.0%}, {_amount(round(rate), in_bytes=size is not None)} a second, "
                    f"about {_duration((total - done) / rate)} left"
                )


class Bars(Lines):
    """Progress bars, for a terminal."""

    def over(
        self, items: Iterable[Item], text: str, *, total: int, size: Callable[[Item], int] | None = None
    ) -> Iterator[Item]:
        """Pass the items on under a bar with rate and remaining time."""
        from tqdm import tqdm

        unit = "it" if size is None else "B"
        with tqdm(desc=text, total=total, leave=False, unit=unit, unit_scale=size is not None) as bar:
            for item in items:
                yield item
                bar.update(1 if size is None else size(item))


def _amount(number: int, *, in_bytes: bool) -> str:
    return f"{number / 1e6:,.1f} MB" if in_bytes else f"{number:,}"


def _duration(seconds: float) -> str:
    """A time to come, no more exact than it can be known.

    Examples
    --------
    >>> _duration(42), _duration(600), _duration(9000)
    ('42 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def for_terminal(*, quiet: bool = False) -> Progress:
    """The kind of progress that suits where the messages go."""
    if quiet:
        return Silent()
    return Bars() if sys.stderr.isatty() else Lines()

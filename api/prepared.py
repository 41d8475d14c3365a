"""Work done once a release: things made when first asked for, and a bounded shelf of tiles."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Made = TypeVar("Made")


class Prepared:
    """Things made once, when first asked for, and then shared by all threads for good."""

    def __init__(self) -> None:
        self._things: dict[Hashable, Any] = {}
        self._lock = threading.Lock()
        self._lock_of: dict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The thing under this key; others who ask for it while it is made wait for it, and nobody else does."""
        if key not in self._things:
            with self._lock:
                lock = self._lock_of[key]
            with lock:
                if key not in self._things:
                    self._things[key] = make()
        made: Made = self._things[key]
        return made


class Recent:
    """The answers asked for latest, the oldest one leaving when there are too many.

    Parameters
    ----------
    capacity : int
        Answers that may stay.

    Examples
    --------
    >>> recent = Recent(capacity=1)
    >>> [recent.get(key, lambda key=key: key.upper()) for key in "aba"], len(recent)
    (['A', 'B', 'A'], 1)
    """

    def __init__(self, *, capacity: int) -> None:
        self.capacity = capacity
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The answer under this key, made where it is not there. Two threads may make the same one at once."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                kept: Made = self._answers[key]
                return kept
        made = make()
        with self._lock:
            self._answers[key] = made
            if len(self._answers) > self.capacity:
                self._answers.popitem(last=False)
        return made


class Shelf:
    """Replies that were made before, the least used ones leaving when there are too many bytes.

    Parameters
    ----------
    capacity : int
        Bytes that may stay.

    Examples
    --------
    >>> shelf = Shelf(capacity=3)
    >>> shelf.get("a", lambda: b"12"), shelf.get("b", lambda: b"34"), shelf.get("a", lambda: b"56")
    (b'12', b'34', b'56')
    """

    def __init__(self, *, capacity: int) -> None:
        self.capacity = capacity
        self._bytes = 0
        self._lock = threading.Lock()
        self._replies: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The reply under this key, made where it is not there. Two threads may make the same one at once."""
        with self._lock:
            reply = self._replies.get(key)
            if reply is not None:
                self._replies.move_to_end(key)
                return reply
        reply = make()
        with self._lock:
            if key not in self._replies:
                self._bytes += len(reply)
                self._replies[key] = reply
            while self._bytes > self.capacity:
                self._bytes -= len(self._replies.popitem(last=False)[1])
        return reply

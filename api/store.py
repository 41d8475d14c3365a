"""The release that is served now, as the open class sees it; a new one is picked up without a restart."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from geo_safety import release as releases_of
from geo_safety.disclosure import Access, may_leave
from geo_safety.errors import ReleaseError
from geo_safety.publication import Publication, publication_of
from geo_safety.release import Release
from geo_safety.schema import table_of_layer

from .layers import Layer
from .prepared import Prepared, Recent, Shelf
from .problems import UnknownResourceError

ACCESS: Access = "open"
"""The class of every reader without a key; the only set that the service reads yet."""

TILE_BYTES = 256 * 2**20
"""Tiles of one release that each process keeps at hand."""

RERUNS = 16
"""Windows judged anew that each process keeps at hand: some 5 MB each for London's finest grid."""

logger = logging.getLogger("geo_safety.api")


class Published:
    """One release with its layers as one access class sees them; every reply is made from one of these."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.manifest = release.manifest
        self.release_id = release.release_id
        self.prepared = Prepared()
        self.tiles = Shelf(capacity=TILE_BYTES)
        self.reruns = Recent(capacity=RERUNS)
        # `series` has no shapes: it is read through the items of the other layers.
        self.collections = tuple(
            name for name in release.layers if table_of_layer(name).has_geometry and may_leave(name, access=ACCESS)
        )

    @property
    def attribution(self) -> str:
        """Whose data these are, in one line."""
        return "; ".join(self.manifest["attribution"])

    def publication(self, layer: str, theme: str | None = None) -> Publication:
        """What must travel with this layer's figures."""
        return publication_of(self.manifest, layer, theme=theme, access=ACCESS)

    def layer(self, name: str) -> Layer:
        """One layer, prepared.

        Raises
        ------
        UnknownResourceError
            Naming the layers that there are.
        """
        if name not in self.collections:
            known = ", ".join(self.collections)
            raise UnknownResourceError(f"There is no layer {name!r} in this release. Its layers are {known}.")
        return self.prepared.get(("layer", name), lambda: self._read(name))

    def _read(self, name: str) -> Layer:
        return Layer(name, self.release.table(name, access=ACCESS), themes=self.release.themes)


class Store:
    """A folder of releases, of which one is current.

    Parameters
    ----------
    releases : Path
        The folder that `geo-safety run` writes to.
    """

    def __init__(self, releases: Path) -> None:
        self.releases = releases
        self._lock = threading.Lock()
        self._target: str | None = None
        self._published: Published | None = None

    def current(self) -> Published:
        """The release that `current` points at now.

        Each call costs one look at the link. A new release that cannot be read is reported in the
        log and the one before is served on.

        Raises
        ------
        ReleaseError
            If there is no release at all, or the first one cannot be read.
        """
        target = releases_of.current_id(self.releases)
        published = self._published
        if published is not None and target == self._target:
            return published
        with self._lock:
            if self._published is None or target != self._target:
                self._switch_to(target)
            published = self._published
        assert published is not None
        return published

    def _switch_to(self, target: str | None) -> None:
        try:
            self._published = Published(releases_of.current(self.releases))
            logger.info("serving release %s", self._published.release_id)
        except ReleaseError as error:
            if self._published is None:
                raise
            # The message has the remedy; where in our code it was raised helps no operator.
            logger.error("still serving release %s: %s", self._published.release_id, error)  # noqa: TRY400
        self._target = target

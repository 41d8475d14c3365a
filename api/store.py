"""The release that is served now, as each class of readers sees it; a new one is picked up without a restart."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo_safety import release as releases_of
from geo_safety.analysis import Ground, read_ground
from geo_safety.case_file import Case
from geo_safety.disclosure import OPEN, Reader
from geo_safety.disclosure.open_set import Seen
from geo_safety.errors import AnalysisError, ReleaseError
from geo_safety.impact.reading import Report, layer_for, report_on
from geo_safety.outputs.pmtiles import Archive
from geo_safety.publication import Publication
from geo_safety.release import Release
from geo_safety.schema import table_of_layer
from geo_safety.view import View
from geo_safety.window_counts import RunningCounts, read_cube, running_counts

from . import tally
from .kept import KeptReplies
from .layers import Layer
from .prepared import Prepared, Recent, Shelf
from .problems import BadParameterError, UnknownResourceError

TILE_BYTES = 256 * 2**20
"""Tiles of one release and reader that each process keeps at hand."""

PACKS = 8
"""Packs that each process keeps at hand, so that page and PDF are made once."""

RERUNS = 16
"""Windows judged anew that each process keeps at hand: some 5 MB each for London's finest grid."""

VIEWS = 64
"""Classes and sets of boroughs whose prepared layers each process keeps at hand, beside the open one."""

logger = logging.getLogger("geo_safety.api")


class Published:
    """One release as one reader may see it; every reply is made from one of these and from nothing else.

    Parameters
    ----------
    release : Release
        The whole release. It stays in here: routes get no way to it.
    reader : Reader
        Whose view this is.
    everybody : Published, optional
        The open view of the same release, whose prepared layers are shared where this reader sees just the same.
    """

    def __init__(self, release: Release, reader: Reader = OPEN, everybody: Published | None = None) -> None:
        self._release = release
        self._everybody = everybody
        self.view = View(release, reader)
        self.reader = reader
        self.manifest = self.view.manifest
        self.release_id = release.release_id
        self.prepared = Prepared()
        self.tiles = Shelf(capacity=TILE_BYTES)
        self.kept = KeptReplies()
        self.reruns = Recent(capacity=RERUNS)
        self.packs = Recent(capacity=PACKS)
        # `series` has no shapes: it is read through the items of the other layers.
        self.collections = tuple(name for name in self.view.layers if table_of_layer(name).has_geometry)

    def seen_by(self, reader: Reader) -> Published:
        """The same release as another reader may see it."""
        return Published(self._release, reader, self)

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes that this reader may see on any layer, in the study's order."""
        return self.view.themes

    @property
    def has_series(self) -> bool:
        """Whether there are months of single zones."""
        return "series" in self.view.layers

    @property
    def attribution(self) -> str:
        """Whose data these are, in one line."""
        return "; ".join(self.manifest["attribution"])

    @property
    def disclosure(self) -> str:
        """What is hidden from this reader, as every reply says it."""
        return self.view.disclosure

    @property
    def recount_access(self) -> Seen:
        """By which rule counts of other windows leave: they are of open feeds, but for internal readers."""
        return "internal" if self.reader.access == "internal" else "open"

    def base_map(self) -> bytes:
        """The ground that maps are drawn on: the same for every reader."""
        return self._release.base_map()

    def archive(self, layer: str, theme: str | None = None) -> Archive | None:
        """The tiles of a layer as everybody sees it; None where this reader sees more, or the release holds none."""
        if not self.view.is_as_open(layer):
            return None
        if self._everybody is not None:
            return self._everybody.archive(layer, theme)
        path = self._release.tiles(layer, theme)
        return None if path is None else self.prepared.get(("archive", layer, theme), lambda: Archive(path))

    def months(self, layer: str, theme: str) -> tuple[np.datetime64, np.datetime64] | None:
        """First and last month of a theme's series on a layer; None where there is none for this reader."""
        if not self.has_series or theme not in self.view.recounted_themes:
            return None
        column = self.view.series(layer, theme=theme, columns=["month"])["month"]
        if not len(column):
            return None
        ends = pc.min_max(column).as_py()
        return np.datetime64(ends["min"], "M"), np.datetime64(ends["max"], "M")

    def publication(self, layer: str, theme: str | None = None) -> Publication:
        """What must travel with this layer's figures."""
        return self.view.publication(layer, theme)

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
        if self._everybody is not None and self.view.is_as_open(name):
            return self._everybody.layer(name)
        return self.prepared.get(("layer", name), lambda: self._read(name))

    def series(self, layer: str, zone_id: str, theme: str, columns: list[str]) -> pa.Table:
        """Months of one zone; no rows where this reader may not see the theme's months."""
        return tally.add(self.view.series(layer, zone_id=zone_id, theme=theme, columns=columns))

    def ground(self, layer: str) -> Ground:
        """What other windows of a layer are counted from: of exact months, those of themes that leave by the open rule."""
        if self._everybody is not None and self.reader.access == "partner":
            return self._everybody.ground(layer)
        return self.prepared.get(
            ("analysis", layer), lambda: read_ground(self._release, layer, themes=self.view.recounted_themes)
        )

    def report_on(self, case: Case) -> Report:
        """A case judged on this release, as this reader may see it."""
        layer = layer_for(case, self._release, reader=self.reader)
        return report_on(case, self._release, reader=self.reader, ground=self.ground(layer))

    def running(self, layer: str, theme: str, zone_id: NDArray[np.str_]) -> RunningCounts:
        """Exact months of a theme, added up once a release; what leaves is for `recount_access` to hide.

        Raises
        ------
        BadParameterError
            The theme's months are not for this reader.
        """
        self.refuse_recount(layer, theme)
        facts = self.manifest.get("themes", {}).get(theme)
        if facts is None:
            raise AnalysisError(
                f"Release {self.release_id} does not say which feeds make the theme {theme}.",
                "Make a new one with `geo-safety run CONFIG`.",
            )

        def make() -> RunningCounts:
            return running_counts(read_cube(self._release, layer, theme, feeds=facts["feeds"], zone_id=zone_id))

        return self.prepared.get(("running counts", layer, theme), make)

    def refuse_recount(self, layer: str, theme: str) -> None:
        """Refuse windows of the reader's choice for figures that a partner has lent: their windows are fixed.

        Raises
        ------
        BadParameterError
            Naming the themes that can be counted anew.
        """
        open_to_all = self.view.recounted_themes
        if theme not in open_to_all:
            raise BadParameterError(
                "theme",
                f"The figures of {theme} come from a partner, for fixed windows only: see "
                f"/collections/{layer}/items?theme={theme}. Other windows are counted for "
                f"{', '.join(open_to_all) or 'no theme'}.",
                open_to_all,
            )

    def _read(self, name: str) -> Layer:
        return Layer(name, self.view.table(name), themes=self.view.themes_of(name))


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
        self._everybody: Published | None = None
        self._views: OrderedDict[Reader, Published] = OrderedDict()

    def current(self, reader: Reader = OPEN) -> Published:
        """The release that `current` points at now, as this reader may see it.

        Each call costs one look at the link. A new release that cannot be read is reported in the
        log and the one before is served on.

        Raises
        ------
        ReleaseError
            If there is no release at all, or the first one cannot be read.
        """
        target = releases_of.current_id(self.releases)
        everybody = self._everybody
        if everybody is None or target != self._target:
            with self._lock:
                if self._everybody is None or target != self._target:
                    self._switch_to(target)
                everybody = self._everybody
        assert everybody is not None
        return everybody if reader == OPEN else self._view_of(reader, everybody)

    def earlier(self, release_id: str, reader: Reader = OPEN) -> View:
        """Another release of the folder, as this reader may see it.

        Raises
        ------
        UnknownResourceError
            There is none of this name, or it is damaged.
        """
        try:
            return View(releases_of.open_release(self.releases, release_id), reader)
        except ReleaseError as error:
            raise UnknownResourceError(f"There is no release {release_id!r} here any more.") from error

    def release_ids(self) -> tuple[str, ...]:
        """Names of all releases of the folder, newest first."""
        return tuple(releases_of.release_ids(self.releases))

    def _view_of(self, reader: Reader, everybody: Published) -> Published:
        with self._lock:
            found = self._views.get(reader)
            if found is None or found.release_id != everybody.release_id:
                found = self._views[reader] = everybody.seen_by(reader)
                if len(self._views) > VIEWS:
                    self._views.popitem(last=False)
            self._views.move_to_end(reader)
        return found

    def _switch_to(self, target: str | None) -> None:
        try:
            self._everybody = Published(releases_of.current(self.releases))
            self._views.clear()
            logger.info("serving release %s", self._everybody.release_id)
        except ReleaseError as error:
            if self._everybody is None:
                raise
            # The message has the remedy; where in our code it was raised helps no operator.
            logger.error("still serving release %s: %s", self._everybody.release_id, error)  # noqa: TRY400
        self._target = target

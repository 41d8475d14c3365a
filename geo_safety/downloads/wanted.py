"""What one fetch is asked for; each source takes from it what concerns it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """The parameters of a fetch.

    Parameters
    ----------
    months : int
        How many of the newest months of incidents.
    forces : tuple of str
        Police forces by their short names, such as `metropolitan`; empty for all.
    kinds : tuple of str
        Which of `street`, `outcomes`, `stop-and-search`.
    layers : tuple of str
        Boundary sets by their names in the catalogue, such as `wards-2022`.
    where : str, optional
        Which zones of them, as the service understands it; by default those of London.
    datasets : tuple of str
        Data sets of the London Datastore.
    formats : tuple of str
        Which of their files, by format; empty for all.
    area : str, optional
        ATCO area whose stops are wanted; by default Greater London's.
    """

    months: int = 36
    forces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("street",)
    layers: tuple[str, ...] = ("wards-2022", "boroughs-2022", "lsoas-2021")
    where: str | None = None
    datasets: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("csv",)
    area: str | None = None

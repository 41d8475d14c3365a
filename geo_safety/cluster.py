"""Workers on other machines, or more of them on this one: Dask, as a pool that `partitions` hands its files to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import ExitStack, contextmanager

from geo_safety.errors import ConfigError

LOCAL = "local"
"""Instead of an address: worker processes on this machine, for as long as the run takes."""

_SECONDS_TO_CONNECT = 20

# Workers of our own live as long as the run, and keep memory as it does (`allocation`).
_KEEP_MEMORY = "from geo_safety.allocation import keep_memory; keep_memory()"


@contextmanager
def connect(scheduler: str, *, workers: int) -> Iterator[Executor]:
    """A pool of the workers of a Dask scheduler.

    A worker that dies loses what it was reading: others read it again, up to three times.

    Parameters
    ----------
    scheduler : str
        Address such as `tcp://scheduler:8786`, or `local`.
    workers : int
        Worker processes of a local cluster, each with one thread.

    Raises
    ------
    ConfigError
        If Dask is not installed, nobody answers at the address, or workers die again and again.
    """
    try:
        from distributed import Client, KilledWorker, LocalCluster
    except ImportError as error:
        raise ConfigError(
            f"Workers on other machines need Dask ({error}).", "Install it: pip install 'geo-safety[dask]'."
        ) from error
    logging.getLogger("distributed").setLevel(logging.WARNING)  # it tells of every connection
    with ExitStack() as stack:
        if scheduler == LOCAL:
            cluster = LocalCluster(
                n_workers=max(1, workers),
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                preload=[_KEEP_MEMORY],
            )
            address = stack.enter_context(cluster)
        else:
            address = scheduler
        try:
            client = stack.enter_context(Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"No Dask scheduler answers at {scheduler} ({error}).",
                "Start one (dask scheduler), or give its address as it prints it, such as tcp://scheduler:8786.",
            ) from error
        try:
            yield client.get_executor(pure=False)
        except KilledWorker as error:
            raise ConfigError(
                f"Workers died each time that they read one of the files ({error.last_worker} was the last).",
                "They probably have too little memory for it: give them more, or split the file. "
                "What others have read is kept for the next run.",
            ) from error
        except CancelledError as error:
            raise ConfigError(
                f"The Dask scheduler at {scheduler} has gone away.",
                "Start it and run again: what has been read is kept.",
            ) from error

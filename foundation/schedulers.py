"""Workers on other machines: Dask's scheduler behind the concurrent.futures interface.

What is sent to a worker passes through the scheduler, settings with the secret key and the
database's password included: scheduler and workers must be trusted as much as this machine.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from typing import Any

from foundation.errors import ConfigError

_ANSWER_SECONDS = 10


class SchedulerExecutor(Executor):
    """The workers of one scheduler.

    Args:
        client: of `distributed`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        # Not pure: the same batch may be given again after it failed, and must then run again.
        self._executor = client.get_executor(pure=False)

    @property
    def count(self) -> int:
        """How many calls the workers that are there now run at once."""
        return sum(self._client.nthreads().values())

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call on one of the workers."""
        future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
        return future

    def renew(self) -> None:
        """Do nothing: a worker's own nanny starts it again."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; without waiting, or when told to, drop those that have not started."""
        self._executor.shutdown(wait=wait and not cancel_futures)


@contextmanager
def open_scheduler(address: str) -> Iterator[SchedulerExecutor]:
    """Give an executor on the workers of a running Dask scheduler.

    Args:
        address: as `dask scheduler` prints it: `tcp://host:8786`, or `tls://...`.

    Raises:
        ConfigError: Dask is not installed, nothing answers there, or it has no workers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise ConfigError(
            "A scheduler needs Dask, which is not installed. Install it with: pip install 'dicomill[dask]'"
        ) from error
    client = _connect(Client, address)
    with client:
        executor = SchedulerExecutor(client)
        if executor.count == 0:
            raise ConfigError(
                f"The Dask scheduler at {address} has no workers. Start them with "
                f"`dask worker {address} --nthreads 1`."
            )
        yield executor


def _connect(client_class: Callable[..., Any], address: str) -> Any:
    with suppress(OSError, ValueError, TypeError):
        return client_class(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    # A client that failed ends now: at any later time it may wait for a lock that the next one holds.
    gc.collect()
    raise ConfigError(
        f"No Dask scheduler answers at {address}. Start one with `dask scheduler`, and give the "
        "address that it prints (tcp://HOST:PORT)."
    )

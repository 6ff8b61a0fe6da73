"""Which executor a door of this room works on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from foundation.execution import open_executor

# Starting a process costs about as long as reading this many small pictures, or files of this size.
_WORTH_A_POOL = 128
_BYTES_WORTH_A_POOL = 8 << 20


@contextmanager
def executor_for(
    executor: Executor | None, *, workers: int | None, num_pictures: int, num_bytes: int = 0
) -> Iterator[Executor]:
    """Give the caller's executor, or one of our own that suits the number of pictures.

    Args:
        executor: the caller's; it stays open.
        workers: processes asked for; None for one a core, or none for a handful of pictures.
        num_pictures: how many there are to work on.
        num_bytes: size of their files, where that is known.

    Example:
        >>> with executor_for(None, workers=None, num_pictures=3) as executor:
        ...     executor.submit(len, "abc").result()
        3
    """
    if executor is not None:
        yield executor
        return
    is_worth_a_pool = num_pictures >= _WORTH_A_POOL or num_bytes >= _BYTES_WORTH_A_POOL
    count = 1 if workers is None and not is_worth_a_pool else workers
    with open_executor(count) as own:
        yield own

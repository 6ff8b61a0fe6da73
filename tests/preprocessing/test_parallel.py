"""Which executor is used."""

from __future__ import annotations

import os
from concurrent.futures import Executor

from foundation.execution import InProcessExecutor, default_workers
from preprocessing.parallel import executor_for


def test_the_callers_executor_is_used_and_stays_open() -> None:
    """A door never closes what it was given."""
    given = InProcessExecutor()
    with executor_for(given, workers=None, num_pictures=10**6) as executor:
        assert executor is given
    assert given.submit(len, "abc").result() == 3


def test_a_handful_of_pictures_needs_no_processes() -> None:
    """Few pictures, or one worker asked for, stay in this process."""
    for workers, num_pictures in ((None, 3), (1, 10**6)):
        with executor_for(None, workers=workers, num_pictures=num_pictures) as executor:
            assert isinstance(executor, InProcessExecutor)


def test_workers_asked_for_are_given() -> None:
    """Two workers are two processes, however few the pictures."""
    with executor_for(None, workers=2, num_pictures=3) as executor:
        assert not isinstance(executor, InProcessExecutor)
        assert executor.submit(os.getpid).result() != os.getpid()


def test_a_handful_of_large_files_is_worth_processes() -> None:
    """As many megabytes as many small pictures have."""
    with executor_for(None, workers=None, num_pictures=3, num_bytes=1 << 30) as executor:
        assert isinstance(executor, Executor)
        assert isinstance(executor, InProcessExecutor) == (default_workers() == 1)

"""Ctrl-C in two steps: the first asks to finish what is under way, the second ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether the run was asked to come to an end."""

    def __init__(self) -> None:
        self.is_asked = False


@contextmanager
def gentle_interrupts(on_stop: Callable[[], None]) -> Iterator[Stop]:
    """Give a `Stop` that Ctrl-C, or SIGTERM, sets; a second one raises KeyboardInterrupt.

    Args:
        on_stop: called at the first one, from the signal's handler: it may tell a line.

    Outside the main thread signals are not ours to take: the `Stop` is then never set.

    Example:
        >>> with gentle_interrupts(lambda: print("finishing")) as stop:
        ...     signal.raise_signal(signal.SIGINT)
        ...     stop.is_asked
        finishing
        True
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_asked:
            raise KeyboardInterrupt
        stop.is_asked = True
        on_stop()

    before: dict[signal.Signals, Any] = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handling in before.items():
            signal.signal(number, handling)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back from this thread, and from processes that it starts meanwhile.

    A terminal sends Ctrl-C to all of them. One that is still loading would die of it, with a traceback
    of its own, before it can leave Ctrl-C to its parent by `leave_interrupts`.

    Example:
        >>> with interrupts_held():
        ...     signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        True
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_interrupts() -> None:
    """Leave Ctrl-C to the parent: called by a process that was started while interrupts were held."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one that came meanwhile is gone with it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

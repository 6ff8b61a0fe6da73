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

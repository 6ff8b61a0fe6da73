"""Progress at a terminal: bars on stderr, and lines alone where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from foundation.progress import Progress, SilentProgress


class TerminalProgress:
    """A bar a stage, with the rate and the remaining time, on stderr."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: Any = None
        self._bars.start()

    def begin(self, stage: str, total: int | None = None) -> None:
        """Show a new bar."""
        self._task = self._bars.add_task(stage, total=total, rate="")

    def advance(self, count: int = 1) -> None:
        """Move the bar and its rate."""
        if self._task is None:
            return
        self._bars.advance(self._task, count)
        speed = self._bars.tasks[-1].speed
        self._bars.update(self._task, rate=f"{speed:,.{int(speed < 10)}f}/s" if speed else "")

    def end(self) -> None:
        """Leave the bar as it stands."""
        self._task = None

    def tell(self, line: str, *, aside: str = "") -> None:
        """Print the line, and what nobody else may read, above the bars."""
        for text in filter(None, (line, aside)):
            self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Give the terminal back."""
        self._bars.stop()


class LineProgress(SilentProgress):
    """No bars, but now and then a line on stderr: for logs and pipes.

    Args:
        first_seconds: a stage that is over before says nothing.
        every_seconds: from one line to the next.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        *,
        first_seconds: float = 10.0,
        every_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first, self._every, self._clock = first_seconds, every_seconds, clock
        self._stage = ""
        self._total: int | None = None
        self._done = 0
        self._began = self._told = 0.0

    def begin(self, stage: str, total: int | None = None) -> None:
        """Start counting anew."""
        self._stage, self._total, self._done = stage, total, 0
        self._began = self._clock()
        self._told = self._began + self._first - self._every

    def advance(self, count: int = 1) -> None:
        """Count; print a line when it is time."""
        self._done += count
        now = self._clock()
        if self._stage and now - self._told >= self._every:
            self._told = now
            self.tell(_progress_line(self._stage, self._done, self._total, seconds=now - self._began))

    def end(self) -> None:
        """Count no further."""
        self._stage = ""

    def tell(self, line: str, *, aside: str = "") -> None:
        """Print the line alone: what is written here may be kept."""
        print(line, file=sys.stderr, flush=True)


def _progress_line(stage: str, done: int, total: int | None, *, seconds: float) -> str:
    """Return how far a stage has come, how fast, and how long it will take.

    Example:
        >>> _progress_line("ingest", 500, 2000, seconds=50)
        'ingest: 500 of 2,000, 10/s, 2 min 30 s left'
        >>> _progress_line("ingest", 500, None, seconds=50)
        'ingest: 500, 10/s'
    """
    rate = done / seconds if seconds > 0 else 0.0
    line = f"{stage}: {done:,}{'' if total is None else f' of {total:,}'}, {rate:,.{int(rate < 10)}f}/s"
    if total is None or not rate:
        return line
    minutes, left = divmod(round(max(0, total - done) / rate), 60)
    hours, minutes = divmod(minutes, 60)
    words = f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s" if minutes else f"{left} s"
    return f"{line}, {words} left"


class watched:  # noqa: N801 - reads as a statement: `with watched() as progress`
    """Give a progress for one command: bars at a terminal, lines alone elsewhere."""

    def __enter__(self) -> Progress:
        """Start the bars when stderr is a terminal."""
        self._bars = TerminalProgress() if sys.stderr.isatty() else None
        return self._bars or LineProgress()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back however the block ended."""
        if self._bars is not None:
            self._bars.stop()

"""Progress at a terminal: bars on stderr, and lines alone where nobody watches."""

from __future__ import annotations

import sys
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
        self._bars.update(self._task, rate=f"{speed:,.0f}/s" if speed else "")

    def end(self) -> None:
        """Leave the bar as it stands."""
        self._task = None

    def tell(self, line: str) -> None:
        """Print the line above the bars."""
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Give the terminal back."""
        self._bars.stop()


class LineProgress(SilentProgress):
    """No bars, but the lines that a person should read, on stderr: for logs and pipes."""

    def tell(self, line: str) -> None:
        """Print the line."""
        print(line, file=sys.stderr, flush=True)


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

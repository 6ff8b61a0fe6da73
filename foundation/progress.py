"""How a door tells how far it has come, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener for one stage at a time."""

    def begin(self, stage: str, total: int | None = None) -> None:
        """Start a stage of `total` units; None when the count is not known."""

    def advance(self, count: int = 1) -> None:
        """Count that many more units as done."""

    def end(self) -> None:
        """Close the stage."""

    def tell(self, line: str, *, aside: str = "") -> None:
        """Say one line that a person should read while the door is at work.

        Args:
            line: may end in a log, so it holds no path or header value.
            aside: for the eyes of whoever sits at the terminal, and for no log: a path, say.
        """


class SilentProgress:
    """The listener of a door that nobody watches."""

    def begin(self, stage: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, count: int = 1) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""

    def tell(self, line: str, *, aside: str = "") -> None:
        """Do nothing."""

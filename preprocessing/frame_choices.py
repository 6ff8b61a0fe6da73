"""Which frames of a multi-frame instance: the first, the middle one, all, or every n-th."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from foundation.errors import ConfigError

_FORM = "first, middle, all or every:N (such as every:5)"
_EVERY = re.compile(r"every:([1-9]\d{0,5})")


@dataclass(frozen=True, slots=True)
class FrameChoice:
    """A choice of frames.

    Args:
        text: `first`, `middle`, `all` or `every:N`.

    Example:
        >>> FrameChoice.parse("every:5").numbers(12)
        range(1, 13, 5)
    """

    text: str = "first"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the choice that a text names; `every:1` is `all`.

        Raises:
            ConfigError: it names none.
        """
        found = _EVERY.fullmatch(text)
        if found is None and text not in ("first", "middle", "all"):
            raise ConfigError(f'Frames are chosen by {_FORM}. Received: "{text}".')
        return cls("all" if text == "every:1" else text)

    def numbers(self, number_of_frames: int) -> range:
        """Return the numbers of the chosen frames of so many, from 1; there is always one.

        Example:
            >>> [list(FrameChoice(text).numbers(4)) for text in ("first", "middle", "all")]
            [[1], [2], [1, 2, 3, 4]]
        """
        if self.text == "first":
            return range(1, 2)
        if self.text == "middle":
            middle = (number_of_frames + 1) // 2
            return range(middle, middle + 1)
        found = _EVERY.fullmatch(self.text)
        return range(1, number_of_frames + 1, int(found[1]) if found else 1)

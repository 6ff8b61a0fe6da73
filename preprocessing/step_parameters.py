"""What may stand behind a step's colon: a level, a size or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from foundation.errors import ConfigError

Size = tuple[int, int]
StepValue = int | Size | None

MAXIMUM_SIDE = 16384

_SIZE_TEXT = re.compile(r"(\d{1,6})(?:x(\d{1,6}))?")


@dataclass(frozen=True, slots=True)
class LevelParameter:
    """A whole number; one outside its range acts as the nearest bound, as in the original.

    Example:
        >>> level = LevelParameter(minimum=1, maximum=8, default=4)
        >>> [level.read(text) for text in (None, "6", 99, -3)]
        [4, 6, 8, 1]
    """

    minimum: int
    maximum: int
    default: int

    @property
    def expected(self) -> str:
        """What to write, for messages."""
        return f"a whole number from {self.minimum} to {self.maximum}"

    def read(self, value: object) -> int:
        """Return the level, moved into its range.

        Raises:
            ConfigError: the value is no whole number.
        """
        if value is None:
            return self.default
        if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,9}", value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConfigError(f"Expected {self.expected}. Received: {value!r}.")
        return min(max(value, self.minimum), self.maximum)

    def text(self, value: StepValue) -> str:
        """Return the canonical text of a value."""
        return str(value)


@dataclass(frozen=True, slots=True)
class SizeParameter:
    """Height x width in pixels; one number stands for a square. Never moved into range: refused.

    Example:
        >>> size = SizeParameter(default=(224, 224))
        >>> size.read("64x48"), size.read(64), size.read(None)
        ((64, 48), (64, 64), (224, 224))
    """

    default: Size
    minimum: int = 1
    maximum: int = MAXIMUM_SIDE

    @property
    def expected(self) -> str:
        """What to write, for messages."""
        return f"HEIGHTxWIDTH or one number for a square, sides from {self.minimum} to {self.maximum}"

    def read(self, value: object) -> Size:
        """Return height and width.

        Raises:
            ConfigError: the value is no size, or a side is out of range.
        """
        if value is None:
            return self.default
        sides = self._sides(value)
        if sides is None or not all(self.minimum <= side <= self.maximum for side in sides):
            raise ConfigError(f"Expected {self.expected}. Received: {value!r}.")
        return sides

    def text(self, value: StepValue) -> str:
        """Return the canonical text of a value."""
        height, width = self.read(value)
        return f"{height}x{width}"

    @staticmethod
    def _sides(value: object) -> Size | None:
        """Read a number, a pair or a text; None when it is neither."""
        if isinstance(value, (list, tuple)) and len(value) == len(("height", "width")):
            parts: list[object] = list(value)
        elif isinstance(value, str) and (match := _SIZE_TEXT.fullmatch(value.strip())):
            parts = [int(match[1]), int(match[2] or match[1])]
        else:
            parts = [value, value]
        height, width = parts
        if type(height) is not int or type(width) is not int:
            return None
        return height, width


@dataclass(frozen=True, slots=True)
class NoParameter:
    """Nothing: the step has no value.

    Example:
        >>> NoParameter().read(None) is None
        True
    """

    default: None = None
    minimum: None = None
    maximum: None = None

    @property
    def expected(self) -> str:
        """What to write, for messages."""
        return "no value"

    def read(self, value: object) -> None:
        """Accept only the absence of a value.

        Raises:
            ConfigError: a value was given.
        """
        if value is not None:
            raise ConfigError(f"Expected {self.expected}. Received: {value!r}.")

    def text(self, value: StepValue) -> str:
        """Return the canonical text of a value."""
        return "" if value is None else str(value)


StepParameter = LevelParameter | SizeParameter | NoParameter

"""What may stand behind a step's colon: levels, numbers, sizes and sides, each with its range and default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from foundation.errors import ConfigError

Size = tuple[int, int]
ParameterValue = int | float | Size

MAXIMUM_SIDE = 16384

_WHOLE_TEXT = re.compile(r"[+-]?\d{1,9}")
_NUMBER_TEXT = re.compile(r"[+-]?(\d{1,12}(\.\d{0,20})?|\.\d{1,20})(e[+-]?\d{1,3})?")
_SIZE_TEXT = re.compile(r"(\d{1,6})(?:x(\d{1,6}))?")


class StepParameter(Protocol):
    """One parameter of a step: reads what a user wrote, writes it canonically, says what it takes."""

    @property
    def default(self) -> ParameterValue:
        """The value of a call that names none."""
        ...

    @property
    def expected(self) -> str:
        """What to write, for messages and tables."""
        ...

    def read(self, value: object) -> ParameterValue:
        """Return the checked value.

        Raises:
            ConfigError: the value is not of this kind, or out of range.
        """
        ...

    def text(self, value: ParameterValue) -> str:
        """Return the canonical text of a checked value, which reads as the same value."""
        ...


@dataclass(frozen=True, slots=True)
class LevelParameter:
    """A whole number; one outside its range acts as the nearest bound, as in the original.

    Example:
        >>> level = LevelParameter(minimum=1, maximum=8, default=4)
        >>> [level.read(text) for text in ("6", 99, -3)]
        [6, 8, 1]
    """

    minimum: int
    maximum: int
    default: int

    @property
    def expected(self) -> str:
        """What to write, for messages and tables."""
        return f"a whole number from {self.minimum} to {self.maximum}"

    def read(self, value: object) -> int:
        """Return the level, moved into its range.

        Raises:
            ConfigError: the value is no whole number.
        """
        return min(max(_read_whole(value, self.expected), self.minimum), self.maximum)

    def text(self, value: ParameterValue) -> str:
        """Return the canonical text of a value."""
        return str(value)


@dataclass(frozen=True, slots=True)
class WholeParameter:
    """A whole number; one outside its range is refused.

    Args:
        minimum: the smallest.
        maximum: the largest.
        default: of a call that names none.
        spacing: from one allowed number to the next; 2 from an odd minimum means odd numbers only.

    Example:
        >>> WholeParameter(minimum=3, maximum=5, default=3, spacing=2).read("5")
        5
    """

    minimum: int
    maximum: int
    default: int
    spacing: int = 1

    @property
    def expected(self) -> str:
        """What to write, for messages and tables."""
        if self.spacing == 1:
            return f"a whole number from {self.minimum} to {self.maximum}"
        return "one of " + ", ".join(str(one) for one in range(self.minimum, self.maximum + 1, self.spacing))

    def read(self, value: object) -> int:
        """Return the number.

        Raises:
            ConfigError: the value is no whole number, or out of range.
        """
        number = _read_whole(value, self.expected)
        if number not in range(self.minimum, self.maximum + 1, self.spacing):
            raise _refusal(self.expected, value)
        return number

    def text(self, value: ParameterValue) -> str:
        """Return the canonical text of a value."""
        return str(value)


@dataclass(frozen=True, slots=True)
class NumberParameter:
    """A number; one outside its range is refused.

    Example:
        >>> number = NumberParameter(minimum=0.1, maximum=10, default=0.5)
        >>> number.read("2"), number.text(2.0), number.text(0.25)
        (2.0, '2', '0.25')
    """

    minimum: float
    maximum: float
    default: float

    @property
    def expected(self) -> str:
        """What to write, for messages and tables."""
        return f"a number from {self.text(self.minimum)} to {self.text(self.maximum)}"

    def read(self, value: object) -> float:
        """Return the number.

        Raises:
            ConfigError: the value is no number, or out of range.
        """
        number = _read_number(value)
        if number is None or not self.minimum <= number <= self.maximum:
            raise _refusal(self.expected, value)
        return number

    def text(self, value: ParameterValue) -> str:
        """Return the canonical text of a value."""
        return str(int(value)) if isinstance(value, int | float) and value == int(value) else repr(value)


@dataclass(frozen=True, slots=True)
class SizeParameter:
    """Height x width in pixels; one number stands for a square. Never moved into range: refused.

    Example:
        >>> size = SizeParameter(default=(224, 224))
        >>> size.read("64x48"), size.read(64)
        ((64, 48), (64, 64))
    """

    default: Size
    minimum: int = 1
    maximum: int = MAXIMUM_SIDE

    @property
    def expected(self) -> str:
        """What to write, for messages and tables."""
        return f"HEIGHTxWIDTH or one number for a square, sides from {self.minimum} to {self.maximum}"

    def read(self, value: object) -> Size:
        """Return height and width.

        Raises:
            ConfigError: the value is no size, or a side is out of range.
        """
        sides = self._sides(value)
        if sides is None or not all(self.minimum <= side <= self.maximum for side in sides):
            raise _refusal(self.expected, value)
        return sides

    def text(self, value: ParameterValue) -> str:
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


def _read_number(value: object) -> float | None:
    """Return a number from a number or a text; None when it is neither."""
    if isinstance(value, str):
        return float(value) if _NUMBER_TEXT.fullmatch(value.strip().lower()) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read_whole(value: object, expected: str) -> int:
    """Return a whole number from a number or a text."""
    if isinstance(value, str) and _WHOLE_TEXT.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refusal(expected, value)
    return value


def _refusal(expected: str, value: object) -> ConfigError:
    """Return the error for a value that is not as expected."""
    return ConfigError(f"Expected {expected}. Received: {value!r}.")

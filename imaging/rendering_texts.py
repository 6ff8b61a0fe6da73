"""The text form of a rendering, which folders, records, artifacts and commands share.

NAME[:WINDOW][@BITS]

window             as the header asks, in 8 bits
window:40,400      the window with centre 40 and width 400 in place of the header's
window:lung        a window by its preset's name
window:40,400@16   the same in 16 bits; without it the rendering's own bits
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from foundation.errors import ConfigError
from foundation.registries import look_up
from imaging.named_renderings import RENDERINGS
from imaging.windows import WINDOW_PRESETS, Window

WINDOWED = "window"


@dataclass(frozen=True)
class RenderingChoice:
    """A rendering with its parameters; equal when it makes equal pictures.

    Attributes:
        name: in `imaging.named_renderings.RENDERINGS`.
        window: takes the place of the header's VOI; None for what the header asks.
        bits: of a picture, 8 or 16.
        preset: the name that the window was asked for by.
    """

    name: str
    window: Window | None = None
    bits: int = 8
    preset: str | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The text form, as short as it can be."""
        text = self.name
        if self.window is not None:
            text += ":" + (self.preset or f"{_number(self.window.center)},{_number(self.window.width)}")
        return text if self.bits == RENDERINGS[self.name].bits else f"{text}@{self.bits}"


def parse_rendering(text: str) -> RenderingChoice:
    """Return what the text form says.

    Raises:
        UnknownNameError: no rendering or preset has the name.
        ConfigError: the window or the bits cannot be read, or are none.

    Example:
        >>> parse_rendering("window: 40, 400 @16").text
        'window:40,400@16'
        >>> parse_rendering("window:soft_tissue") == parse_rendering("window:40,400@8")
        True
    """
    head, separator, bits_text = text.partition("@")
    name, colon, window_text = head.partition(":")
    name = name.strip()
    choice = RenderingChoice(name, bits=look_up(RENDERINGS, name, kind="rendering").bits)
    if colon:
        choice = _with_window(choice, window_text.strip())
    return _with_bits(choice, bits_text.strip()) if separator else choice


def combine_rendering(*, rendering: str | None, window: str | None, bits: int | None) -> str | None:
    """Return the text form of three options of a command; None when none of them is given.

    Args:
        rendering: a text form; "window" without it.
        window: centre and width, or a preset.
        bits: 8 or 16.

    Raises:
        UnknownNameError, ConfigError: as `parse_rendering`; or a window for another rendering.

    Example:
        >>> combine_rendering(rendering=None, window="lung", bits=16)
        'window:lung@16'
    """
    if rendering is None and window is None and bits is None:
        return None
    choice = parse_rendering(rendering or WINDOWED)
    if window is not None:
        if choice.window is not None:
            raise ConfigError(
                f'Two windows were given. Leave out one of them. Received: "{rendering}" and "{window}".'
            )
        choice = _with_window(choice, window.strip())
    return choice.text if bits is None else _with_bits(choice, str(bits)).text


def _with_window(choice: RenderingChoice, text: str) -> RenderingChoice:
    if choice.name != WINDOWED:
        raise ConfigError(
            f'Only the rendering "{WINDOWED}" takes a window. Leave out the window or the rendering. '
            f'Received: "{choice.name}" and "{text}".'
        )
    numbers = _numbers(text)
    if numbers is None:
        preset = look_up(WINDOW_PRESETS, text, kind="window preset")
        return replace(choice, window=preset, preset=text)
    if len(numbers) != 2:
        raise ConfigError(
            "A window is its centre and its width, as in 40,400, or a preset: "
            f'{", ".join(WINDOW_PRESETS)}. Received: "{text}".'
        )
    window = Window(center=numbers[0], width=numbers[1])
    if not window.is_legal("LINEAR"):
        # PS3.3 C.11.2.1.2.1
        raise ConfigError(f"A window's width is at least 1. Received: {_number(window.width)}.")
    return replace(choice, window=window)


def _numbers(text: str) -> list[float] | None:
    """Return the finite numbers between commas; None when the text is a name."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None if text and "," not in text else []
    return numbers if all(math.isfinite(number) for number in numbers) else []


def _with_bits(choice: RenderingChoice, text: str) -> RenderingChoice:
    if text not in ("8", "16"):
        raise ConfigError(f'A picture has 8 or 16 bits. Received: "{text}".')
    return replace(choice, bits=int(text))


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)

"""The options that say how stored values become a picture, and the one text that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def rendering_options(command: Command) -> Command:
    """Add `--rendering NAME`, `--window C,W|PRESET` and `--bits 8|16`."""
    rendering = click.option(
        "--rendering", metavar="NAME", help="How stored values become a picture.  [default: window]"
    )
    window = click.option(
        "--window",
        metavar="C,W|PRESET",
        help="In place of the header's: 40,400 or bone, brain, lung, soft_tissue.",
    )
    bits = click.option(
        "--bits", type=click.Choice(["8", "16"]), help="Of a picture.  [default: the rendering's]"
    )
    return rendering(window(bits(command)))


def rendering_of(rendering: str | None, window: str | None, bits: str | None) -> str | None:
    """Return the text form of the three options; None when none of them was given."""
    from imaging.rendering import combine_rendering

    return combine_rendering(rendering=rendering, window=window, bits=int(bits) if bits else None)

"""The options of a rendering, as one text."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from cli.rendering_options import rendering_of, rendering_options
from foundation.errors import ConfigError


@click.command()
@rendering_options
def told(rendering: str | None, window: str | None, bits: str | None) -> None:
    """Print the text form."""
    click.echo(rendering_of(rendering, window, bits) or "")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], ""),
        (["--rendering", "full"], "full"),
        (["--rendering", "window:40,400@16"], "window:40,400@16"),
        (["--window", "-600,1500"], "window:-600,1500"),
        (["--window", "lung", "--bits", "16"], "window:lung@16"),
        (["--bits", "8"], "window"),
    ],
)
def test_options_become_one_text(words: list[str], text: str) -> None:
    """A centre may be negative; nothing given is left to the config."""
    assert CliRunner().invoke(told, words).output.strip() == text


def test_a_window_for_another_rendering_is_refused() -> None:
    """In one sentence."""
    with pytest.raises(ConfigError, match="Only the rendering"):
        rendering_of("full", "lung", None)

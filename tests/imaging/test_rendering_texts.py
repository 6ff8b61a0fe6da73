"""The text form of a rendering."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigError, UnknownNameError
from imaging.named_renderings import RENDERINGS
from imaging.rendering_texts import RenderingChoice, combine_rendering, parse_rendering
from imaging.windows import WINDOW_PRESETS, Window

NUMBERS = st.floats(-1e5, 1e5, allow_nan=False) | st.integers(-70000, 70000)
WIDTHS = st.floats(1, 1e6) | st.integers(1, 70000)


@given(center=NUMBERS, width=WIDTHS, bits=st.sampled_from([8, 16]))
def test_a_window_survives_its_text(center: float, width: float, bits: int) -> None:
    """What was asked for is read again to the last digit."""
    choice = RenderingChoice("window", Window(center=center, width=width), bits)
    assert parse_rendering(choice.text) == choice


@pytest.mark.parametrize("preset", WINDOW_PRESETS)
def test_a_preset_keeps_its_name_and_equals_its_numbers(preset: str) -> None:
    """The name is for people; pictures are the same."""
    choice = parse_rendering(f"window:{preset}")
    assert choice.text == f"window:{preset}"
    window = WINDOW_PRESETS[preset]
    assert choice == parse_rendering(f"window:{window.center},{window.width}")


@pytest.mark.parametrize("name", RENDERINGS)
def test_every_name_is_a_text(name: str) -> None:
    """Its own bits are not spelled out, others are."""
    own = RENDERINGS[name].bits
    assert parse_rendering(name).text == parse_rendering(f"{name}@{own}").text == name
    assert parse_rendering(f"{name}@{24 - own}").text == f"{name}@{24 - own}"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", UnknownNameError, "no rendering"),
        ("windw", UnknownNameError, 'Did you mean "window"'),
        ("window:lungs", UnknownNameError, 'no window preset "lungs". Did you mean "lung"'),
        ("window:", ConfigError, "centre and its width"),
        ("window:40", ConfigError, "centre and its width"),
        ("window:40,400,1", ConfigError, "centre and its width"),
        ("window:40,wide", ConfigError, "centre and its width"),
        ("window:40,inf", ConfigError, "centre and its width"),
        ("window:nan,4", ConfigError, "centre and its width"),
        ("window:40,0.5", ConfigError, "at least 1"),
        ("window:40,-1", ConfigError, "at least 1"),
        ("full:40,400", ConfigError, 'Only the rendering "window" takes a window'),
        ("window@", ConfigError, "8 or 16 bits"),
        ("window@12", ConfigError, "8 or 16 bits"),
    ],
)
def test_what_is_no_text_form_is_told(text: str, error: type[ConfigError], says: str) -> None:
    """With what was expected."""
    with pytest.raises(error, match=says):
        parse_rendering(text)


def test_options_make_one_text() -> None:
    """Name, window and bits together; nothing given is nothing said."""
    assert combine_rendering(rendering=None, window=None, bits=None) is None
    assert combine_rendering(rendering="full", window=None, bits=16) == "full@16"
    assert combine_rendering(rendering="window@16", window="-600, 1500", bits=None) == "window:-600,1500@16"
    assert combine_rendering(rendering="window:lung", window=None, bits=8) == "window:lung"
    with pytest.raises(ConfigError, match="Two windows"):
        combine_rendering(rendering="window:lung", window="bone", bits=None)
    with pytest.raises(ConfigError, match="Only the rendering"):
        combine_rendering(rendering="percentile", window="bone", bits=None)

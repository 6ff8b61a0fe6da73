"""Sex as it is written."""

from __future__ import annotations

import pytest

from imaging.sexes import clean_sex


@pytest.mark.parametrize(
    ("text", "letter"),
    [("M", "M"), ("weiblich", "F"), ("X", None), ("divers", "O"), ("", None), (None, None)],
)
def test_words_become_letters(text: str | None, letter: str | None) -> None:
    """Several languages; what is unknown stays unknown."""
    assert clean_sex(text) == letter

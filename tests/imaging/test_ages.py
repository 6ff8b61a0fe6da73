"""Ages as headers write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.ages import age_at, clean_age_years


@pytest.mark.parametrize(
    ("written", "years"),
    [
        ("060Y", 60.0),
        ("060", 60.0),
        ("60Y ", 60.0),
        ("60y\x00", 60.0),
        (57, 57.0),
        ("18M", 1.5),
        ("3W", 0.057),
        ("010D", 0.027),
        ("000Y", 0.0),
        ("089Y", 89.0),
        ("090Y", 90.0),
        ("104Y", 90.0),
        ("411Y", None),
        (411, None),
        (-1, None),
        (float("nan"), None),
        ("", None),
        ("   ", None),
        ("Y", None),
        ("six", None),
        ("12/05", None),
        (None, None),
        (True, None),
    ],
)
def test_an_age_is_years_or_unknown(written: str | float | None, years: float | None) -> None:
    """Impossible ages are unknown; over 89 all are 90, as few are that old."""
    assert clean_age_years(written) == years


@given(st.text(max_size=8) | st.floats() | st.integers())
def test_no_text_or_number_gives_more_than_90(written: str | float) -> None:
    """Whatever is written, nobody is recognisable by a great age."""
    years = clean_age_years(written)
    assert years is None or 0 <= years <= 90


@pytest.mark.parametrize(
    ("born", "years"),
    [
        (dt.date(1950, 6, 1), 69.0),
        (dt.date(1950, 5, 31), 70.0),
        (dt.date(1925, 1, 1), 90.0),
        (dt.date(1900, 1, 1), None),
        (dt.date(2021, 1, 1), None),
        (None, None),
    ],
)
def test_an_age_follows_from_two_dates(born: dt.date | None, years: float | None) -> None:
    """Fillers of registration systems and births after the study say nothing."""
    assert age_at(born, dt.date(2020, 5, 31)) == years

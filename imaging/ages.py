"""Ages as they stand in headers and tables, brought to years that give nobody away."""

from __future__ import annotations

import datetime as dt
import re

OLDEST_KEPT_YEARS = 90.0
"""Stands for every age over 89: the few who are that old could be found by it."""

_LARGEST_PLAUSIBLE_YEARS = 120.0
_DAYS_PER_YEAR = 365.25
# PS3.5 6.2, AS: three digits and one of D, W, M, Y. The unit is often missing: then it means years.
_AGE = re.compile(r"(\d{1,4})(?:[.,]0*)?\s*([DWMY]?)", re.IGNORECASE)
_UNITS_PER_YEAR = {"D": _DAYS_PER_YEAR, "W": _DAYS_PER_YEAR / 7, "M": 12.0, "Y": 1.0, "": 1.0}


def clean_age_years(value: str | float | None) -> float | None:
    """Return an age in years, 90 for all over 89, or None when it is blank or impossible.

    Args:
        value: an age string ("060Y", "18M"), or a number of years.

    Example:
        >>> clean_age_years("060Y"), clean_age_years("18M"), clean_age_years(57)
        (60.0, 1.5, 57.0)
        >>> clean_age_years("094Y"), clean_age_years("411Y"), clean_age_years("")
        (90.0, None, None)
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _limit(float(value))
    match = _AGE.fullmatch(value.strip("\x00 \t"))
    if match is None:
        return None
    return _limit(int(match[1]) / _UNITS_PER_YEAR[match[2].upper()])


def age_at(birth_date: dt.date | None, study_date: dt.date | None) -> float | None:
    """Return the whole years between two dates, treated like any other age.

    Birth dates up to 1 January 1900 are fillers of registration systems.

    Example:
        >>> age_at(dt.date(1950, 6, 1), dt.date(2010, 5, 31))
        59.0
    """
    if birth_date is None or study_date is None or birth_date <= dt.date(1900, 1, 1):
        return None
    had_birthday = (study_date.month, study_date.day) >= (birth_date.month, birth_date.day)
    return _limit(float(study_date.year - birth_date.year - (not had_birthday)))


def _limit(years: float) -> float | None:
    if not 0 <= years <= _LARGEST_PLAUSIBLE_YEARS:
        return None
    return OLDEST_KEPT_YEARS if years >= OLDEST_KEPT_YEARS else round(years, 3)

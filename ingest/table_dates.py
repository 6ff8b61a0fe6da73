"""Dates as tables write them: ISO and DICOM are understood, every other form has to be told.

`05.03.2024` and `05/03/2024` are two dates each, one in Europe and one in America. Nothing is guessed:
a cell is read in all forms that were told, and two different answers are none.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from foundation.errors import ConfigError

Outcome = Literal["read", "blank", "ambiguous", "no_date"]

_ZONE = r"(?:\s*(?:Z|[+-]\d{2}:?\d{2}))?"
_CLOCK = r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?" + _ZONE + ")?"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _CLOCK, re.IGNORECASE)
# PS3.5 6.2: DA and DT, the latter with an offset from UTC.
_DICOM = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(?:\.\d{1,6})?(?:[+-]\d{4})?)?")
_DAY_OR_MONTH_FIRST = re.compile(
    r"\d{1,2}\s*[./ -]\s*(?:\d{1,2}|[^\W\d_]{3,9})\.?,?\s*[./ -]\s*\d{2,4}(?!\d)"
    r"|[^\W\d_]{3,9}\.?\s+\d{1,2},?\s+\d{4}(?!\d)"
)


@dataclass(frozen=True, slots=True)
class ReadDate:
    """What a cell says.

    Attributes:
        outcome: `read`; `blank`; `ambiguous`: its form has to be told; `no_date`.
        date: as it is written, in whatever zone.
        time: of the day, where the cell has one.
    """

    outcome: Outcome
    date: dt.date | None = None
    time: dt.time | None = None


class DateForms:
    """The forms that dates of a table may have.

    Args:
        formats: as Python's `strptime` writes them (`%d.%m.%Y`), besides ISO and DICOM.

    Raises:
        ConfigError: a format without day, month and year.

    Example:
        >>> DateForms().read("20240305").date == DateForms().read("2024-03-05 12:30").date
        True
        >>> DateForms().read("05.03.2024").outcome
        'ambiguous'
        >>> DateForms(("%d.%m.%Y",)).read("05.03.2024").date
        datetime.date(2024, 3, 5)
    """

    def __init__(self, formats: Sequence[str] = ()) -> None:
        for text in formats:
            _check_format(text)
        self._formats = tuple(formats)

    def read(self, text: str) -> ReadDate:
        """Return what a cell says."""
        stripped = text.strip().strip("\x00").strip()
        if not stripped:
            return ReadDate("blank")
        readings = [found for found in (_read_year_first(stripped), *self._told(stripped)) if found]
        dates = {found.date() for found in readings}
        if len(dates) == 1:
            has_time = any(found.time() != dt.time() for found in readings) or ":" in stripped
            latest = max(readings)
            return ReadDate("read", latest.date(), latest.time() if has_time else None)
        is_unclear = len(dates) > 1 or (not self._formats and _DAY_OR_MONTH_FIRST.match(stripped) is not None)
        return ReadDate("ambiguous" if is_unclear else "no_date")

    def _told(self, text: str) -> list[dt.datetime]:
        found = []
        for form in self._formats:
            moment = _parse(text, form) or _parse_with_clock(text, form)
            if moment is not None:
                found.append(moment)
        return found


def _check_format(text: str) -> None:
    probe = dt.datetime(1987, 12, 31, 22, 33, 44)  # noqa: DTZ001 - a form has no zone
    try:
        is_whole = dt.datetime.strptime(probe.strftime(text), text).date() == probe.date()  # noqa: DTZ007
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ConfigError(
            "A date format names day, month and year as strptime does, such as %d.%m.%Y or %m/%d/%Y. "
            f"Received: {text}."
        )


def _read_year_first(text: str) -> dt.datetime | None:
    year_first = _YEAR_FIRST.fullmatch(text)
    if year_first is not None:
        year, _, *rest = year_first.groups()
        return _moment(year, *rest)
    dicom = _DICOM.fullmatch(text)
    return None if dicom is None else _moment(*dicom.groups())


def _moment(*parts: str | None) -> dt.datetime | None:
    try:
        return dt.datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _parse(text: str, form: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, form)  # noqa: DTZ007 - a cell has no zone
    except ValueError:
        return None


def _parse_with_clock(text: str, form: str) -> dt.datetime | None:
    """Read a cell whose format names the date alone, but which has a time after it."""
    day, _, clock = text.replace("T", " ").rpartition(" ")
    moment = _parse(day, form) if day else None
    if moment is None:
        return None
    for clock_form in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f"):
        time = _parse(clock, clock_form)
        if time is not None:
            return dt.datetime.combine(moment.date(), time.time())
    return None

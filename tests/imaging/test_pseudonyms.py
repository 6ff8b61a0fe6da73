"""Pseudonyms are stable, keyed, apart by purpose, and of the form that DICOM asks."""

from __future__ import annotations

import datetime as dt
import pickle
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.pseudonyms import LARGEST_DATE_SHIFT_DAYS, Pseudonymiser

ONE, TWO = Pseudonymiser(bytes(32)), Pseudonymiser(b"\x01" * 32)


@given(st.text(max_size=80))
def test_a_uid_becomes_a_valid_one_under_2_25(uid: str) -> None:
    """PS3.5 B.2: the decimal form of a UUID, at most 64 characters."""
    pseudonym = ONE.uid(uid)
    made = uuid.UUID(int=int(pseudonym.removeprefix("2.25.")))
    assert len(pseudonym) <= 64
    assert (made.version, made.variant) == (8, uuid.RFC_4122)


def test_pseudonyms_do_not_change_between_versions() -> None:
    """Rows of years are linked by them: these values are part of the contract."""
    assert ONE.uid("1.2.840.1") == "2.25.181732202540630389142147313130602684893"
    assert ONE.patient_key("A1") == "b94e925ab8c1628294425760d79b0e8e"
    assert ONE.date_shift_days("p") == -148


def test_another_key_gives_other_pseudonyms() -> None:
    """Without the key nothing can be recomputed."""
    assert ONE.uid("1.2.3") != TWO.uid("1.2.3")
    assert ONE.patient_key("A1") != TWO.patient_key("A1")


def test_purposes_are_apart() -> None:
    """Equal texts in two places give unrelated pseudonyms."""
    assert ONE.patient_key("77") != ONE.accession_key("77")
    assert ONE.uid("77") != ONE.content_uid("77")


@pytest.mark.parametrize("same", ["ab 12", " AB 12", "Ab  12\x00", "ab 12\x00\x00", "\uff41\uff42 12"])
def test_one_id_written_in_several_ways_is_one_patient(same: str) -> None:
    """Blanks, NULs, case and width of letters come from systems, not from people."""
    assert ONE.patient_key(same) == ONE.patient_key("AB 12")


@pytest.mark.parametrize("blank", [None, "", "  \x00", "unknown", "ANONYMOUS", "0000", "xxxx", "N/A"])
def test_an_unknown_id_is_nobody(blank: str | None) -> None:
    """All blank ids together would be one patient with everybody's images."""
    assert ONE.patient_key(blank) is None


def test_equal_ids_of_two_issuers_are_two_patients() -> None:
    """Numbers are given per hospital; how the issuer is written does not matter."""
    assert ONE.patient_key("1", "site a") != ONE.patient_key("1", "site b")
    assert ONE.patient_key("1", " SITE a\x00") == ONE.patient_key("1", "site a")


def test_an_issuer_cannot_be_shifted_into_the_id() -> None:
    """The two are separated by a byte that neither can hold."""
    assert ONE.patient_key("BC", "A") != ONE.patient_key("C", "AB")


@given(st.text(min_size=1))
def test_dates_are_always_moved_and_never_far(patient_key: str) -> None:
    """Zero days would leave the date in place."""
    days = ONE.date_shift_days(patient_key)
    assert days != 0
    assert abs(days) <= LARGEST_DATE_SHIFT_DAYS


def test_distances_between_dates_of_a_patient_stay() -> None:
    """Follow-up times are what shifted dates are kept for."""
    first, second = ONE.shift_date(dt.date(2020, 2, 28), "p"), ONE.shift_date(dt.date(2020, 3, 1), "p")
    assert first is not None
    assert second is not None
    assert (second - first).days == 2


def test_a_date_at_the_end_of_the_calendar_is_dropped() -> None:
    """9999-12-31 is a filler; it cannot be moved up."""
    keys = (f"p{n}" for n in range(20))
    assert None in {ONE.shift_date(dt.date(9999, 12, 31), key) for key in keys}


def test_a_pseudonymiser_travels_and_is_silent() -> None:
    """Workers get it by pickle; a log gets nothing."""
    assert pickle.loads(pickle.dumps(ONE)) == ONE
    assert repr(ONE) == "Pseudonymiser()"


def test_a_path_has_one_key_on_every_system() -> None:
    """The key depends on the source's name too."""
    assert ONE.path_key("s", "a/b.dcm") != ONE.path_key("t", "a/b.dcm")
    assert len(ONE.path_key("s", "a/b.dcm")) == 32

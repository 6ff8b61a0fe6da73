"""Patients as a person names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from database.pseudonym_keys import ensure_key
from database.runs import begin_run
from database.schema import Patient
from database.session import Database, transaction
from foundation.errors import ConfigError, IngestError
from imaging.pseudonyms import Pseudonymiser
from ingest.named_patients import find_named_patients, read_names

PSEUDONYMISER = Pseudonymiser(bytes(32))


def plant(database: Database, *patients: tuple[str, str]) -> None:
    """Make patients by id and issuer, and a run of two sources."""

    def work(session: object) -> None:
        ensure_key(session, bytes(32))  # type: ignore[arg-type]
        for name in ("one", "two"):
            begin_run(session, source_name=name, profile="research", config={})  # type: ignore[arg-type]
        for patient_id, issuer in patients:
            key = PSEUDONYMISER.patient_key(patient_id, issuer)
            session.add(Patient(patient_key=key))  # type: ignore[attr-defined]

    transaction(database, work)


def test_ids_come_from_arguments_and_from_a_file(tmp_path: Path) -> None:
    """One a line, blank lines and blanks at the ends are nothing; each counts once."""
    listed = tmp_path / "ids.txt"
    listed.write_text("\ufeffP2 \r\n\nP1\n", encoding="utf-8")
    assert read_names(["P1"], listed) == ["P1", "P2"]


@pytest.mark.parametrize("content", [b"", b" \n \n", b"\xff\xfe\x00"])
def test_a_list_of_nobody_is_refused(tmp_path: Path, content: bytes) -> None:
    """Blank, or no text."""
    listed = tmp_path / "ids.txt"
    listed.write_bytes(content)
    with pytest.raises(ConfigError):
        read_names([], listed)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_names([], tmp_path / "missing.txt")


def test_a_patient_is_found_by_id_in_any_source_and_by_key(database: Database) -> None:
    """The id is hashed as ingest hashes it: however it is written."""
    plant(database, ("P1", "two"), ("P2", "one"))
    key = PSEUDONYMISER.patient_key("P2", "one") or ""
    named = find_named_patients(database, [" p1 ", key], PSEUDONYMISER)
    assert len(named.families) == 2
    assert named.absent_keys == ()
    again = find_named_patients(database, ["P2", key], PSEUDONYMISER, source="one")
    assert len(again.families) == 1


def test_an_id_of_two_sources_needs_one_of_them(database: Database) -> None:
    """Equal ids of two hospitals are two people."""
    plant(database, ("P1", "one"), ("P1", "two"))
    with pytest.raises(ConfigError, match="Number 2 of the patients is known in 2 sources") as caught:
        find_named_patients(database, [PSEUDONYMISER.patient_key("P1", "one") or "", "P1"], PSEUDONYMISER)
    assert "P1" not in str(caught.value)
    assert len(find_named_patients(database, ["P1"], PSEUDONYMISER, source="two").families) == 1


def test_an_issuer_goes_before_a_source(database: Database) -> None:
    """Where the files name one, it was hashed."""
    plant(database, ("P1", "HOSPITAL"))
    assert (
        len(find_named_patients(database, ["P1"], PSEUDONYMISER, issuer="hospital", source="one").families)
        == 1
    )


def test_somebody_unknown_is_told_by_number(database: Database) -> None:
    """An id does not belong on a screen that others see."""
    plant(database, ("P1", "one"))
    with pytest.raises(IngestError, match=r"No row knows number 2, 3 of the patients") as caught:
        find_named_patients(database, ["P1", "SECRET-1", "SECRET-2"], PSEUDONYMISER)
    assert "SECRET" not in str(caught.value)


def test_somebody_unknown_of_a_known_source_is_blocked_in_advance(database: Database) -> None:
    """A patient may refuse before the first file comes."""
    plant(database)
    named = find_named_patients(database, ["P9"], PSEUDONYMISER, source="one")
    assert named.families == ()
    assert named.absent_keys == (PSEUDONYMISER.patient_key("P9", "one"),)


@pytest.mark.parametrize("placeholder", ["anonymous", "0000", "N/A"])
def test_a_placeholder_is_nobody(database: Database, placeholder: str) -> None:
    """Files with it were stored without a patient."""
    plant(database)
    with pytest.raises(ConfigError, match="Number 1 of the patients is no id"):
        find_named_patients(database, [placeholder], PSEUDONYMISER)

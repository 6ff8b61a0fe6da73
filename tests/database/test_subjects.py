"""Subjects found by what a table names them with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from database.batches import NewInstance
from database.schema import Instance, Patient
from database.session import Database, transaction
from database.subjects import (
    instances_by_name,
    instances_by_path,
    instances_of_rows,
    instances_of_source,
    known_instances,
    known_patients,
    known_studies,
    patient_keys,
    source_names,
    studies_by_accession,
)


@pytest.fixture
def stored(database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]) -> Database:
    """Give a database with three pictures of two patients in two sources."""
    store(make("2.25.1", name_key="n1", path="a", accession_key="acc"))
    store(
        make(
            "2.25.2", picture="q", name_key="n1", path="b", study_instance_uid="2.25.200", accession_key="acc"
        )
    )
    store(
        make(
            "2.25.3",
            picture="r",
            name_key="n2",
            path="a",
            patient_key="patient-b",
            study_instance_uid="2.25.300",
        ),
        source_name="tape",
    )
    return database


def merge(database: Database, alias: str, leading: str) -> None:
    """Make one patient an alias of another."""

    def work(session: Any) -> None:
        rows = {row.patient_key: row for row in session.scalars(select(Patient))}
        rows[alias].merged_into_id = rows[leading].id

    transaction(database, work)


def test_names_and_numbers_lead_to_subjects(stored: Database) -> None:
    """What is not there is not answered; an order may have two studies."""
    with stored.session() as session:
        assert known_instances(session, ["2.25.1", "2.25.9"]) == {"2.25.1": {"2.25.1"}}
        assert known_studies(session, ["2.25.200", "2.25.9"]) == {"2.25.200": {"2.25.200"}}
        assert studies_by_accession(session, ["acc", "none"]) == {"acc": {"2.25.100", "2.25.200"}}
        assert known_patients(session, ["patient-b", "none"]) == {"patient-b": {"patient-b"}}


def test_files_are_found_in_one_source_or_in_all(stored: Database, make_sha: Callable[[str], str]) -> None:
    """One name may fit several pictures."""
    with stored.session() as session:
        assert instances_by_name(session, ["n1", "n2"]) == {"n1": {"2.25.1", "2.25.2"}, "n2": {"2.25.3"}}
        assert instances_by_name(session, ["n2"], "disk") == {}
        place = make_sha("a")
        assert instances_by_path(session, [place]) == {place: {"2.25.1", "2.25.3"}}
        assert instances_by_path(session, [place], "tape") == {place: {"2.25.3"}}


def test_all_pictures_of_a_source_or_of_rows(stored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorted, each once, page by page."""
    monkeypatch.setattr("database.subjects.CHUNK", 1)
    with stored.session() as session:
        assert source_names(session) == ["disk", "tape"]
        assert list(instances_of_source(session, "disk")) == ["2.25.1", "2.25.2"]
        ids = session.scalars(select(Instance.id).where(Instance.sop_instance_uid != "2.25.2")).all()
        assert list(instances_of_rows(session, ids)) == ["2.25.1", "2.25.3"]


def test_merged_patients_are_one(stored: Database) -> None:
    """An alias leads to the patient that the merge list named; that one is known under both keys."""
    merge(stored, "patient-a", "patient-b")
    with stored.session() as session:
        assert known_patients(session, ["patient-a", "patient-b"]) == {
            "patient-a": {"patient-b"},
            "patient-b": {"patient-b"},
        }
        leading = session.scalars(select(Patient.id).where(Patient.patient_key == "patient-b")).one()
        assert patient_keys(session, [leading]) == {leading: ("patient-a", "patient-b")}

"""The working set of a selection."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from database.batches import NewInstance
from database.cohort_candidates import (
    CANDIDATE,
    CandidateCount,
    count_candidates,
    drop_instances,
    keep_instances,
    load_candidates,
    load_members,
    working_tables,
)
from database.cohorts import CohortSelection, create_cohort
from database.patients import PatientMerge, merge_patients
from database.schema import Instance
from database.session import Database, transaction

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]


@pytest.fixture
def filled(database: Database, store: Store, make: Make) -> Database:
    """Give five pictures: two of a patient, one of an alias, one of nobody, one without a study."""
    store(
        make("2.25.1", picture="1", study_instance_uid="s1", series_instance_uid="e1"),
        make("2.25.2", picture="2", study_instance_uid="s2", series_instance_uid="e2"),
        make("2.25.3", picture="3", study_instance_uid="s3", series_instance_uid="e3", patient_key="alias"),
        make("2.25.4", picture="4", study_instance_uid="s4", series_instance_uid="e4", patient_key=None),
        make("2.25.5", picture="5", study_instance_uid=None, series_instance_uid=None, patient_key=None),
    )
    merges = [PatientMerge("alias", "patient-a", 1)]
    transaction(database, lambda session: merge_patients(session, merges, shift_days=lambda _: 0))
    return database


def uids(session: Session) -> set[str]:
    """Return the UIDs of the candidates, by their last digit."""
    return {uid.removeprefix("2.25.") for uid in session.scalars(select(CANDIDATE.c.sop_instance_uid))}


def ids(session: Session) -> dict[str, int]:
    """Return row ids by the last digit of the UID."""
    rows = session.execute(select(Instance.sop_instance_uid, Instance.id))
    return {uid.removeprefix("2.25."): row_id for uid, row_id in rows}


def test_candidates_are_loaded_counted_and_narrowed(filled: Database) -> None:
    """An alias is the patient that it leads to; nobody's pictures are no patient."""
    with filled.session() as session, working_tables(session):
        load_candidates(session, unit="image", instance_ids=None)
        assert count_candidates(session) == CandidateCount(
            num_images=5, num_patients=1, num_studies=4, num_patient_unknown=2
        )
        known = ids(session)
        keep_instances(session, [known["1"], known["3"], known["5"], 999])
        assert uids(session) == {"1", "3", "5"}
        drop_instances(session, [known["5"], 999])
        assert uids(session) == {"1", "3"}


def test_only_current_pictures_are_loaded_by_id(filled: Database) -> None:
    """Ids that name no picture, or an older version, are passed over; conditions hold besides."""
    with filled.session(writes=True) as session, working_tables(session):
        known = ids(session)
        session.execute(text("UPDATE instance SET status = 'superseded' WHERE sop_instance_uid = '2.25.2'"))
        load_candidates(session, unit="image", instance_ids=[known["1"], known["2"], known["4"], 999])
        assert uids(session) == {"1", "4"}
    with filled.session() as session, working_tables(session):
        load_candidates(
            session, unit="image", instance_ids=None, conditions=[Instance.sop_instance_uid > "2.25.3"]
        )
        assert uids(session) == {"4", "5"}


@pytest.mark.parametrize(("unit", "number"), [("image", 5), ("study", 5), ("patient", 3)])
def test_units_of_unknown_patients_are_their_studies_or_themselves(
    filled: Database, unit: str, number: int
) -> None:
    """So unknown patients never become one."""
    with filled.session() as session, working_tables(session):
        load_candidates(session, unit=unit, instance_ids=None)  # type: ignore[arg-type]
        units = session.scalars(select(CANDIDATE.c.unit_id)).all()
    assert len(set(units)) == number


def test_members_are_loaded_whatever_became_of_them(filled: Database) -> None:
    """Also when another version has taken their place."""
    cohort = transaction(filled, lambda session: create_cohort(session, CohortSelection(name="all")))
    with filled.session(writes=True) as session, working_tables(session):
        session.execute(text("UPDATE instance SET status = 'superseded' WHERE sop_instance_uid = '2.25.2'"))
        load_members(session, cohort.id, unit="image")
        assert uids(session) == {"1", "2", "3", "4", "5"}


def test_nothing_of_the_working_tables_stays(filled: Database) -> None:
    """Neither after an end nor after an error; the same connection can begin anew, in one transaction."""
    before = _table_names(filled)
    with filled.session(writes=True) as session:
        session.execute(text("INSERT INTO patient (patient_key) VALUES ('new')"))
        for _ in range(2):
            with pytest.raises(LookupError):
                _fail_within(session)
        with pytest.raises(DBAPIError), working_tables(session):
            session.execute(text("SELECT nothing FROM patient"))
        session.rollback()
        with working_tables(session):
            assert count_candidates(session).num_images == 0
    assert _table_names(filled) == before
    with filled.session() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM patient WHERE patient_key = 'new'")) == 0


def _fail_within(session: Session) -> None:
    with working_tables(session):
        load_candidates(session, unit="image", instance_ids=None)
        raise LookupError


def _table_names(database: Database) -> list[str]:
    with database.session() as session:
        return sorted(inspect(session.connection()).get_table_names())

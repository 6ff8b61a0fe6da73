"""The pictures of a cohort, by what is frozen of them."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert, select

from database.cohort_pictures import (
    CohortPicture,
    cohort_pictures,
    count_withdrawn,
    instances_by_id,
    studies_of,
)
from database.schema import Cohort, CohortMember, Instance
from database.session import Database, transaction


def freeze(database: Database, labels: dict[str, dict[str, str]], *, num_withdrawn: int = 0) -> int:
    """Make a cohort of instances by UID; return its row id."""

    def make(session) -> int:
        cohort = Cohort(
            cohort_uuid="c" * 36,
            name="all",
            version=1,
            selection={},
            task="body_part",
            label_policy={},
            step_counts={},
            num_withdrawn=num_withdrawn,
            fingerprint="0" * 64,
        )
        session.add(cohort)
        session.flush()
        for uid, values in labels.items():
            instance_id = session.scalar(select(Instance.id).where(Instance.sop_instance_uid == uid))
            row = {"cohort_id": cohort.id, "instance_id": instance_id, "labels": values}
            session.execute(insert(CohortMember).values(row))
        return cohort.id

    return transaction(database, make)


def test_members_come_by_uid_with_what_was_frozen(database: Database, store: Callable, make) -> None:
    """Labels that are present, sorted; the version and patient of the row."""
    store(make("2.25.2", picture="q", patient_key=None), make("2.25.1", number_of_frames=3))
    cohort_id = freeze(
        database, {"2.25.2": {"B": "1", "A": "1"}, "2.25.1": {"C": "0", "D": "uncertain"}}, num_withdrawn=4
    )
    with database.session() as session:
        first, second = cohort_pictures(session, cohort_id)
        assert count_withdrawn(session, cohort_id) == 4
        assert list(cohort_pictures(session, cohort_id + 1)) == []
        assert count_withdrawn(session, cohort_id + 1) == 0
    assert isinstance(first, CohortPicture)
    assert (first.sop_instance_uid, first.version, first.number_of_frames) == ("2.25.1", 1, 3)
    assert (first.labels, second.labels) == ((), ("A", "B"))
    assert (first.patient_key, second.patient_key) == ("patient-a", None)


def test_more_members_than_one_page(database: Database, store: Callable, make, monkeypatch) -> None:
    """Every one once, whatever the page."""
    monkeypatch.setattr("database.cohort_pictures._AT_ONCE", 2)
    uids = [f"2.25.{number}" for number in range(1, 6)]
    store(*(make(uid, picture=uid) for uid in uids))
    cohort_id = freeze(database, {uid: {"A": "1"} for uid in uids})
    with database.session() as session:
        assert [one.sop_instance_uid for one in cohort_pictures(session, cohort_id)] == uids


def test_rows_are_found_by_id_whatever_their_status(database: Database, store: Callable, make) -> None:
    """A version that was superseded since can still be rendered."""
    store(make("2.25.1", header="before"))
    store(make("2.25.1", header="after", view_position="PA"))
    with database.session() as session:
        ids = list(session.scalars(select(Instance.id)))
        rows = instances_by_id(session, [*ids, 10**9])
    assert {row.status for row in rows.values()} == {"current", "superseded"}
    assert sorted(rows) == sorted(ids)


def test_studies_are_told_of_those_that_have_one(database: Database, store: Callable, make) -> None:
    """On every database; pictures without a study, and unknown ones, are left out."""
    plain = make("2.25.3", picture="r", study_instance_uid=None, series_instance_uid=None)
    store(make("2.25.1"), make("2.25.2", picture="q"), plain)
    with database.session() as session:
        found = studies_of(session, ["2.25.1", "2.25.2", "2.25.3", "2.25.4"])
        assert studies_of(session, []) == {}
    assert found.keys() == {"2.25.1", "2.25.2"}
    assert len(set(found.values())) == 1

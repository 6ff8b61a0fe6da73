"""Freezing members."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, select, update

from database.batches import NewFrame, NewInstance, NewReading
from database.cohort_members import cohort_members
from database.cohorts import CohortSelection, cohort_table, create_cohort, get_cohort
from database.labels import add_readings
from database.pictures import frame_hashes
from database.schema import Cohort, CohortMember, Instance
from database.session import Database, transaction
from foundation.fingerprints import fingerprint


def test_the_fingerprint_is_that_of_the_members(
    database: Database,
    store: Callable[..., list[str]],
    make: Callable[..., NewInstance],
    make_sha: Callable[[str], str],
) -> None:
    """Made piece by piece, it equals the one over the whole list: UIDs, frame hashes in order, labels."""
    frames = tuple(
        NewFrame(number, b"PNG", "png", "uint16", 0, make_sha(f"frame {number}")) for number in (2, 1)
    )
    store(make("2.25.9", picture="b"), make("2.25.10", picture="a", number_of_frames=2, frames=frames))
    readings = [
        NewReading("finding", "Mässe", value, "ana", subject_key=uid)
        for uid, value in (("2.25.9", "1"), ("2.25.10", "0"))
    ]
    transaction(database, lambda session: add_readings(session, readings))
    selection = CohortSelection(name="x", task="finding", label_policy="multiple")
    record = transaction(database, lambda session: create_cohort(session, selection))
    with database.session() as session:
        members = list(cohort_members(session, record.id))
        hashes = frame_hashes(session, [member.instance_id for member in members])
    assert record.fingerprint == fingerprint(
        sorted(
            [member.sop_instance_uid, hashes[member.instance_id], dict(member.label_values)]
            for member in members
        )
    )
    assert [member.sop_instance_uid for member in members] == ["2.25.10", "2.25.9"]


def test_a_table_is_counted_anew_when_members_left(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """Or when the cohort is of before there were tables; else it stays what it was."""
    parts = ("CHEST", "HAND", "HAND")
    store(*(make(f"2.25.{n}", picture=str(n), body_part=part) for n, part in enumerate(parts)))
    record = transaction(database, lambda session: create_cohort(session, CohortSelection(name="x")))

    def reclean(session: object) -> None:
        database_session = session
        database_session.execute(update(Instance).values(modality="DX"))  # type: ignore[attr-defined]

    transaction(database, reclean)
    with database.session() as session:
        table, is_frozen = cohort_table(session, record)
    assert (is_frozen, _modalities(table)) == (True, ["CR"])
    gone = select(Instance.id).where(Instance.sop_instance_uid == "2.25.1").scalar_subquery()
    transaction(
        database,
        lambda session: session.execute(delete(CohortMember).where(CohortMember.instance_id == gone)),
    )
    with database.session() as session:
        table, is_frozen = cohort_table(session, get_cohort(session, "x"))
    assert (is_frozen, table.num_images, _modalities(table)) == (False, 2, ["DX"])
    assert {one.class_name: one.num_images for one in table.labels} == {"CHEST": {"1": 1}, "HAND": {"1": 1}}
    transaction(database, lambda session: session.execute(update(Cohort).values(characteristics=None)))
    with database.session() as session:
        assert cohort_table(session, get_cohort(session, "x")) == (table, False)


def _modalities(table: object) -> list[str]:
    found = {one.name: one for one in table.characteristics}  # type: ignore[attr-defined]
    return [value.value for value in found["modality"].values]

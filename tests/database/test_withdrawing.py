"""Deleting a patient: everything goes, and nothing of anybody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, text

from database.batches import NewFrame, NewReading
from database.labels import add_readings
from database.pixel_stores import ensure_store, place_pictures
from database.product_tables import Prediction, Product, SplitMember, SplitPlan
from database.schema import (
    Cohort,
    CohortMember,
    Instance,
    InstanceIdentity,
    Label,
    NearDuplicate,
    Patient,
    Pixels,
    RiskClearing,
    Study,
    Withdrawal,
)
from database.session import Database, transaction
from database.withdrawals import find_families, lay_tombstones
from database.withdrawing import INSTANCES_AT_ONCE, delete_family

KEY, OTHER = "0" * 31 + "1", "0" * 31 + "2"


def withdraw(database: Database, key: str = KEY) -> Any:
    """Delete a patient as the door does."""
    with database.session() as session:
        family = find_families(session, [key])[key]
    transaction(database, lambda session: lay_tombstones(session, ["tombstone"]))
    return delete_family(database, family, tombstone_key="tombstone", advance=lambda _: None)


def count(database: Database, entity: Any, *conditions: Any) -> int:
    """Return how many rows there are."""
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(entity).where(*conditions)) or 0


def dump(database: Database) -> str:
    """Return every value of every table."""
    with database.session() as session:
        tables = inspect(session.connection()).get_table_names()
        return "\n".join(
            str(tuple(row)) for table in tables for row in session.execute(text(f"SELECT * FROM {table}"))
        )


@pytest.fixture
def stocked(database: Database, store: Any, make: Any, make_sha: Any) -> Database:
    """Two patients with rows of every kind, one picture shared."""
    store(
        make("2.25.11", picture="a", patient_key=KEY, study_instance_uid="2.25.101", identifiers={"n": "v"}),
        make("2.25.12", picture="shared", patient_key=KEY, study_instance_uid="2.25.101"),
        make(
            "2.25.21",
            picture="b",
            patient_key=OTHER,
            study_instance_uid="2.25.201",
            series_instance_uid="2.25.202",
        ),
        make(
            "2.25.22",
            picture="shared",
            patient_key=OTHER,
            study_instance_uid="2.25.201",
            series_instance_uid="2.25.202",
        ),
    )
    subjects = [("instance", "2.25.11"), ("study", "2.25.101"), ("patient", KEY), ("instance", "2.25.21")]
    readings = [NewReading("t", "c", "1", "ana", level, key) for level, key in subjects]

    def work(session: Any) -> None:
        add_readings(session, readings)
        ids = dict(session.execute(select(Instance.sop_instance_uid, Instance.id)).all())
        condition = f"patient_key = '{KEY}' OR sop_instance_uid = '2.25.21'"
        cohort = Cohort(
            cohort_uuid="c" * 36,
            name="all",
            version=1,
            selection={"where": condition},
            task="t",
            label_policy={},
            step_counts={},
            fingerprint="f",
        )
        plan = SplitPlan(plan_uuid="s" * 36, name="main", scheme={})
        session.add_all([cohort, plan, Product(**_product("p" * 36))])
        session.flush()
        session.add_all(CohortMember(cohort_id=cohort.id, instance_id=row, labels={}) for row in ids.values())
        session.add_all(_members(plan.id, make_sha))
        session.add_all(_predictions(ids, make_sha))
        session.add(NearDuplicate(**_pair(make_sha)))
        session.add(RiskClearing(selection={"where": condition}, cleared_by="x", reason="y", num_instances=0))

    transaction(database, work)
    return database


def _product(uuid: str) -> dict[str, Any]:
    return {"product_uuid": uuid, "kind": "predictions", "config": {}, "fingerprint": "f", "versions": {}}


def _members(plan_id: int, make_sha: Any) -> list[SplitMember]:
    nodes = [("patient", KEY), ("study", "2.25.101"), ("pixels", make_sha("a")), ("patient", OTHER)]
    nodes.append(("pixels", make_sha("shared")))
    return [
        SplitMember(split_plan_id=plan_id, repeat_number=1, node_kind=kind, node_key=key, split_name="train")
        for kind, key in nodes
    ]


def _predictions(ids: dict[str, int], make_sha: Any) -> list[Prediction]:
    named = [
        (ids["2.25.11"], "2.25.11", None),
        (None, "2.25.11", None),
        (None, None, make_sha("a")),
        (None, None, make_sha("shared")),
        (ids["2.25.21"], "2.25.21", None),
    ]
    return [
        Prediction(
            product_uuid="p" * 36,
            artifact_uuid="a" * 36,
            instance_id=row_id,
            sop_instance_uid=uid,
            frame_sha256=sha,
            frame_number=1,
            predicted_class=0,
            predicted_name="c",
            probability=1.0,
            probabilities={},
        )
        for row_id, uid, sha in named
    ]


def _pair(make_sha: Any) -> dict[str, Any]:
    first, second = sorted([make_sha("a"), make_sha("b")])
    return {"first_sha256": first, "second_sha256": second, "distance": 1, "status": "candidate"}


def test_everything_of_the_patient_goes(stocked: Database, make_sha: Any) -> None:
    """No key, UID or hash of a picture is left in any table, also in recorded conditions."""
    withdraw(stocked)
    left = dump(stocked)
    for gone in (KEY, "2.25.11", "2.25.12", "2.25.101", make_sha("a")):
        assert gone not in left
    assert "patient_key = 'withdrawn' OR sop_instance_uid = '2.25.21'" in left.replace("\\'", "'")


def test_nothing_of_anybody_else_goes(stocked: Database, make_sha: Any) -> None:
    """Not the shared picture either."""
    withdraw(stocked)
    assert count(stocked, Instance) == 2
    assert count(stocked, Patient, Patient.patient_key == OTHER) == 1
    assert count(stocked, Study) == 1
    assert count(stocked, Label) == 1
    assert count(stocked, Prediction) == 2
    assert count(stocked, SplitMember) == 2
    assert count(stocked, Pixels, Pixels.stored_values_sha256 == make_sha("shared")) == 1
    assert (count(stocked, InstanceIdentity), count(stocked, NearDuplicate)) == (0, 0)


def test_cohorts_and_the_tombstone_count(stocked: Database) -> None:
    """The cohort says how many members left; its fingerprint stays that of the whole."""
    deleted = withdraw(stocked)
    assert (deleted.num_instances, deleted.num_pixels, deleted.num_labels, deleted.num_predictions) == (
        2,
        1,
        3,
        3,
    )
    with stocked.session() as session:
        cohort = session.scalars(select(Cohort)).one()
        assert (cohort.num_withdrawn, cohort.fingerprint) == (2, "f")
        assert session.scalars(select(Withdrawal.num_instances)).one() == 2
    assert count(stocked, CohortMember) == 2


def test_a_study_with_another_patients_files_stays_and_forgets(
    database: Database, store: Any, make: Any
) -> None:
    """Whose accession number and shifted date it was is gone."""
    store(make("2.25.1", patient_key=KEY, accession_key="e" * 32, study_year=2019))
    store(make("2.25.2", picture="q", patient_key=OTHER, series_instance_uid="2.25.7"))
    withdraw(database)
    with database.session() as session:
        study = session.scalars(select(Study)).one()
        assert (study.patient_id, study.accession_key, study.study_year) == (None, None, None)
    assert "e" * 32 not in dump(database)


def test_a_cut_withdrawal_goes_on(database: Database, store: Any, make: Any, monkeypatch: Any) -> None:
    """The patient's own row goes last, so that the second call finds the rest."""
    import database.withdrawing as module

    number = INSTANCES_AT_ONCE + 5
    store(*(make(f"2.25.{n}", picture=f"p{n}", patient_key=KEY) for n in range(number)))
    monkeypatch.setattr(module, "delete_patient", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        withdraw(database)
    assert count(database, Instance) == 0
    assert count(database, Patient) == 1
    monkeypatch.undo()
    withdraw(database)
    assert count(database, Patient) == 0
    with database.session() as session:
        assert session.scalars(select(Withdrawal.num_instances)).one() == number


def test_pictures_outside_the_database_go_too(
    database: Database, run_id: int, make: Any, make_sha: Any, tmp_path: Path
) -> None:
    """Only those that no other row names."""
    from database.instances import store_instances

    frames = {
        name: (NewFrame(1, f"PNG {name}".encode(), "png", "uint16", 0, make_sha(name)),) for name in "ab"
    }
    batch = [
        make("2.25.1", picture="a", patient_key=KEY, frames=frames["a"]),
        make("2.25.2", picture="b", patient_key=OTHER, frames=frames["b"]),
    ]
    kept = transaction(database, lambda session: ensure_store(session, str(tmp_path / "pixels")))
    batch = place_pictures(database, kept, batch)
    transaction(
        database, lambda session: store_instances(session, run_id=run_id, source_name="disk", batch=batch)
    )
    assert len(list((tmp_path / "pixels").rglob("*.png"))) == 2
    withdraw(database)
    left = [path.read_bytes() for path in (tmp_path / "pixels").rglob("*.png")]
    assert left == [b"PNG b"]

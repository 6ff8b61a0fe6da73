"""Instances by id and by UID."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from database.batches import NewInstance
from database.instance_rows import instance_row, instance_versions
from database.schema import Instance
from database.session import Database


def test_a_current_instance_is_found_by_its_id(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """With header, patient and what rendering needs; an unknown id finds nothing."""
    store(make("2.25.1", decoder="native", transfer_syntax_uid="1.2.840.10008.1.2.1"))
    with database.session() as session:
        instance_id = session.scalars(select(Instance.id)).one()
        row = instance_row(session, instance_id)
        assert instance_row(session, instance_id + 1) is None
    assert row is not None
    assert (row.instance_id, row.sop_instance_uid, row.patient_key) == (instance_id, "2.25.1", "patient-a")
    assert (row.decoder, row.transfer_syntax_uid) == ("native", "1.2.840.10008.1.2.1")
    assert row.rendering == {"window": [40.0, 400.0]}


def test_every_version_is_found_by_uid(
    database: Database, store: Callable[..., list[str]], make: Callable[..., NewInstance]
) -> None:
    """The newest first; one that was superseded has no id in the view `image`, but is still there."""
    store(make("2.25.1"))
    store(make("2.25.1", header="corrected", path="other"))
    store(make("2.25.2", picture="q", patient_key=None))
    with database.session() as session:
        versions = instance_versions(session, ["2.25.1", "2.25.2", "2.25.3", "2.25.1"])
        old = versions["2.25.1"][-1]
        assert instance_row(session, old.instance_id) is None
    assert {uid: [row.version for row in rows] for uid, rows in versions.items()} == {
        "2.25.1": [2, 1],
        "2.25.2": [1],
    }
    assert [row.status for row in versions["2.25.1"]] == ["current", "superseded"]
    assert versions["2.25.2"][0].patient_key is None

"""Tombstones, families, and what is held of a patient."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select, update

from database.pseudonym_keys import ensure_key
from database.schema import Patient
from database.session import Database, transaction
from database.withdrawals import (
    count_held,
    find_families,
    instances_of_patients,
    lay_tombstones,
    source_names_of_runs,
    withdrawn_among,
)


def lay(database: Database, *keys: str) -> int:
    """Lay tombstones in a transaction."""
    return transaction(database, lambda session: lay_tombstones(session, keys))


def laid(database: Database, *keys: str) -> set[str]:
    """Return which tombstones are there."""
    return transaction(database, lambda session: withdrawn_among(session, keys))


def merge(database: Database, old: str, new: str) -> None:
    """Make one patient an alias of another."""

    def work(session: Any) -> None:
        end = session.scalar(select(Patient.id).where(Patient.patient_key == new))
        session.execute(update(Patient).where(Patient.patient_key == old).values(merged_into_id=end))

    transaction(database, work)


def test_a_tombstone_is_laid_once(database: Database) -> None:
    """The second call says that nothing was new."""
    assert lay(database, "a", "b") == 2
    assert lay(database, "b", "c") == 1
    assert laid(database, "a", "c", "d") == {"a", "c"}
    assert laid(database) == set()


def test_a_patient_is_all_that_a_merge_list_joined(database: Database, store: Any, make: Any) -> None:
    """By any of its keys."""
    store(make("2.25.1", patient_key="k1"), make("2.25.2", picture="q", patient_key="k2"))
    merge(database, "k1", "k2")
    with database.session() as session:
        families = find_families(session, ["k1", "k2", "nobody"])
        assert set(families) == {"k1", "k2"}
        assert families["k1"] == families["k2"]
        assert families["k1"].patient_keys == ("k1", "k2")
        assert len(instances_of_patients(session, families["k1"].patient_ids)) == 2
        assert source_names_of_runs(session) == ["disk"]


def test_files_without_an_id_in_the_patients_study_are_counted_in(
    database: Database, store: Any, make: Any
) -> None:
    """Their study says whose they are; another patient's file in it says otherwise itself."""
    store(make("2.25.1", patient_key="k1"))
    store(make("2.25.2", picture="q", patient_key=None), make("2.25.3", picture="r", patient_key="k2"))
    with database.session() as session:
        family = find_families(session, ["k1"])["k1"]
        held = count_held(session, family)
        assert (held.num_instances, held.num_studies, held.num_series) == (2, 1, 1)
        assert (held.num_pixels, held.num_pixels_shared) == (2, 0)


def test_a_picture_that_others_show_is_told(database: Database, store: Any, make: Any) -> None:
    """It will stay."""
    store(make("2.25.1", patient_key="k1"), make("2.25.2", header="i", patient_key="k2"))
    with database.session() as session:
        held = count_held(session, find_families(session, ["k1"])["k1"])
    assert (held.num_pixels, held.num_pixels_shared) == (0, 1)


@pytest.mark.mysql
def test_a_tombstone_waits_for_who_stores_and_is_seen_by_who_comes_after(mysql_url: str) -> None:
    """No file slips in between: the lock on the key's row orders them."""
    from database.session import open_database

    order: list[str] = []
    reading, free = threading.Event(), threading.Event()

    def storing(session: Any) -> None:
        order.append(f"stores, sees {sorted(withdrawn_among(session, ['t']))}")
        reading.set()
        free.wait(10)
        order.append("stored")

    with open_database(mysql_url) as one, open_database(mysql_url) as other:
        transaction(one, lambda session: ensure_key(session, bytes(32)))
        thread = threading.Thread(target=lambda: transaction(one, storing))
        thread.start()
        assert reading.wait(10)
        withdrawing = threading.Thread(target=lambda: (lay(other, "t"), order.append("laid")))
        withdrawing.start()
        withdrawing.join(0.3)
        assert withdrawing.is_alive()
        free.set()
        thread.join(10)
        withdrawing.join(10)
        assert order == ["stores, sees []", "stored", "laid"]
        assert laid(one, "t") == {"t"}

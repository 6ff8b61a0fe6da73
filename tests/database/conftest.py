"""Small instances, and the databases that the tests of this room share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from database.batches import NewFrame, NewInstance
from database.runs import begin_run
from database.session import Database, open_database, transaction


def sha(text: str) -> str:
    """Return a SHA-256 for a word."""
    return hashlib.sha256(text.encode()).hexdigest()


def small_instance(
    uid: str = "2.25.1", *, picture: str = "p", header: str = "h", **values: Any
) -> NewInstance:
    """Return an instance with one frame, told apart by short words."""
    path = values.pop("path", f"{uid}/{picture}/{header}")
    frames = values.pop(
        "frames", (NewFrame(1, f"PNG of {picture}".encode(), "png", "uint16", 0, sha(picture)),)
    )
    chosen: dict[str, Any] = {
        "path_key": sha(path),
        "file_sha256": sha(f"{uid}/{picture}/{header}/file"),
        "num_bytes": 1000,
        "sop_instance_uid": uid,
        "kind": "dicom",
        "stored_values_sha256": sha(picture),
        "attributes_sha256": sha(header),
        "frames": frames,
        "study_instance_uid": "2.25.100",
        "series_instance_uid": "2.25.101",
        "patient_key": "patient-a",
        "modality": "CR",
        "body_part": "CHEST",
        "height": 4,
        "width": 5,
        "attributes": {"kvp": 120.5, "note": "ü"},
        "rendering": {"window": [40.0, 400.0]},
        "decoder": "none",
    }
    return NewInstance(**{**chosen, **values})


@pytest.fixture
def make() -> Callable[..., NewInstance]:
    """Give the maker of small instances."""
    return small_instance


@pytest.fixture
def make_sha() -> Callable[[str], str]:
    """Give the maker of hashes."""
    return sha


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give an open, empty database."""
    with open_database(database_url) as opened:
        yield opened


@pytest.fixture
def run_id(database: Database) -> int:
    """Give the row id of an open ingest run."""
    return transaction(
        database, lambda session: begin_run(session, source_name="disk", profile="research", config={})
    )


@pytest.fixture
def store(database: Database, run_id: int) -> Callable[..., list[str]]:
    """Give a function that stores instances in one transaction and returns their dispositions."""
    from database.instances import store_instances

    def stored(*batch: NewInstance, source_name: str = "disk") -> list[str]:
        return transaction(
            database,
            lambda session: list(
                store_instances(session, run_id=run_id, source_name=source_name, batch=batch)
            ),
        )

    return stored

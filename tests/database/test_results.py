"""Instances and rejected files stored together."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from database.batches import NewInstance, NewRejectedFile
from database.results import store_results
from database.schema import RejectedFile, Source
from database.session import Database, transaction


def rejected(path_key: str) -> NewRejectedFile:
    """Return a file that gave no instance."""
    return NewRejectedFile(
        path_key=path_key,
        file_sha256="",
        num_bytes=0,
        disposition="rejected",
        reason_code="empty_file",
        detail="The file is empty.",
    )


def test_each_file_ends_in_its_place(
    database: Database, run_id: int, make: Callable[..., NewInstance]
) -> None:
    """Rejected files between instances do not shift whose disposition is whose."""
    results = [rejected("r1"), make("2.25.1"), rejected("r2"), make("2.25.1", path="again"), make("2.25.2")]
    ends = transaction(
        database,
        lambda session: store_results(session, run_id=run_id, source_name="disk", results=results),
    )
    assert ends == [
        ("rejected", "empty_file"),
        ("stored", ""),
        ("rejected", "empty_file"),
        ("resent", ""),
        ("stored", ""),
    ]
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 3
        assert session.scalar(select(func.count()).select_from(RejectedFile)) == 2

"""Ingest runs."""

from __future__ import annotations

from sqlalchemy import select

from database.runs import begin_run, finish_run
from database.schema import IngestRun
from database.session import Database, transaction


def test_a_run_is_open_until_it_is_finished(database: Database) -> None:
    """A run that was cut short keeps its end and its counts empty."""
    config = {"profile": "strict"}
    run_ids = [
        transaction(
            database,
            lambda session: begin_run(session, source_name="disk", profile="strict", config=config),
        )
        for _ in range(2)
    ]
    transaction(database, lambda session: finish_run(session, run_ids[0], {"stored": 3}))
    with database.session() as session:
        done, cut = session.scalars(select(IngestRun).order_by(IngestRun.id)).all()
    assert (done.counts, done.config) == ({"stored": 3}, config)
    assert done.finished_at is not None
    assert done.finished_at >= done.started_at
    assert (cut.counts, cut.finished_at) == (None, None)
    assert done.run_uuid != cut.run_uuid
    assert "python" in done.versions

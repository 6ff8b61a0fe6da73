"""Ingest runs: which call brought which rows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from database.columns import utc_now
from database.schema import IngestRun
from foundation.versions import installed_versions


def begin_run(
    session: Session, *, source_name: str, profile: str, config: Mapping[str, Any], kind: str = "ingest"
) -> int:
    """Open a run and return its row id.

    Args:
        session: in a transaction; commit it before the first batch, so that workers see the run.
        source_name: the name of the source, at most 64 characters.
        profile: the privacy profile.
        config: the door's config as plain values, without paths.
        kind: one of `database.schema.RUN_KINDS`.
    """
    run = IngestRun(
        run_uuid=str(uuid.uuid4()),
        kind=kind,
        source_name=source_name,
        profile=profile,
        config=dict(config),
        counts=None,
        versions=installed_versions(),
    )
    session.add(run)
    session.flush()
    return run.id


def finish_run(session: Session, run_id: int, counts: Mapping[str, int]) -> None:
    """Close a run with its counts by disposition."""
    session.execute(
        update(IngestRun).where(IngestRun.id == run_id).values(counts=dict(counts), finished_at=utc_now())
    )


def keep_counts(session: Session, run_id: int, counts: Mapping[str, int]) -> None:
    """Write how far a run has come; it stays open."""
    session.execute(update(IngestRun).where(IngestRun.id == run_id).values(counts=dict(counts)))

"""Where a cohort's flow begins: the files that were received until it was frozen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.cohorts import CohortRecord
from database.schema import RejectedFile, Source


def count_received(session: Session, record: CohortRecord) -> dict[str, int]:
    """Return the files that had been received when a cohort was frozen, by how they ended.

    Files of patients who withdrew since are gone from it.

    Args:
        session: for reading.
        record: the cohort; one of before its files were noted counts all that are there.
    """
    stored = _count(session, Source.disposition, Source.id, record.last_source_id)
    return stored | _count(session, RejectedFile.disposition, RejectedFile.id, record.last_rejected_id)


def _count(
    session: Session,
    disposition: InstrumentedAttribute[str],
    row_id: InstrumentedAttribute[Any],
    last: int | None,
) -> dict[str, int]:
    query = select(disposition, func.count()).group_by(disposition).order_by(disposition)
    return dict(session.execute(query if last is None else query.where(row_id <= last)).all())

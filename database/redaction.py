"""Taking keys out of recorded texts: a selection or a config may name a patient that has left."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from database.product_tables import Product, SplitPlan
from database.schema import Cohort, IngestRun, RiskClearing

REDACTED = "withdrawn"

_TEXTS: tuple[InstrumentedAttribute[Any], ...] = (
    Cohort.selection,
    Cohort.label_policy,
    Cohort.step_counts,
    IngestRun.config,
    Product.config,
    RiskClearing.selection,
    SplitPlan.scheme,
)
_KEY = re.compile(r"\b[0-9a-f]{32}\b|\b2\.25\.\d+\b")


def redact_texts(session: Session, gone: set[str]) -> int:
    """Put a word in the place of keys and UIDs in what rows recorded; return how many rows changed.

    Args:
        session: in a transaction.
        gone: patient keys, accession keys and pseudonymous UIDs.
    """
    return sum(_redact_column(session, column, gone) for column in _TEXTS)


def without_keys(text: str, gone: set[str]) -> str:
    """Return a text with each of the keys replaced.

    Example:
        >>> without_keys("uid = '2.25.17' OR uid = '2.25.4'", {"2.25.17"})
        "uid = 'withdrawn' OR uid = '2.25.4'"
    """
    return _KEY.sub(lambda match: REDACTED if match[0] in gone else match[0], text)


def _redact_column(session: Session, column: InstrumentedAttribute[Any], gone: set[str]) -> int:
    primary = inspect(column.class_).primary_key[0]
    changed = 0
    for row_id, value in session.execute(select(primary, column)).all():
        before = json.dumps(value)
        after = without_keys(before, gone)
        if after != before:
            statement = update(column.class_).where(primary == row_id).values({column.key: json.loads(after)})
            session.execute(statement.execution_options(synchronize_session=False))
            changed += 1
    return changed

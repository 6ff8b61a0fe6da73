"""The columns that revision 0002 adds to tables of revision 0001."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from database.columns import BIG_INTEGER, PLAIN, exact_text
from migrations.steps import AddedColumn

_CLEANED = ("modality", "view_position", "image_laterality")


def _provenance(column: str) -> tuple[AddedColumn, ...]:
    types: dict[str, TypeEngine[Any]] = {
        "raw": exact_text(64),
        "rule": exact_text(64),
        "confidence": sa.Double(),
    }
    return tuple(AddedColumn("instance", f"{column}_{word}", type_) for word, type_ in types.items())


ADDED = (
    AddedColumn("ingest_run", "kind", exact_text(16), default="ingest"),
    AddedColumn("patient", "merged_into_id", BIG_INTEGER, refers_to="patient", has_index=True),
    AddedColumn("patient", "merged_shift_days", sa.Integer(), default="0"),
    AddedColumn("patient", "merge_stated_key", exact_text(64)),
    *(column for name in _CLEANED for column in _provenance(name)),
    AddedColumn("instance", "cleaning_sources", PLAIN),
    AddedColumn("instance", "site_code", exact_text(16), has_index=True),
    AddedColumn("instance", "detected_text", exact_text(16)),
    AddedColumn("instance", "risk_clearing_id", BIG_INTEGER, refers_to="risk_clearing", has_index=True),
    AddedColumn("source", "name_key", exact_text(64), has_index=True),
    AddedColumn("pixels", "pixel_store_id", BIG_INTEGER, refers_to="pixel_store", has_index=True),
    AddedColumn("cohort", "num_withdrawn", sa.Integer(), default="0"),
)
"""In the order in which they are added; those that refer to a table come after it was made."""

"""Cohort queries: indexes that answer alone, the view `image` without idle joins, a cohort's table."""

from __future__ import annotations

from alembic import op

from database.columns import PLAIN
from migrations.steps import (
    AddedColumn,
    add_columns,
    create_index_once,
    create_views,
    drop_columns,
    drop_index_once,
    drop_views,
)
from migrations.views_0002 import views_of as views_before
from migrations.views_0004 import views_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ADDED = (AddedColumn("cohort", "characteristics", PLAIN),)
_INDEXES = {
    "ix_instance_of_body_part": (
        *("status", "body_part", "modality", "view_position", "patient_sex", "patient_age_years"),
        *("study_year", "patient_id", "series_id"),
    ),
    "ix_instance_of_modality": (
        *("status", "modality", "body_part", "view_position", "study_year", "patient_id", "series_id"),
    ),
}
_INDEXES_BEFORE = {
    "ix_instance_body_part_modality_view_position": ("body_part", "modality", "view_position"),
    "ix_instance_modality_body_part": ("modality", "body_part"),
    "ix_instance_status": ("status",),
}


def upgrade() -> None:
    """Make the indexes in place of those that they begin with, the column, and the views anew."""
    dialect_name = op.get_bind().dialect.name
    drop_views(views_before(dialect_name))
    _swap_indexes(_INDEXES, _INDEXES_BEFORE)
    add_columns(_ADDED)
    create_views(views_of(dialect_name))


def downgrade() -> None:
    """Bring the older indexes and views back; the tables of cohorts are lost and can be counted again."""
    dialect_name = op.get_bind().dialect.name
    drop_views(views_of(dialect_name))
    drop_columns(_ADDED)
    _swap_indexes(_INDEXES_BEFORE, _INDEXES)
    create_views(views_before(dialect_name))


def _swap_indexes(made: dict[str, tuple[str, ...]], dropped: dict[str, tuple[str, ...]]) -> None:
    for name, columns in made.items():
        create_index_once(op.f(name), "instance", columns)
    for name in dropped:
        drop_index_once(op.f(name), "instance")

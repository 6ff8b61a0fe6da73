"""Hospital ingest: merged patients, provenance, cleared risks, withdrawals, pixel stores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from database.columns import BIG_INTEGER, MOMENT, PLAIN, exact_text
from migrations.columns_0002 import ADDED
from migrations.steps import (
    TABLE_OPTIONS,
    add_columns,
    create_index_once,
    create_views,
    drop_columns,
    drop_index_once,
    drop_tables,
    drop_views,
)
from migrations.views_0001 import VIEWS as VIEWS_BEFORE
from migrations.views_0002 import views_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = ("instance_identity", "near_duplicate", "pixel_store", "risk_clearing", "withdrawal")


def upgrade() -> None:
    """Make the tables, then the columns, then the views anew."""
    drop_views(VIEWS_BEFORE)
    _create_risk_clearing()
    _create_instance_identity()
    _create_withdrawal()
    _create_pixel_store()
    _create_near_duplicate()
    add_columns(ADDED)
    create_index_once(op.f("ix_pixels_address"), "pixels", ["address"])
    create_views(views_of(op.get_bind().dialect.name))


def downgrade() -> None:
    """Bring the older tables and views back; what only the dropped ones held is lost."""
    drop_views(VIEWS_BEFORE)
    drop_index_once(op.f("ix_pixels_address"), "pixels")
    drop_columns(ADDED)
    drop_tables(_TABLES)
    create_views(VIEWS_BEFORE)


def _create_risk_clearing() -> None:
    op.create_table(
        "risk_clearing",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("selection", PLAIN, nullable=False),
        sa.Column("cleared_by", exact_text(64), nullable=False),
        sa.Column("reason", sa.String(255), nullable=False),
        sa.Column("num_instances", BIG_INTEGER, nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=False),
        sa.Column("undone_by", exact_text(64), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_clearing")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def _create_instance_identity() -> None:
    op.create_table(
        "instance_identity",
        sa.Column("instance_id", BIG_INTEGER, nullable=False),
        sa.Column("identifiers", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_instance_identity")),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["instance.id"],
            name=op.f("fk_instance_identity_instance_id"),
            ondelete="CASCADE",
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def _create_withdrawal() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("tombstone_key", exact_text(64), nullable=False),
        sa.Column("num_instances", BIG_INTEGER, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("tombstone_key", name=op.f("uq_withdrawal_tombstone_key")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def _create_pixel_store() -> None:
    op.create_table(
        "pixel_store",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("url", exact_text(255), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pixel_store")),
        sa.UniqueConstraint("url", name=op.f("uq_pixel_store_url")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def _create_near_duplicate() -> None:
    op.create_table(
        "near_duplicate",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("first_sha256", exact_text(64), nullable=False),
        sa.Column("second_sha256", exact_text(64), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("status", exact_text(16), nullable=False),
        sa.Column("decided_by", exact_text(64), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_near_duplicate")),
        sa.UniqueConstraint(
            "first_sha256", "second_sha256", name=op.f("uq_near_duplicate_first_sha256_second_sha256")
        ),
        sa.CheckConstraint(
            "status IN ('candidate', 'confirmed', 'refuted')", name=op.f("ck_near_duplicate_status")
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_near_duplicate_second_sha256"), "near_duplicate", ["second_sha256"])
    create_index_once(op.f("ix_near_duplicate_status"), "near_duplicate", ["status"])

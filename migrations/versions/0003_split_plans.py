"""Split plans: named, sticky assignments of patients and pictures to splits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from database.columns import BIG_INTEGER, MOMENT, PLAIN, exact_text
from migrations.steps import TABLE_OPTIONS, drop_tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "split_plan",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("plan_uuid", exact_text(36), nullable=False),
        sa.Column("name", exact_text(64), nullable=False),
        sa.Column("scheme", PLAIN, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_split_plan")),
        sa.UniqueConstraint("name", name=op.f("uq_split_plan_name")),
        sa.UniqueConstraint("plan_uuid", name=op.f("uq_split_plan_plan_uuid")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    op.create_table(
        "split_member",
        sa.Column("split_plan_id", BIG_INTEGER, nullable=False),
        sa.Column("repeat_number", sa.Integer(), nullable=False),
        sa.Column("node_kind", exact_text(16), nullable=False),
        sa.Column("node_key", exact_text(64), nullable=False),
        sa.Column("split_name", exact_text(16), nullable=False),
        sa.Column("assigned_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "split_plan_id", "repeat_number", "node_kind", "node_key", name=op.f("pk_split_member")
        ),
        sa.ForeignKeyConstraint(
            ["split_plan_id"],
            ["split_plan.id"],
            name=op.f("fk_split_member_split_plan_id"),
            ondelete="CASCADE",
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    """Drop both tables: the assignments are lost."""
    drop_tables(("split_member", "split_plan"))

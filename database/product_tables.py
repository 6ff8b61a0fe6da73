"""The tables of products: what was made from pictures, by what, and what came of it."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from database.columns import (
    Base,
    BigCount,
    Moment,
    Number,
    Plain,
    ProductUuid,
    RowId,
    Sha256,
    Term,
    Uid,
    Word,
    exact_text,
)
from database.schema import Instance


class SplitPlan(Base):
    """A named way to divide patients, shared by all cohorts of the database."""

    __tablename__ = "split_plan"

    id: Mapped[RowId]
    plan_uuid: Mapped[ProductUuid] = mapped_column(unique=True)
    name: Mapped[Term] = mapped_column(unique=True)
    scheme: Mapped[Plain]
    created_at: Mapped[Moment]


class SplitMember(Base):
    """One thing that pictures share and the split it was given; append-only, so nobody moves.

    `node_kind` says what it is (`patient`, `study`, `pixels`, or a column whose values stay whole), and
    `node_key` its key or hash. `repeat_number` counts repeated folds, from 1.
    """

    __tablename__ = "split_member"

    split_plan_id: Mapped[BigCount] = mapped_column(
        ForeignKey("split_plan.id", ondelete="CASCADE"), primary_key=True
    )
    repeat_number: Mapped[int] = mapped_column(primary_key=True)
    node_kind: Mapped[Word] = mapped_column(primary_key=True)
    node_key: Mapped[Term] = mapped_column(primary_key=True)
    split_name: Mapped[Word]
    assigned_at: Mapped[Moment]


class Product(Base):
    """One product folder, as its `lineage.json` tells it."""

    __tablename__ = "product"

    product_uuid: Mapped[ProductUuid] = mapped_column(primary_key=True)
    kind: Mapped[Word] = mapped_column(index=True)
    config: Mapped[Plain]
    fingerprint: Mapped[Sha256]
    versions: Mapped[Plain]
    created_at: Mapped[Moment]


class ProductParent(Base):
    """One product made from another; the parent may be a cohort, or known elsewhere only."""

    __tablename__ = "product_parent"

    product_uuid: Mapped[ProductUuid] = mapped_column(
        ForeignKey("product.product_uuid", ondelete="CASCADE"), primary_key=True
    )
    parent_uuid: Mapped[ProductUuid] = mapped_column(primary_key=True, index=True)


class Prediction(Base):
    """What one artifact said of one picture, known by its instance or else by its pixels' hash."""

    __tablename__ = "prediction"

    id: Mapped[RowId]
    product_uuid: Mapped[ProductUuid] = mapped_column(
        ForeignKey("product.product_uuid", ondelete="CASCADE"), index=True
    )
    artifact_uuid: Mapped[ProductUuid] = mapped_column(index=True)
    instance_id: Mapped[BigCount | None] = mapped_column(
        ForeignKey(Instance.id, ondelete="CASCADE"), index=True
    )
    sop_instance_uid: Mapped[Uid | None]
    frame_number: Mapped[int]
    frame_sha256: Mapped[Sha256 | None]
    predicted_class: Mapped[int]
    predicted_name: Mapped[Term]
    probability: Mapped[Number]
    probabilities: Mapped[Plain]


class EvaluationRead(Base):
    """One read of a split's labels for evaluation: who looked at the test set, and how often."""

    __tablename__ = "evaluation_read"

    id: Mapped[RowId]
    product_uuid: Mapped[ProductUuid] = mapped_column(
        ForeignKey("product.product_uuid", ondelete="CASCADE"), index=True
    )
    artifact_uuid: Mapped[ProductUuid] = mapped_column(index=True)
    records_uuid: Mapped[ProductUuid] = mapped_column(index=True)
    split_name: Mapped[str] = mapped_column(exact_text(16))
    num_records: Mapped[int]
    read_at: Mapped[Moment]

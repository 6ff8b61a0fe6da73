"""The tables of products."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from database.product_tables import Product, ProductParent, SplitMember, SplitPlan
from database.session import Database, transaction
from database.split_plans import ensure_plan, settle_nodes


def test_what_hangs_on_a_product_goes_with_it(database: Database) -> None:
    """Its parents' rows; a parent may be known elsewhere only."""

    def make(session):  # type: ignore[no-untyped-def]
        product = Product(product_uuid="a", kind="export", config={}, fingerprint="f" * 64, versions={})
        session.add(product)
        session.flush()
        session.add(ProductParent(product_uuid="a", parent_uuid="elsewhere"))
        session.flush()
        session.delete(product)
        session.flush()
        return session.scalar(select(func.count()).select_from(ProductParent))

    assert transaction(database, make) == 0


def test_members_of_a_plan_go_with_it(database: Database) -> None:
    """Nothing is left that could be taken for another plan's."""
    plan_id = transaction(database, lambda session: ensure_plan(session, "main", {}).id)
    transaction(database, lambda session: settle_nodes(session, plan_id, {("patient", "a"): "test"}))

    def drop(session):  # type: ignore[no-untyped-def]
        session.delete(session.get(SplitPlan, plan_id))
        session.flush()
        return session.scalar(select(func.count()).select_from(SplitMember))

    assert transaction(database, drop) == 0


@pytest.mark.parametrize("table", [Product, SplitPlan])
def test_every_table_of_products_has_a_key(table: type) -> None:
    """As plain rows."""
    assert list(table.__table__.primary_key)  # type: ignore[attr-defined]

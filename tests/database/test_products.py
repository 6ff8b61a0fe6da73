"""Products."""

from __future__ import annotations

from sqlalchemy import select

from database.product_tables import Product
from database.products import parents_of, register_product
from database.session import Database, transaction
from foundation.lineage import Lineage


def test_a_product_is_kept_once_with_its_parents(database: Database) -> None:
    """Registering it again changes nothing."""
    lineage = Lineage(kind="records", parents=("b", "a", "a"), config={"seed": 1}, fingerprint="f" * 64)
    assert transaction(database, lambda session: register_product(session, lineage))
    assert not transaction(database, lambda session: register_product(session, lineage))
    with database.session() as session:
        product = session.scalars(select(Product)).one()
        assert parents_of(session, lineage.product_uuid) == ("a", "b")
    assert (product.kind, product.config, product.fingerprint) == ("records", {"seed": 1}, "f" * 64)
    assert product.created_at == lineage.created_at.replace(tzinfo=None)

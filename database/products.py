"""Products: the lineage of every product folder, as rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.bulk import insert_rows
from database.product_tables import Product, ProductParent
from foundation.lineage import Lineage


def register_product(session: Session, lineage: Lineage) -> bool:
    """Keep a product and its parents; one that is known already changes nothing.

    Args:
        session: in a transaction.
        lineage: as the folder's `lineage.json` says it.

    Returns:
        Whether it was new.
    """
    known = session.scalar(select(Product.product_uuid).where(Product.product_uuid == lineage.product_uuid))
    if known is not None:
        return False
    values = lineage.model_dump(mode="json")
    row = {name: values[name] for name in ("product_uuid", "kind", "config", "fingerprint", "versions")}
    moment = lineage.created_at
    created_at = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    insert_rows(session, Product, [{**row, "created_at": created_at}])
    parents = [
        {"product_uuid": lineage.product_uuid, "parent_uuid": parent}
        for parent in sorted(set(lineage.parents))
    ]
    insert_rows(session, ProductParent, parents)
    return True


def product_config(session: Session, product_uuid: str) -> Mapping[str, Any] | None:
    """Return the config that made a product; None of one that is not known here."""
    return session.scalar(select(Product.config).where(Product.product_uuid == product_uuid))


def parents_of(session: Session, product_uuid: str) -> tuple[str, ...]:
    """Return the uuids of what a product was made from, sorted."""
    query = select(ProductParent.parent_uuid).where(ProductParent.product_uuid == product_uuid)
    return tuple(sorted(session.scalars(query)))

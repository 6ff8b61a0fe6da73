"""What was made from what: the products that descend from cohorts or from other products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.bulk import chunks
from database.product_tables import Prediction, Product, ProductParent


@dataclass(frozen=True, slots=True)
class Descendant:
    """One product that descends from what was asked for.

    Attributes:
        distance: 1 for what was made from it directly, 0 for itself.
    """

    product_uuid: str
    kind: str
    created_at: datetime
    distance: int


def descendants_of(session: Session, uuids: Iterable[str]) -> list[Descendant]:
    """Return every product made from cohorts or products, over any number of steps; the nearest first.

    Args:
        session: for reading.
        uuids: of cohorts and products; they themselves are left out.
    """
    roots = set(uuids)
    distances: dict[str, int] = {}
    front, distance = roots, 0
    while front:
        distance += 1
        front = _children(session, front) - roots - distances.keys()
        distances.update(dict.fromkeys(front, distance))
    found = _products(session, distances)
    return sorted(found, key=lambda one: (one.distance, one.created_at, one.product_uuid))


def products_of(session: Session, uuids: Iterable[str]) -> list[Descendant]:
    """Return products by their uuids, at distance 0."""
    return _products(session, dict.fromkeys(uuids, 0))


def predictions_on(session: Session, instance_ids: Iterable[int]) -> set[str]:
    """Return the uuids of the predictions products that hold a row for one of some instances."""
    found: set[str] = set()
    for some in chunks(instance_ids):
        query = select(Prediction.product_uuid).where(Prediction.instance_id.in_(some)).distinct()
        found.update(session.scalars(query))
    return found


def _products(session: Session, distances: Mapping[str, int]) -> list[Descendant]:
    found: list[Descendant] = []
    for some in chunks(distances):
        query = select(Product.product_uuid, Product.kind, Product.created_at)
        for uuid, kind, created_at in session.execute(query.where(Product.product_uuid.in_(some))):
            found.append(Descendant(uuid, kind, created_at, distances[uuid]))
    return found


def _children(session: Session, uuids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(uuids):
        query = select(ProductParent.product_uuid).where(ProductParent.parent_uuid.in_(some))
        found.update(session.scalars(query))
    return found

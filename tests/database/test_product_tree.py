"""What was made from what."""

from __future__ import annotations

from database.product_tables import Prediction, Product, ProductParent
from database.product_tree import descendants_of, predictions_on, products_of
from database.session import Database, transaction


def plant(database: Database, **parents: str) -> None:
    """Make products of one letter, each with the letters of its parents."""

    def work(session: object) -> None:
        for name in parents:
            session.add(  # type: ignore[attr-defined]
                Product(product_uuid=name, kind="export", config={}, fingerprint="f", versions={})
            )
        session.flush()  # type: ignore[attr-defined]
        session.add_all(  # type: ignore[attr-defined]
            ProductParent(product_uuid=name, parent_uuid=parent)
            for name, letters in parents.items()
            for parent in letters
        )

    transaction(database, work)


def test_all_that_descends_is_found_once(database: Database) -> None:
    """Over any number of steps and by several ways; what others made is not."""
    plant(database, a="c", b="a", d="ab", e="x")
    with database.session() as session:
        found = descendants_of(session, ["c"])
    assert [(one.product_uuid, one.distance) for one in found] == [("a", 1), ("b", 2), ("d", 2)]


def test_a_circle_ends(database: Database) -> None:
    """Rows written by hand can say anything."""
    plant(database, a="cb", b="a")
    with database.session() as session:
        assert {one.product_uuid for one in descendants_of(session, ["c"])} == {"a", "b"}
        assert descendants_of(session, []) == []


def test_a_product_is_found_by_itself_and_by_its_predictions(database: Database, store, make) -> None:  # type: ignore[no-untyped-def]
    """Predictions on pictures that no cohort held."""
    store(make())
    plant(database, p="")

    def work(session: object) -> int:
        from sqlalchemy import select

        from database.schema import Instance

        row_id = session.scalars(select(Instance.id)).one()  # type: ignore[attr-defined]
        session.add(  # type: ignore[attr-defined]
            Prediction(
                product_uuid="p",
                artifact_uuid="m",
                instance_id=row_id,
                frame_number=1,
                predicted_class=0,
                predicted_name="c",
                probability=1.0,
                probabilities={},
            )
        )
        return int(row_id)

    row_id = transaction(database, work)
    with database.session() as session:
        assert predictions_on(session, [row_id]) == {"p"}
        assert [one.product_uuid for one in products_of(session, ["p", "unknown"])] == ["p"]

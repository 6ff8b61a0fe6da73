"""Predictions and reads of a split."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from database.batches import NewInstance
from database.predictions import PredictionRow, record_evaluation_read, store_predictions
from database.product_tables import Prediction
from database.products import register_product
from database.schema import Instance
from database.session import Database, transaction
from foundation.lineage import Lineage


def said(uid: str | None, frame_sha256: str | None, *, name: str = "x.png") -> PredictionRow:
    """Return a prediction."""
    return PredictionRow(uid, 1, frame_sha256, name, ("FOOT", "HAND"), (0.25, 0.75), 1)


def test_a_prediction_finds_its_instance(
    database: Database,
    store: Callable[..., list[str]],
    make: Callable[..., NewInstance],
    make_sha: Callable[[str], str],
) -> None:
    """By UID to the current version, by the picture's hash, or not at all; names of files are not kept."""
    store(make("2.25.1", picture="p"), make("2.25.1", picture="p", header="h2"), make("2.25.2", picture="q"))
    rows = [
        said("2.25.1", None),
        said(None, make_sha("q"), name="Doe^John.png"),
        said(None, "0" * 64),
        said("2.25.77", make_sha("q")),
    ]
    lineage = Lineage(kind="predictions", fingerprint="f")
    arguments = {"lineage": lineage, "artifact_uuid": "artifact", "predictions": rows}
    assert store_predictions(database, **arguments) == 4  # type: ignore[arg-type]
    assert store_predictions(database, **arguments) == 0  # type: ignore[arg-type]
    with database.session() as session:
        current = dict(
            session.execute(
                select(Instance.sop_instance_uid, Instance.id).where(Instance.status == "current")
            ).all()
        )
        found = session.scalars(select(Prediction).order_by(Prediction.id)).all()
    ids = [current["2.25.1"], current["2.25.2"], None, current["2.25.2"]]
    assert [row.instance_id for row in found] == ids
    assert (found[0].predicted_name, found[0].probability) == ("HAND", 0.75)
    assert found[0].probabilities == {"FOOT": 0.25, "HAND": 0.75}
    assert not any("Doe" in str(vars(row)) for row in found)


def test_reads_of_a_split_are_counted(database: Database) -> None:
    """Each look at the test split is one row."""
    lineage = Lineage(kind="report", fingerprint="f")
    transaction(database, lambda session: register_product(session, lineage))

    def read(split_name: str) -> int:
        return transaction(
            database,
            lambda session: record_evaluation_read(
                session,
                product_uuid=lineage.product_uuid,
                artifact_uuid="a",
                records_uuid="r",
                split_name=split_name,
                num_records=10,
            ),
        )

    assert [read("test"), read("validation"), read("test")] == [1, 1, 2]

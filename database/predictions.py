"""Predictions and reads of a test split, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.bulk import chunks, insert_rows
from database.columns import utc_now
from database.product_tables import EvaluationRead, Prediction
from database.products import register_product
from database.schema import Frame, Instance
from database.session import Database, transaction
from foundation.lineage import Lineage


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """What an artifact said of one picture.

    Attributes:
        sop_instance_uid: the pseudonymous one; None for a bare picture file.
        frame_number: from 1.
        frame_sha256: of the stored values, when they are known.
        image_name: the file's name; it may name a person and is not stored.
        class_names: in index order.
        probabilities: in the order of `class_names`.
        predicted_class: an index into `class_names`.
    """

    sop_instance_uid: str | None
    frame_number: int
    frame_sha256: str | None
    image_name: str
    class_names: Sequence[str]
    probabilities: Sequence[float]
    predicted_class: int


def store_predictions(
    database: Database, *, lineage: Lineage, artifact_uuid: str, predictions: Sequence[PredictionRow]
) -> int:
    """Keep a predictions product with its rows, in one transaction.

    Args:
        database: the open database.
        lineage: of the predictions; a product whose rows are there already adds nothing.
        artifact_uuid: what made them.
        predictions: one a picture.

    Returns:
        How many rows were added.

    Raises:
        DatabaseError: the database cannot be written to.
    """

    def work(session: Session) -> int:
        register_product(session, lineage)
        known = select(func.count()).where(Prediction.product_uuid == lineage.product_uuid)
        if session.scalar(known):
            return 0
        by_uid = _current_by_uid(session, {row.sop_instance_uid for row in predictions})
        unnamed = {row.frame_sha256 for row in predictions if row.sop_instance_uid not in by_uid}
        by_frame = _current_by_frame(session, unnamed)
        rows = []
        for row in predictions:
            instance_id = by_uid.get(row.sop_instance_uid) or by_frame.get(row.frame_sha256)
            rows.append(
                _values(row, instance_id)
                | {"product_uuid": lineage.product_uuid, "artifact_uuid": artifact_uuid}
            )
        insert_rows(session, Prediction, rows)
        return len(rows)

    return transaction(database, work)


def record_evaluation_read(
    session: Session,
    *,
    product_uuid: str,
    artifact_uuid: str,
    records_uuid: str,
    split_name: str,
    num_records: int,
) -> int:
    """Note that the labels of a split were read for an evaluation.

    Args:
        session: in a transaction; the report's product is registered first.
        product_uuid: the report.
        artifact_uuid: what was evaluated.
        records_uuid: the record set.
        split_name: train, validation or test.
        num_records: how many records were read.

    Returns:
        How often that split has been read, this time included.
    """
    row = {
        "product_uuid": product_uuid,
        "artifact_uuid": artifact_uuid,
        "records_uuid": records_uuid,
        "split_name": split_name,
        "num_records": num_records,
        "read_at": utc_now(),
    }
    insert_rows(session, EvaluationRead, [row])
    reads = select(func.count()).where(
        EvaluationRead.records_uuid == records_uuid, EvaluationRead.split_name == split_name
    )
    return session.scalar(reads) or 0


def _values(row: PredictionRow, instance_id: int | None) -> dict[str, object]:
    probabilities = [float(value) for value in row.probabilities]
    return {
        "instance_id": instance_id,
        "sop_instance_uid": row.sop_instance_uid,
        "frame_number": row.frame_number,
        "frame_sha256": row.frame_sha256,
        "predicted_class": int(row.predicted_class),
        "predicted_name": row.class_names[row.predicted_class],
        "probability": probabilities[row.predicted_class],
        "probabilities": dict(zip(row.class_names, probabilities, strict=True)),
    }


def _current_by_uid(session: Session, uids: Iterable[str | None]) -> dict[str | None, int]:
    found: dict[str | None, int] = {}
    for some in chunks(uid for uid in uids if uid):
        query = select(Instance.sop_instance_uid, Instance.id).where(
            Instance.status == "current", Instance.sop_instance_uid.in_(some)
        )
        found.update((uid, row_id) for uid, row_id in session.execute(query))
    return found


def _current_by_frame(session: Session, shas: Iterable[str | None]) -> dict[str | None, int]:
    found: dict[str | None, int] = {}
    for some in chunks(sha for sha in shas if sha):
        query = (
            select(Frame.stored_values_sha256, Instance.id)
            .join(Instance, Instance.id == Frame.instance_id)
            .where(Instance.status == "current", Frame.stored_values_sha256.in_(some))
            .order_by(Instance.sop_instance_uid)
        )
        for sha, row_id in session.execute(query):
            # Of two instances with the same picture, the first by UID: the same in every database.
            found.setdefault(sha, row_id)
    return found

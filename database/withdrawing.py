"""Deleting a patient: pictures, rows and readings, a piece at a time, until nothing leads to the patient.

Each piece is a transaction of its own, so that 10^5 instances block nobody for long; the patient's row
goes last, so a run that was cut short can be done again and finds the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from database.bulk import chunks
from database.pixel_stores import StoredObject, delete_unreferenced_pixels, remove_objects
from database.product_tables import Prediction, SplitMember
from database.redaction import redact_texts
from database.schema import (
    Cohort,
    CohortMember,
    Frame,
    Instance,
    Label,
    NearDuplicate,
    Patient,
    Pixels,
    Series,
    Study,
)
from database.session import Database, transaction
from database.withdrawals import PatientFamily, count_on_tombstone, instances_of_patients
from foundation.execution import batched

INSTANCES_AT_ONCE = 500


@dataclass(slots=True)
class Deleted:
    """What was deleted so far, and what later pieces need to know of it.

    Attributes:
        sop_instance_uids: of instances that are gone in every version.
        frame_shas: of pictures that are gone.
        series_ids: whose instances were deleted; they may be empty now.
        objects: pictures outside the database that no row names any more.
    """

    num_instances: int = 0
    num_pixels: int = 0
    num_labels: int = 0
    num_predictions: int = 0
    sop_instance_uids: set[str] = field(default_factory=set)
    frame_shas: set[str] = field(default_factory=set)
    series_ids: set[int] = field(default_factory=set)
    objects: tuple[StoredObject, ...] = ()

    def add(self, piece: Deleted) -> None:
        """Add what another piece deleted."""
        self.num_instances += piece.num_instances
        self.num_pixels += piece.num_pixels
        self.num_labels += piece.num_labels
        self.num_predictions += piece.num_predictions
        self.sop_instance_uids |= piece.sop_instance_uids
        self.frame_shas |= piece.frame_shas
        self.series_ids |= piece.series_ids
        self.objects += piece.objects


def delete_family(
    database: Database, family: PatientFamily, *, tombstone_key: str, advance: Callable[[int], None]
) -> Deleted:
    """Delete a patient whole; done again after a crash it goes on.

    Args:
        database: open; the patient's tombstones are laid.
        family: the patient under all its keys.
        tombstone_key: of one of the keys; it counts the instances.
        advance: told of each piece of instances.

    Raises:
        DatabaseError: a piece could not be deleted; what was deleted before stays deleted.
    """
    with database.session() as session:
        ids = instances_of_patients(session, family.patient_ids)
    deleted = Deleted()
    for some in batched(ids, INSTANCES_AT_ONCE):
        piece = transaction(database, partial(_delete_piece, ids=some, tombstone_key=tombstone_key))
        remove_objects(database, piece.objects)
        deleted.add(piece)
        advance(len(some))
    deleted.add(transaction(database, partial(delete_patient, family=family, deleted=deleted)))
    return deleted


def _delete_piece(session: Session, *, ids: Sequence[int], tombstone_key: str) -> Deleted:
    piece = delete_instances(session, ids)
    count_on_tombstone(session, tombstone_key, piece.num_instances)
    return piece


def delete_instances(session: Session, instance_ids: Sequence[int]) -> Deleted:
    """Delete instances with everything that is theirs alone.

    Args:
        session: in a transaction.
        instance_ids: some hundred row ids.

    Frames, sources, identities, memberships and predictions go with their instance; a picture goes when
    no other instance shows it. Memberships are counted on their cohorts.
    """
    _zero_freed_bytes(session)
    ids = list(instance_ids)
    rows = session.execute(
        select(Instance.sop_instance_uid, Instance.series_id).where(Instance.id.in_(ids))
    ).all()
    frames = session.execute(
        select(Frame.pixels_id, Frame.stored_values_sha256).where(Frame.instance_id.in_(ids))
    ).all()
    deleted = Deleted(
        num_instances=len(rows), series_ids={row.series_id for row in rows if row.series_id is not None}
    )
    deleted.num_predictions = _count(session, Prediction.id, Prediction.instance_id.in_(ids))
    _count_on_cohorts(session, ids)
    _run(session, delete(Prediction).where(Prediction.instance_id.in_(ids)))
    _run(session, delete(Instance).where(Instance.id.in_(ids)))
    deleted.objects = delete_unreferenced_pixels(session, [row.pixels_id for row in frames])
    deleted.frame_shas = _gone(session, Pixels.stored_values_sha256, {row[1] for row in frames})
    deleted.num_pixels = len(deleted.frame_shas)
    deleted.sop_instance_uids = _gone(session, Instance.sop_instance_uid, {row[0] for row in rows})
    deleted.num_labels = _delete_labels(session, "instance", deleted.sop_instance_uids)
    _delete_pairs(session, deleted.frame_shas)
    _delete_split_members(session, "pixels", deleted.frame_shas)
    return deleted


def delete_patient(session: Session, family: PatientFamily, deleted: Deleted) -> Deleted:
    """Delete what is left once the instances are gone; return what that was.

    Args:
        session: in a transaction.
        family: the patient.
        deleted: the sum of what `delete_instances` gave for all its instances.
    """
    _zero_freed_bytes(session)
    series_uids = _delete_empty_series(session, deleted.series_ids)
    study_uids, accession_keys = _delete_studies(session, family.patient_ids)
    rest = Deleted(num_predictions=_delete_unlinked_predictions(session, deleted))
    rest.num_labels = _delete_labels(session, "study", study_uids)
    rest.num_labels += _delete_labels(session, "patient", family.patient_keys)
    _delete_split_members(session, "study", study_uids)
    _delete_split_members(session, "patient", family.patient_keys)
    _run(
        session,
        update(Patient)
        .where(or_(Patient.id.in_(family.patient_ids), Patient.merged_into_id.in_(family.patient_ids)))
        .values(merged_into_id=None, merged_shift_days=0, merge_stated_key=None),
    )
    _run(session, delete(Patient).where(Patient.id.in_(family.patient_ids)))
    gone = {*family.patient_keys, *study_uids, *series_uids, *accession_keys, *deleted.sop_instance_uids}
    redact_texts(session, gone)
    return rest


def _zero_freed_bytes(session: Session) -> None:
    """Have SQLite overwrite what is deleted; a server has no such switch."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))


def _count_on_cohorts(session: Session, instance_ids: Sequence[int]) -> None:
    query = (
        select(CohortMember.cohort_id, func.count())
        .where(CohortMember.instance_id.in_(instance_ids))
        .group_by(CohortMember.cohort_id)
        .order_by(CohortMember.cohort_id)
    )
    for cohort_id, number in session.execute(query).all():
        _run(
            session,
            update(Cohort)
            .where(Cohort.id == cohort_id)
            # Their table counted the patient; it is counted anew when somebody asks.
            .values(num_withdrawn=Cohort.num_withdrawn + number, characteristics=None),
        )


def _delete_labels(session: Session, level: str, keys: Iterable[str]) -> int:
    number = 0
    for some in chunks(keys):
        condition = (Label.subject_level == level, Label.subject_key.in_(some))
        number += _count(session, Label.id, *condition)
        _run(session, delete(Label).where(*condition))
    return number


def _delete_pairs(session: Session, shas: Iterable[str]) -> None:
    for some in chunks(shas):
        for column in (NearDuplicate.first_sha256, NearDuplicate.second_sha256):
            _run(session, delete(NearDuplicate).where(column.in_(some)))


def _delete_split_members(session: Session, kind: str, keys: Iterable[str]) -> None:
    pairs = session.execute(select(SplitMember.split_plan_id, SplitMember.repeat_number).distinct()).all()
    for some in chunks(keys):
        for plan_id, repeat_number in pairs:
            _run(
                session,
                delete(SplitMember).where(
                    SplitMember.split_plan_id == plan_id,
                    SplitMember.repeat_number == repeat_number,
                    SplitMember.node_kind == kind,
                    SplitMember.node_key.in_(some),
                ),
            )


def _delete_unlinked_predictions(session: Session, deleted: Deleted) -> int:
    """Delete predictions that name a picture by its UID or its pixels alone."""
    query = select(Prediction.id, Prediction.sop_instance_uid, Prediction.frame_sha256).where(
        Prediction.instance_id.is_(None)
    )
    ids = [
        row_id
        for row_id, uid, sha in session.execute(query.execution_options(yield_per=1000))
        if uid in deleted.sop_instance_uids or sha in deleted.frame_shas
    ]
    for some in chunks(ids):
        _run(session, delete(Prediction).where(Prediction.id.in_(some)))
    return len(ids)


def _delete_empty_series(session: Session, series_ids: Iterable[int]) -> set[str]:
    uids: set[str] = set()
    for some in chunks(series_ids):
        condition = (Series.id.in_(some), ~exists().where(Instance.series_id == Series.id))
        found = session.execute(select(Series.id, Series.series_instance_uid).where(*condition)).all()
        uids.update(row.series_instance_uid for row in found)
        _run(session, delete(Series).where(Series.id.in_([row.id for row in found])))
    return uids


def _delete_studies(session: Session, patient_ids: Sequence[int]) -> tuple[set[str], set[str]]:
    """Delete the patients' studies; one that holds another patient's files stays, and forgets these."""
    query = select(Study.id, Study.study_instance_uid, Study.accession_key).where(
        Study.patient_id.in_(patient_ids)
    )
    rows = session.execute(query).all()
    uids: set[str] = set()
    for some in chunks(row.id for row in rows):
        empty = session.scalars(
            select(Study.id).where(Study.id.in_(some), ~exists().where(Series.study_id == Study.id))
        ).all()
        _run(session, delete(Study).where(Study.id.in_(empty)))
        forgotten = dict.fromkeys(("patient_id", "accession_key", "study_date_shifted", "study_year"))
        _run(session, update(Study).where(Study.id.in_(some)).values(**forgotten))
        uids.update(row.study_instance_uid for row in rows if row.id in set(empty))
    return uids, {row.accession_key for row in rows if row.accession_key}


def _gone(session: Session, column: Any, keys: set[str]) -> set[str]:
    """Return those of some keys that no row has any more."""
    left = set(keys)
    for some in chunks(keys):
        left -= set(session.scalars(select(column).where(column.in_(some))))
    return left


def _count(session: Session, column: Any, *conditions: Any) -> int:
    return session.scalar(select(func.count(column)).where(*conditions)) or 0


def _run(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))

"""Withdrawals: who is never stored again, and what holds what of a patient.

A tombstone is a keyed hash of a patient key (its caller makes it). It is laid before anything is deleted,
under a lock that every storing transaction shares: so no file of the patient can slip in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from database.bulk import chunks, ensure_rows, ids_by_key
from database.columns import utc_now
from database.schema import (
    Cohort,
    CohortMember,
    Frame,
    IngestRun,
    Instance,
    InstanceIdentity,
    Label,
    Patient,
    PseudonymKey,
    Series,
    Source,
    Study,
    Withdrawal,
)


@dataclass(frozen=True, slots=True)
class PatientFamily:
    """A patient under every key that merge lists give it.

    Attributes:
        patient_ids: row ids, that of the patient that the others lead to among them.
        patient_keys: their keys, sorted.
    """

    patient_ids: tuple[int, ...]
    patient_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldRows:
    """What the database holds of some patients.

    Attributes:
        num_pixels: pictures that no other patient's frame shows; these are deleted.
        num_pixels_shared: pictures that others show as well; these stay.
    """

    num_studies: int
    num_series: int
    num_instances: int
    num_frames: int
    num_pixels: int
    num_pixels_shared: int
    num_sources: int
    num_labels: int
    num_identities: int
    num_cohorts: int


def find_families(session: Session, patient_keys: Iterable[str]) -> dict[str, PatientFamily]:
    """Return, for each patient key that is there, the whole patient, merge lists followed."""
    known = ids_by_key(session, Patient.patient_key, patient_keys)
    found: dict[str, PatientFamily] = {}
    for key, row_id in sorted(known.items()):
        leading = session.scalar(select(Patient.merged_into_id).where(Patient.id == row_id)) or row_id
        members = session.execute(
            select(Patient.id, Patient.patient_key)
            .where(or_(Patient.id == leading, Patient.merged_into_id == leading))
            .order_by(Patient.patient_key)
        ).all()
        found[key] = PatientFamily(
            tuple(row.id for row in members), tuple(row.patient_key for row in members)
        )
    return found


def source_names_of_runs(session: Session) -> list[str]:
    """Return the name of every source that was ever ingested, sorted: each may stand for a blank issuer."""
    query = select(IngestRun.source_name).where(IngestRun.kind == "ingest").distinct()
    return sorted(session.scalars(query))


def withdrawn_among(session: Session, tombstone_keys: Iterable[str]) -> set[str]:
    """Return those of some tombstones that were laid.

    Until the transaction ends no other one can be laid: call it in the transaction that stores.
    """
    keys = set(tombstone_keys)
    if not keys:
        return set()
    session.execute(select(PseudonymKey.id).with_for_update(read=True)).all()
    return tombstones_among(session, keys)


def tombstones_among(session: Session, tombstone_keys: Iterable[str]) -> set[str]:
    """Return those of some tombstones that were laid by now; further ones may be, for nothing is locked."""
    return set(ids_by_key(session, Withdrawal.tombstone_key, set(tombstone_keys)))


def lay_tombstones(session: Session, tombstone_keys: Iterable[str]) -> int:
    """Block patients from being stored; return how many were not blocked before.

    It waits for the transactions that store files now; those that begin later see the tombstones.

    Args:
        session: in a transaction of its own, committed before rows are deleted.
        tombstone_keys: of every key of the patients.
    """
    session.execute(select(PseudonymKey.id).with_for_update()).all()
    keys = sorted(set(tombstone_keys))
    num_known = len(ids_by_key(session, Withdrawal.tombstone_key, keys))
    now = utc_now()
    rows = [{"tombstone_key": key, "num_instances": 0, "withdrawn_at": now} for key in keys]
    ensure_rows(session, Withdrawal.tombstone_key, rows)
    return len(keys) - num_known


def count_on_tombstone(session: Session, tombstone_key: str, num_instances: int) -> None:
    """Add to the number of instances that a withdrawal deleted."""
    session.execute(
        update(Withdrawal)
        .where(Withdrawal.tombstone_key == tombstone_key)
        .values(num_instances=Withdrawal.num_instances + num_instances)
    )


def instances_of_patients(session: Session, patient_ids: Sequence[int]) -> list[int]:
    """Return the row ids of every version of the patients' instances, sorted.

    A file without PatientID in a study that belongs to one of them is theirs, too.
    """
    own = session.scalars(select(Instance.id).where(Instance.patient_id.in_(patient_ids))).all()
    unnamed = session.scalars(
        select(Instance.id)
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Series.study_id)
        .where(Instance.patient_id.is_(None), Study.patient_id.in_(patient_ids))
    ).all()
    return sorted({*own, *unnamed})


def count_held(session: Session, family: PatientFamily) -> HeldRows:
    """Return what the database holds of a patient; nothing is changed."""
    ids = instances_of_patients(session, family.patient_ids)
    own = set(ids)
    pixels_ids = _values(session, select(Frame.pixels_id), Frame.instance_id, ids)
    shared = _shared_pixels(session, pixels_ids, own)
    series_ids = _values(session, select(Instance.series_id), Instance.id, ids)
    studies = session.scalars(select(Study.id).where(Study.patient_id.in_(family.patient_ids))).all()
    uids = _values(session, select(Instance.sop_instance_uid), Instance.id, ids)
    study_uids = session.scalars(
        select(Study.study_instance_uid).where(Study.patient_id.in_(family.patient_ids))
    ).all()
    return HeldRows(
        num_studies=len(studies),
        num_series=len(series_ids),
        num_instances=len(ids),
        num_frames=_num(session, Frame.id, Frame.instance_id, ids),
        num_pixels=len(pixels_ids - shared),
        num_pixels_shared=len(shared),
        num_sources=_num(session, Source.id, Source.instance_id, ids),
        num_labels=sum(
            _num(session, Label.id, Label.subject_key, keys, Label.subject_level == level)
            for level, keys in (
                ("instance", uids),
                ("study", study_uids),
                ("patient", family.patient_keys),
            )
        ),
        num_identities=_num(session, InstanceIdentity.instance_id, InstanceIdentity.instance_id, ids),
        num_cohorts=len(_values(session, select(CohortMember.cohort_id), CohortMember.instance_id, ids)),
    )


def cohorts_of_instances(session: Session, instance_ids: Iterable[int]) -> dict[str, str]:
    """Return the uuid of each cohort that some instances are members of, with its name and version."""
    found: dict[str, str] = {}
    for some in chunks(instance_ids):
        query = (
            select(Cohort.cohort_uuid, Cohort.name, Cohort.version)
            .join(CohortMember, CohortMember.cohort_id == Cohort.id)
            .where(CohortMember.instance_id.in_(some))
            .distinct()
        )
        found.update((uuid, f"{name}, version {version}") for uuid, name, version in session.execute(query))
    return found


def _shared_pixels(session: Session, pixels_ids: Iterable[int], own: set[int]) -> set[int]:
    shared: set[int] = set()
    for some in chunks(pixels_ids):
        query = select(Frame.pixels_id, Frame.instance_id).where(Frame.pixels_id.in_(some))
        shared.update(pixels_id for pixels_id, owner in session.execute(query) if owner not in own)
    return shared


def _values(session: Session, query: Any, column: Any, keys: Iterable[Any]) -> set[Any]:
    found: set[Any] = set()
    for some in chunks(keys):
        found.update(value for value in session.scalars(query.where(column.in_(some))) if value is not None)
    return found


def _num(session: Session, counted: Any, column: Any, keys: Iterable[Any], *conditions: Any) -> int:
    return sum(
        session.scalar(select(func.count(counted)).where(column.in_(some), *conditions)) or 0
        for some in chunks(keys)
    )

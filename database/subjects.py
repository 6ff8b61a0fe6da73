"""Subjects of readings, found by what a table names them with: pseudonymous UIDs and keys.

A look-up answers with every subject that fits, so that the caller can tell one from several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from database.bulk import CHUNK, chunks
from database.schema import Instance, Patient, Source, Study

Found = dict[str, set[str]]
"""What was asked for, to the stable keys of the subjects that fit."""


def known_instances(session: Session, uids: Iterable[str]) -> Found:
    """Return those of the pseudonymous SOP Instance UIDs that are there, each to itself."""
    return _look_up(session, uids, Instance.sop_instance_uid, Instance.sop_instance_uid)


def known_studies(session: Session, uids: Iterable[str]) -> Found:
    """Return those of the pseudonymous Study Instance UIDs that are there, each to itself."""
    return _look_up(session, uids, Study.study_instance_uid, Study.study_instance_uid)


def studies_by_accession(session: Session, accession_keys: Iterable[str]) -> Found:
    """Return the Study Instance UIDs under each accession key: an order may have several studies."""
    return _look_up(session, accession_keys, Study.accession_key, Study.study_instance_uid)


def known_patients(session: Session, keys: Iterable[str]) -> Found:
    """Return the patient key that each patient key leads to, a merge list followed."""
    canonical = aliased(Patient)
    found: Found = {}
    for some in chunks(keys):
        query = (
            select(Patient.patient_key, canonical.patient_key)
            .outerjoin(canonical, canonical.id == Patient.merged_into_id)
            .where(Patient.patient_key.in_(some))
        )
        for key, leading in session.execute(query):
            found.setdefault(key, set()).add(leading or key)
    return found


def instances_by_name(session: Session, name_keys: Iterable[str], source_name: str | None = None) -> Found:
    """Return the SOP Instance UIDs of the files with each name key, of one source or of all."""
    return _of_files(session, Source.name_key, name_keys, source_name)


def instances_by_path(session: Session, path_keys: Iterable[str], source_name: str | None = None) -> Found:
    """Return the SOP Instance UIDs of the files with each path key, of one source or of all."""
    return _of_files(session, Source.path_key, path_keys, source_name)


def instances_of_source(session: Session, source_name: str) -> Iterator[str]:
    """Yield the SOP Instance UID of every instance that a source holds, sorted, each once."""
    query = (
        select(Instance.sop_instance_uid)
        .join(Source, Source.instance_id == Instance.id)
        .where(Source.source_name == source_name)
    )
    yield from _paged(session, query)


def instances_of_rows(session: Session, instance_ids: Iterable[int]) -> Iterator[str]:
    """Yield the SOP Instance UIDs of row ids."""
    for some in chunks(instance_ids):
        query = select(Instance.sop_instance_uid).where(Instance.id.in_(some))
        yield from session.scalars(query.order_by(Instance.sop_instance_uid))


def source_names(session: Session) -> list[str]:
    """Return the name of every source that stored a file, sorted."""
    return list(session.scalars(select(Source.source_name).distinct().order_by(Source.source_name)))


def patient_keys(session: Session, patient_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return the keys that each patient is known under: its own, and those that were merged into it.

    Args:
        session: for reading.
        patient_ids: rows that are no aliases.
    """
    found: dict[int, list[str]] = {}
    for some in chunks(patient_ids):
        query = select(Patient.id, Patient.merged_into_id, Patient.patient_key).where(
            or_(Patient.id.in_(some), Patient.merged_into_id.in_(some))
        )
        for row_id, merged_into_id, key in session.execute(query.order_by(Patient.patient_key)):
            found.setdefault(merged_into_id or row_id, []).append(key)
    return {patient_id: tuple(keys) for patient_id, keys in found.items()}


def _of_files(
    session: Session,
    column: InstrumentedAttribute[Any],
    keys: Iterable[str],
    source_name: str | None,
) -> Found:
    found: Found = {}
    for some in chunks(keys):
        query = (
            select(column, Instance.sop_instance_uid)
            .join(Instance, Instance.id == Source.instance_id)
            .where(column.in_(some), *_in_source(source_name))
        )
        for key, uid in session.execute(query):
            found.setdefault(key, set()).add(uid)
    return found


def _in_source(source_name: str | None) -> list[ColumnElement[bool]]:
    return [] if source_name is None else [Source.source_name == source_name]


def _look_up(
    session: Session,
    keys: Iterable[str],
    asked: InstrumentedAttribute[Any],
    answer: InstrumentedAttribute[Any],
) -> Found:
    found: Found = {}
    for some in chunks(keys):
        for key, subject in session.execute(select(asked, answer).where(asked.in_(some))):
            found.setdefault(key, set()).add(subject)
    return found


def _paged(session: Session, query: Select[str]) -> Iterator[str]:
    """Yield the UIDs of a query, sorted, a few hundred in memory at a time."""
    last = ""
    page = query.distinct().order_by(Instance.sop_instance_uid).limit(CHUNK)
    while uids := session.scalars(page.where(Instance.sop_instance_uid > last)).all():
        yield from uids
        last = uids[-1]

"""Patients under several keys: merge lists as aliases, and the rule by which ids became keys.

A merge list says of a patient who it is (`merge_stated_key`). Chains of such words are followed to
their end, and each row names that end directly (`merged_into_id`), with the days that lead from its
own calendar to the end's. Taking a word back finds all ends anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from database.bulk import chunks, ensure_rows, ids_by_key
from database.schema import IngestRun, Instance, Patient
from foundation.contracts import Report
from foundation.errors import DatabaseError

RULE_FIELD = "patient_id_rule"
"""Where a run's config says by which rule ids were normalised."""


@dataclass(frozen=True, slots=True)
class PatientMerge:
    """One row of a merge list, in keys.

    Attributes:
        old_key: of the patient that is another one.
        new_key: of that one.
        row_number: in the list, for messages.
    """

    old_key: str
    new_key: str
    row_number: int


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """What a merge list changed.

    Attributes:
        num_merged: patients that were on their own before.
        num_moved: patients that led to another one before.
        num_unchanged: rows that said what was known.
        num_parted: patients that stand on their own again.
        num_otherwise: rows to take back that did not hold: that patient leads to nobody, or elsewhere.
    """

    num_merged: int = 0
    num_moved: int = 0
    num_unchanged: int = 0
    num_parted: int = 0
    num_otherwise: int = 0


class PatientCounts(Report):
    """How many patients a database holds; no key and no id.

    Attributes:
        num_patients: with pictures, merged ones counted once.
        num_merged_keys: keys that a merge list leads to another one.
        num_keys_without_pictures: known from merge lists only.
        num_images: current pictures.
        num_images_patient_unknown: of those, without a patient.
        largest_num_images: of one patient.
    """

    num_patients: int
    num_merged_keys: int
    num_keys_without_pictures: int
    num_images: int
    num_images_patient_unknown: int
    largest_num_images: int


def merge_patients(
    session: Session, merges: Sequence[PatientMerge], *, shift_days: Callable[[str], int]
) -> MergeCounts:
    """Make patients aliases of others; the same list again changes nothing.

    Patients that no file has named yet get a row, so that later files follow.

    Args:
        session: in a transaction.
        merges: no row with one key twice.
        shift_days: days by which all dates of a patient are moved, by its key.

    Raises:
        DatabaseError: the list says two things of one patient, or leads in a circle. Nothing changed.
    """
    wanted = _wanted(merges)
    stated = _stated_keys(session)
    merged = stated | {old: merge.new_key for old, merge in wanted.items()}
    circle = [merge.row_number for merge in merges if _end(merged, merge.old_key) is None]
    if circle:
        raise DatabaseError(
            f"The merge list leads in a circle, with what was merged before: rows {_listed(circle)}. Nothing "
            "was merged. Correct these rows, or take back the older merge with --undo."
        )
    ends = {old: (_end(stated, old), _end(merged, old)) for old in wanted}
    ensure_rows(
        session,
        Patient.patient_key,
        [{"patient_key": key} for merge in wanted.values() for key in (merge.old_key, merge.new_key)],
    )
    _write_ends(session, merged, shift_days)
    changed = [old for old, (before, after) in ends.items() if before != after]
    return MergeCounts(
        num_merged=sum(old not in stated for old in changed),
        num_moved=sum(old in stated for old in changed),
        num_unchanged=len(merges) - len(changed),
    )


def part_patients(
    session: Session, merges: Sequence[PatientMerge], *, shift_days: Callable[[str], int]
) -> MergeCounts:
    """Take back rows of merge lists: each of these patients stands on its own again.

    Args:
        session: in a transaction.
        merges: as they were merged; one that does not hold is counted and left alone.
        shift_days: days by which all dates of a patient are moved, by its key.
    """
    stated = _stated_keys(session)
    parted = {merge.old_key for merge in merges if stated.get(merge.old_key) == merge.new_key}
    for some in chunks(parted):
        session.execute(
            update(Patient)
            .where(Patient.patient_key.in_(some))
            .values(merge_stated_key=None, merged_into_id=None, merged_shift_days=0)
            .execution_options(synchronize_session=False)
        )
    _write_ends(session, {old: new for old, new in stated.items() if old not in parted}, shift_days)
    return MergeCounts(num_parted=len(parted), num_otherwise=len(merges) - len(parted))


def patient_aliases(session: Session) -> dict[str, str]:
    """Return, for each key that a merge list leads to another one, that one's key."""
    canonical = aliased(Patient)
    query = select(Patient.patient_key, canonical.patient_key).join(
        canonical, canonical.id == Patient.merged_into_id
    )
    return dict(session.execute(query).all())


def known_patient_keys(session: Session, keys: Sequence[str]) -> set[str]:
    """Return those of some keys that the database has a patient for."""
    return set(ids_by_key(session, Patient.patient_key, keys))


def count_patients(session: Session) -> PatientCounts:
    """Return how many patients there are, merged ones counted once."""
    owner = func.coalesce(Patient.merged_into_id, Patient.id)
    per_patient = (
        select(owner.label("owner"), func.count().label("num_images"))
        .select_from(Instance)
        .join(Patient, Patient.id == Instance.patient_id)
        .where(Instance.status == "current")
        .group_by(owner)
        .subquery()
    )
    counted = session.execute(
        select(
            func.count(), func.sum(per_patient.c.num_images), func.max(per_patient.c.num_images)
        ).select_from(per_patient)
    ).one()
    num_patients, num_known, largest = (int(number or 0) for number in counted)
    num_images = _count(session, Instance.status == "current")
    with_pictures = select(Instance.patient_id).where(Instance.patient_id.is_not(None))
    return PatientCounts(
        num_patients=num_patients,
        num_merged_keys=_count(session, Patient.merged_into_id.is_not(None)),
        num_keys_without_pictures=_count(session, Patient.id.not_in(with_pictures)),
        num_images=num_images,
        num_images_patient_unknown=num_images - num_known,
        largest_num_images=largest,
    )


def check_identifier_rule(session: Session, rule: str) -> None:
    """Refuse to make keys by another rule than those that the database holds.

    Args:
        session: for reading.
        rule: the name of the rule that this version normalises ids by.

    Raises:
        DatabaseError: an earlier run used another one; its keys would belong to nobody.
    """
    query = select(IngestRun.config).order_by(IngestRun.id.desc())
    for config in session.scalars(query):
        recorded = config.get(RULE_FIELD)
        if recorded == rule:
            return
        if recorded is not None:
            raise DatabaseError(
                f'The patient keys of this database were made by the rule "{recorded}" for ids; this version '
                f'of dicomill has "{rule}". The same patient would get two keys. Use the version that the '
                "database was filled with, or read everything into a new database."
            )


def _wanted(merges: Sequence[PatientMerge]) -> dict[str, PatientMerge]:
    wanted: dict[str, PatientMerge] = {}
    twice: list[int] = []
    for merge in merges:
        first = wanted.setdefault(merge.old_key, merge)
        if first.new_key != merge.new_key:
            twice += [first.row_number, merge.row_number]
    if twice:
        raise DatabaseError(
            f"The merge list says of one patient that it is two others: rows {_listed(twice)}. Nothing was "
            "merged. Leave one row of each."
        )
    return wanted


def _stated_keys(session: Session) -> dict[str, str]:
    """Return what merge lists said; locked until the transaction ends, so that two lists do not cross."""
    query = (
        select(Patient.patient_key, Patient.merge_stated_key)
        .where(Patient.merge_stated_key.is_not(None))
        .with_for_update()
    )
    return {key: str(stated) for key, stated in session.execute(query)}


def _end(stated: Mapping[str, str], key: str) -> str | None:
    """Return who a patient is in the end; None when the words lead in a circle."""
    seen = {key}
    while key in stated:
        key = stated[key]
        if key in seen:
            return None
        seen.add(key)
    return key


def _write_ends(session: Session, stated: Mapping[str, str], shift_days: Callable[[str], int]) -> None:
    """Write the end of every chain, where a row says otherwise."""
    ends = {key: str(_end(stated, key)) for key in stated}
    ids = ids_by_key(session, Patient.patient_key, {*ends, *ends.values()})
    changes: list[dict[str, Any]] = []
    for some in chunks(ends):
        query = select(
            Patient.id,
            Patient.patient_key,
            Patient.merge_stated_key,
            Patient.merged_into_id,
            Patient.merged_shift_days,
        ).where(Patient.patient_key.in_(some))
        for row_id, key, *said in session.execute(query):
            end = ends[key]
            right = [stated[key], ids[end], shift_days(end) - shift_days(key)]
            if said != right:
                names = ("merge_stated_key", "merged_into_id", "merged_shift_days")
                changes.append({"id": row_id, **dict(zip(names, right, strict=True))})
    if changes:
        session.execute(update(Patient), changes)


def _count(session: Session, *conditions: Any) -> int:
    return int(session.scalar(select(func.count()).where(*conditions)) or 0)


def _listed(row_numbers: Sequence[int]) -> str:
    shown = sorted(set(row_numbers))
    rest = f" and {len(shown) - 10} more" if len(shown) > 10 else ""
    return ", ".join(str(number) for number in shown[:10]) + rest

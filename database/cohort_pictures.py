"""The pictures of a cohort as an export names them, and the rows that render them, by id.

What decides an export is frozen: the version of the instance, its frames, and the labels. So neither a
corrected header nor a reading nor a vocabulary that came in since changes which pictures there are, what
they are called and how they look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from database.bulk import chunks
from database.cohort_members import ordered_members
from database.instance_rows import InstanceRow, read_instance, select_instances
from database.schema import Cohort, CohortMember, Instance, Patient, Series, Study
from foundation.execution import batched

_AT_ONCE = 1000

_Canonical = aliased(Patient, name="canonical")


@dataclass(frozen=True, slots=True)
class CohortPicture:
    """One member of a cohort, without what only its rendering needs.

    Attributes:
        version: of the instance, the one that was frozen.
        patient_key: of the patient that merge lists lead to today; None when nobody knows.
        label_values: every class with its value (1, 0, uncertain, ...), as frozen.
    """

    instance_id: int
    sop_instance_uid: str
    version: int
    number_of_frames: int
    patient_key: str | None
    label_values: Mapping[str, str]

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that are present, sorted."""
        return tuple(sorted(name for name, value in self.label_values.items() if value == "1"))


def cohort_pictures(session: Session, cohort_id: int) -> Iterator[CohortPicture]:
    """Yield the members by SOP Instance UID, some hundred in memory at a time.

    Their row ids are put in order once: pages by UID would walk the cohort anew for each page.

    Args:
        session: for reading.
        cohort_id: row id.
    """
    base = (
        select(
            Instance.id,
            Instance.sop_instance_uid,
            Instance.version,
            Instance.number_of_frames,
            func.coalesce(_Canonical.patient_key, Patient.patient_key).label("patient_key"),
            CohortMember.labels,
        )
        .select_from(CohortMember)
        .join(Instance, Instance.id == CohortMember.instance_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
        .outerjoin(_Canonical, _Canonical.id == Patient.merged_into_id)
        .where(CohortMember.cohort_id == cohort_id)
        .order_by(Instance.sop_instance_uid)
    )
    for some in batched(ordered_members(session, cohort_id), _AT_ONCE):
        for row in session.execute(base.where(CohortMember.instance_id.in_(some))).all():
            yield CohortPicture(*row)


def count_withdrawn(session: Session, cohort_id: int) -> int:
    """Return how many members left a cohort because their patient withdrew."""
    return session.scalar(select(Cohort.num_withdrawn).where(Cohort.id == cohort_id)) or 0


def instances_by_id(session: Session, instance_ids: Iterable[int]) -> dict[int, InstanceRow]:
    """Return instances by row id, of whatever version and status.

    Args:
        session: for reading.
        instance_ids: row ids.
    """
    found = {}
    for some in chunks(set(instance_ids)):
        query = select_instances().where(Instance.id.in_(some))
        for row in session.execute(query).mappings():
            found[row["instance_id"]] = InstanceRow(**read_instance(row))
    return found


def studies_of(session: Session, sop_instance_uids: Iterable[str]) -> dict[str, str]:
    """Return the Study Instance UID of each instance that belongs to a study.

    Args:
        session: for reading.
        sop_instance_uids: pseudonymous.
    """
    found: dict[str, str] = {}
    for some in chunks(set(sop_instance_uids)):
        query = (
            select(Instance.sop_instance_uid, Study.study_instance_uid)
            .join(Series, Series.id == Instance.series_id)
            .join(Study, Study.id == Series.study_id)
            .where(Instance.sop_instance_uid.in_(some))
        )
        found.update((uid, study) for uid, study in session.execute(query))
    return found

"""Pictures that are equal to the bit under several instances: groups, their patients and their labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database.bulk import chunks
from database.schema import Frame, Instance, Label, Patient
from foundation.execution import batched

_GROUPS_AT_ONCE = 200

Answers = Mapping[str, frozenset[str]]
"""Task to the classes that readings of one instance say are present."""


@dataclass(frozen=True, slots=True)
class IdenticalGroup:
    """Current instances that show one and the same picture.

    Attributes:
        stored_values_sha256: of the picture.
        image_ids: the instances, as the view `image` numbers them.
        num_patients: known patients among them, merged ones as one.
        num_patient_unknown: instances without a known patient.
        disagreeing_tasks: tasks whose readings say other classes of one instance than of another.
    """

    stored_values_sha256: str
    image_ids: tuple[int, ...]
    num_patients: int
    num_patient_unknown: int
    disagreeing_tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    instance_id: int
    sop_instance_uid: str
    patient_id: int | None


def identical_groups(session: Session) -> Iterator[IdenticalGroup]:
    """Yield each picture that several current instances show, by its hash; memory stays flat."""
    query = (
        select(Frame.stored_values_sha256)
        .join(Instance, Instance.id == Frame.instance_id)
        .where(Instance.status == "current")
        .group_by(Frame.stored_values_sha256)
        .having(func.count(Frame.instance_id.distinct()) > 1)
        .order_by(Frame.stored_values_sha256)
    )
    for shas in batched(session.scalars(query).all(), _GROUPS_AT_ONCE):
        shown = _instances_of(session, shas)
        answers = _answers(session, {one.sop_instance_uid for some in shown.values() for one in some})
        for sha in shas:
            yield _group(sha, shown[sha], answers)


def _group(sha: str, shown: Sequence[_Shown], answers: Mapping[str, Answers]) -> IdenticalGroup:
    said: defaultdict[str, set[frozenset[str]]] = defaultdict(set)
    for one in shown:
        for task, classes in answers.get(one.sop_instance_uid, {}).items():
            said[task].add(classes)
    return IdenticalGroup(
        stored_values_sha256=sha,
        image_ids=tuple(one.instance_id for one in shown),
        num_patients=len({one.patient_id for one in shown} - {None}),
        num_patient_unknown=sum(one.patient_id is None for one in shown),
        disagreeing_tasks=tuple(sorted(task for task, several in said.items() if len(several) > 1)),
    )


def _instances_of(session: Session, shas: Sequence[str]) -> dict[str, list[_Shown]]:
    query = (
        select(
            Frame.stored_values_sha256,
            Instance.id,
            Instance.sop_instance_uid,
            func.coalesce(Patient.merged_into_id, Patient.id),
        )
        .join(Instance, Instance.id == Frame.instance_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
        .where(Frame.stored_values_sha256.in_(shas), Instance.status == "current")
        .distinct()
        .order_by(Instance.id)
    )
    found: defaultdict[str, list[_Shown]] = defaultdict(list)
    for sha, instance_id, uid, patient_id in session.execute(query):
        found[sha].append(_Shown(instance_id, uid, patient_id))
    return found


def _answers(session: Session, uids: set[str]) -> dict[str, Answers]:
    """Return what each instance's newest readings say is present, by task."""
    newest: dict[tuple[str, str, str, str], tuple[int, str]] = {}
    for some in chunks(uids):
        query = select(
            Label.subject_key, Label.task, Label.class_name, Label.reader, Label.reading_number, Label.value
        ).where(Label.subject_level == "instance", Label.subject_key.in_(some))
        for uid, task, class_name, reader, number, value in session.execute(query):
            key = (uid, task, class_name, reader)
            newest[key] = max(newest.get(key, (0, "")), (number, value))
    said: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (uid, task, class_name, _), (_, value) in newest.items():
        said[uid][task] |= {class_name} if value == "1" else set()
    return {uid: {task: frozenset(names) for task, names in tasks.items()} for uid, tasks in said.items()}

"""The members of a cohort, in an order that no row id decides."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.instance_rows import InstanceRow, read_instance, select_instances
from database.schema import CohortMember, Instance
from foundation.execution import batched

_AT_ONCE = 500
_IDS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class CohortMemberRow(InstanceRow):
    """One picture of a cohort, with what export and splits need to know of it.

    Attributes:
        labels: classes that are present, sorted.
        label_values: every class with its value (1, 0, uncertain, ...).
    """

    labels: tuple[str, ...]
    label_values: Mapping[str, str]


def ordered_members(session: Session, cohort_id: int) -> array[int]:
    """Return the row ids of a cohort's members by SOP Instance UID, eight bytes each.

    Args:
        session: for reading.
        cohort_id: row id.
    """
    order = (
        select(CohortMember.instance_id)
        .join(Instance, Instance.id == CohortMember.instance_id)
        .where(CohortMember.cohort_id == cohort_id)
        .order_by(Instance.sop_instance_uid, Instance.version)
    )
    return array("q", session.scalars(order, execution_options={"yield_per": _IDS_AT_ONCE}))


def cohort_members(session: Session, cohort_id: int) -> Iterator[CohortMemberRow]:
    """Yield the members by SOP Instance UID, a few hundred in memory at a time.

    Their row ids are put in order once: pages by UID would walk the cohort anew for each page.
    """
    base = (
        select_instances((CohortMember, CohortMember.instance_id == Instance.id))
        .add_columns(CohortMember.labels.label("label_values"))
        .where(CohortMember.cohort_id == cohort_id)
        .order_by(Instance.sop_instance_uid, Instance.version)
    )
    for some in batched(ordered_members(session, cohort_id), _AT_ONCE):
        page = base.where(CohortMember.instance_id.in_(some))
        for row in session.execute(page).mappings().all():
            present = tuple(sorted(name for name, value in row["label_values"].items() if value == "1"))
            yield CohortMemberRow(**read_instance(row), labels=present)

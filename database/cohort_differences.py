"""What differs between two frozen cohorts: pictures, versions of pictures, labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import String, and_, func, select, type_coerce
from sqlalchemy.orm import Session, aliased

from database.schema import CohortMember, Instance

Change = Literal["added", "removed", "replaced", "relabelled"]


@dataclass(frozen=True, slots=True)
class MemberChange:
    """One picture that is in one cohort only, or in both with other pixels, header or labels.

    Attributes:
        change: `replaced` is another version of the same picture.
        before, after: classes with their values; None on the side that does not hold it.
    """

    change: Change
    sop_instance_uid: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None

    @property
    def is_relabelled(self) -> bool:
        """Whether both sides hold it, with other labels."""
        return self.before is not None and self.after is not None and dict(self.before) != dict(self.after)


def member_changes(session: Session, before_id: int, after_id: int) -> list[MemberChange]:
    """Return what differs, by UID; members that are equal never leave the database.

    Args:
        session: for reading.
        before_id: row id of the one cohort.
        after_id: row id of the other.
    """
    removed = _only_in(session, before_id, than=after_id)
    added = _only_in(session, after_id, than=before_id)
    changes = [
        MemberChange("replaced", uid, labels, added.pop(uid)) if uid in added else _removed(uid, labels)
        for uid, labels in removed.items()
    ]
    changes += [MemberChange("added", uid, None, labels) for uid, labels in added.items()]
    changes += _relabelled(session, before_id, after_id)
    return sorted(changes, key=lambda change: (change.sop_instance_uid, change.change))


def count_shared(session: Session, before_id: int, after_id: int) -> int:
    """Return how many pictures two cohorts share in the same version, whatever their labels."""
    one, other = aliased(CohortMember), aliased(CohortMember)
    query = (
        select(func.count())
        .select_from(one)
        .join(other, and_(other.cohort_id == after_id, other.instance_id == one.instance_id))
        .where(one.cohort_id == before_id)
    )
    return session.scalar(query) or 0


def _removed(uid: str, labels: Mapping[str, str]) -> MemberChange:
    return MemberChange("removed", uid, labels, None)


def _only_in(session: Session, cohort_id: int, *, than: int) -> dict[str, dict[str, Any]]:
    """Return the labels of the instances that one cohort holds and the other does not, by UID."""
    one, other = aliased(CohortMember), aliased(CohortMember)
    query = (
        select(Instance.sop_instance_uid, one.labels)
        .join_from(one, Instance, Instance.id == one.instance_id)
        .outerjoin(other, and_(other.cohort_id == than, other.instance_id == one.instance_id))
        .where(one.cohort_id == cohort_id, other.instance_id.is_(None))
    )
    return {uid: dict(labels) for uid, labels in session.execute(query)}


def _relabelled(session: Session, before_id: int, after_id: int) -> list[MemberChange]:
    one, other = aliased(CohortMember), aliased(CohortMember)
    query = (
        select(Instance.sop_instance_uid, one.labels, other.labels)
        .join_from(one, other, and_(other.cohort_id == after_id, other.instance_id == one.instance_id))
        .join(Instance, Instance.id == one.instance_id)
        # As text: both were written in the same form.
        .where(
            one.cohort_id == before_id,
            type_coerce(one.labels, String) != type_coerce(other.labels, String),
        )
    )
    return [
        MemberChange("relabelled", uid, dict(before), dict(after))
        for uid, before, after in session.execute(query)
        if dict(before) != dict(after)
    ]

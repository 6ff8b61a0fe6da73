"""Split plans: what was given which split, kept for good."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from database.bulk import table_of
from database.columns import utc_now
from database.patients import patient_aliases
from database.product_tables import SplitMember, SplitPlan
from foundation.errors import QueryError
from foundation.execution import batched
from foundation.registries import unknown_name_message

Node = tuple[str, str]
PATIENT = "patient"
"""The kind of node that a patient is."""

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One plan.

    Attributes:
        scheme: how it divides, as plain values.
        num_nodes: patients, studies and pictures that have a split in its first repeat.
    """

    id: int
    plan_uuid: str
    name: str
    scheme: Mapping[str, Any]
    num_nodes: int


def ensure_plan(session: Session, name: str, scheme: Mapping[str, Any]) -> PlanRecord:
    """Return the plan of a name, made with the given scheme when there is none.

    Args:
        session: in a transaction.
        name: of the plan.
        scheme: for a plan that is made now; a known one keeps its own.
    """
    found = session.scalars(select(SplitPlan).where(SplitPlan.name == name)).first()
    if found is None:
        found = SplitPlan(plan_uuid=str(uuid.uuid4()), name=name, scheme=dict(scheme))
        session.add(found)
        session.flush()
    return _record(session, found)


def find_plan(session: Session, name: str) -> PlanRecord | None:
    """Return the plan of a name, or None."""
    found = session.scalars(select(SplitPlan).where(SplitPlan.name == name)).first()
    return None if found is None else _record(session, found)


def get_plan(session: Session, name: str) -> PlanRecord:
    """Return the plan of a name.

    Raises:
        QueryError: there is none; the message lists those that there are.
    """
    record = find_plan(session, name)
    if record is None:
        raise QueryError(unknown_name_message(_names(session), name, kind="split plan"))
    return record


def list_plans(session: Session) -> list[PlanRecord]:
    """Return every plan by name."""
    return [_record(session, plan) for plan in session.scalars(select(SplitPlan).order_by(SplitPlan.name))]


def held_nodes(session: Session, plan_id: int, *, repeat_number: int = 1) -> dict[Node, str]:
    """Return the split of everything that one repeat of a plan has settled.

    A patient that a merge list led to another one since counts for that one, unless that one has a split
    of its own.
    """
    query = select(SplitMember.node_kind, SplitMember.node_key, SplitMember.split_name).where(
        SplitMember.split_plan_id == plan_id, SplitMember.repeat_number == repeat_number
    )
    held: dict[Node, str] = {(kind, key): split for kind, key, split in session.execute(query)}
    for alias, key in sorted(patient_aliases(session).items()):
        split = held.get((PATIENT, alias))
        if split is not None:
            held.setdefault((PATIENT, key), split)
    return held


def settle_nodes(
    session: Session, plan_id: int, nodes: Mapping[Node, str], *, repeat_number: int = 1
) -> None:
    """Append what a repeat of a plan has settled now; of two that settle one thing at once, one fails.

    Args:
        session: in a transaction of `database.session.transaction`: the one that fails is tried anew
            and then follows the other.
        plan_id: the plan.
        nodes: those without a split so far.
        repeat_number: from 1.
    """
    now = utc_now()
    rows = (
        {
            "split_plan_id": plan_id,
            "repeat_number": repeat_number,
            "node_kind": kind,
            "node_key": key,
            "split_name": split,
            "assigned_at": now,
        }
        for (kind, key), split in sorted(nodes.items())
    )
    statement = insert(table_of(SplitMember))
    for some in batched(rows, _ROWS_AT_ONCE):
        session.execute(statement, list(some))


def _names(session: Session) -> list[str]:
    return list(session.scalars(select(SplitPlan.name).order_by(SplitPlan.name)))


def _record(session: Session, plan: SplitPlan) -> PlanRecord:
    query = (
        select(func.count())
        .select_from(SplitMember)
        .where(SplitMember.split_plan_id == plan.id, SplitMember.repeat_number == 1)
    )
    return PlanRecord(plan.id, plan.plan_uuid, plan.name, plan.scheme, session.scalar(query) or 0)

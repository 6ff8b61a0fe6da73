"""Pictures that may have text of a patient burned into them: counts, decisions, and what a search found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from database.bulk import chunks
from database.columns import utc_now
from database.research import run_research_query, where_query
from database.schema import Instance, RiskClearing
from database.session import Database
from foundation.errors import QueryError
from foundation.registries import unknown_name_message

RISKS = ("none", "unknown", "possible", "declared", "detected", "cleared")
"""What the view `image` says in `burned_in_risk`, from harmless to decided."""

DETECTIONS = ("text", "none")
"""What a search for text can say of a picture."""

_AT_RISK = or_(Instance.burned_in_risk.not_in(("none", "unknown")), Instance.detected_text == "text")
SHOWN_RISK = case(
    (Instance.risk_clearing_id.is_not(None), "cleared"),
    (Instance.detected_text == "text", "detected"),
    else_=Instance.burned_in_risk,
)
"""What the view `image` calls `burned_in_risk`."""


@dataclass(frozen=True, slots=True)
class RiskCount:
    """How many current pictures of one modality are in one class."""

    modality: str
    risk: str
    num_images: int
    num_searched: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """One decision that pictures hold no text of a patient.

    Attributes:
        num_images: pictures that it cleared.
        num_in_force: of them, those that are cleared by it still.
        num_with_text: of those in force, pictures in which a search found text.
    """

    id: int
    where: str
    cleared_by: str
    reason: str
    cleared_at: datetime
    undone_by: str | None
    undone_at: datetime | None
    num_images: int
    num_in_force: int
    num_with_text: int


def count_risks(session: Session) -> list[RiskCount]:
    """Return the current pictures by modality and class, as the view `image` shows it."""
    query = (
        select(Instance.modality, SHOWN_RISK, func.count(), func.count(Instance.detected_text))
        .where(Instance.status == "current")
        .group_by(Instance.modality, SHOWN_RISK)
    )
    counts = [RiskCount(modality or "unknown", *rest) for modality, *rest in session.execute(query)]
    return sorted(counts, key=lambda count: (count.modality, RISKS.index(count.risk)))


def images_at_risk(database: Database, where: str | None, *, seconds: float = 60) -> dict[str, list[int]]:
    """Return the row ids of current pictures at risk that nobody cleared, by class.

    Args:
        database: the open database.
        where: a condition on the view `image`; None for all.
        seconds: the condition's query is stopped after them.

    Raises:
        QueryError: the condition is refused or fails.
    """
    named = None if where is None else _named_ids(database, where, seconds)
    found: dict[str, list[int]] = {}
    query = select(Instance.id, SHOWN_RISK).where(
        Instance.status == "current", Instance.risk_clearing_id.is_(None), _AT_RISK
    )
    with database.session() as session:
        for row_id, risk in session.execute(query.order_by(Instance.id)):
            if named is None or row_id in named:
                found.setdefault(risk, []).append(row_id)
    return found


def clear_images(
    session: Session, instance_ids: Sequence[int], *, where: str, cleared_by: str, reason: str
) -> int:
    """Record a decision and clear the pictures that it is about; return the decision's row id.

    A picture that was cleared or replaced meanwhile is left alone.

    Args:
        session: in a transaction.
        instance_ids: from `images_at_risk`.
        where: the condition that was asked, as text.
        cleared_by: who decided.
        reason: why.
    """
    clearing = RiskClearing(
        selection={"where": where},
        cleared_by=cleared_by,
        reason=reason,
        num_instances=0,
        cleared_at=utc_now(),
    )
    session.add(clearing)
    session.flush()
    for some in chunks(instance_ids):
        session.execute(
            update(Instance)
            .where(Instance.id.in_(some), Instance.risk_clearing_id.is_(None), Instance.status == "current")
            .values(risk_clearing_id=clearing.id)
            .execution_options(synchronize_session=False)
        )
    in_force = select(func.count()).where(Instance.risk_clearing_id == clearing.id)
    clearing.num_instances = session.scalar(in_force) or 0
    session.flush()
    return clearing.id


def undo_clearing(session: Session, clearing_id: int, *, undone_by: str) -> int:
    """Take a decision back; its row stays as a record. Return how many pictures are at risk again.

    Raises:
        QueryError: there is no such decision, or it was taken back before.
    """
    clearing = session.get(RiskClearing, clearing_id)
    if clearing is None:
        known = [str(row_id) for row_id in session.scalars(select(RiskClearing.id))]
        raise QueryError(unknown_name_message(known, str(clearing_id), kind="clearing"))
    if clearing.undone_at is not None:
        raise QueryError(f"Clearing {clearing_id} was taken back before. `dicomill risk list` shows all.")
    number = session.scalar(select(func.count()).where(Instance.risk_clearing_id == clearing_id)) or 0
    session.execute(
        update(Instance)
        .where(Instance.risk_clearing_id == clearing_id)
        .values(risk_clearing_id=None)
        .execution_options(synchronize_session=False)
    )
    clearing.undone_by, clearing.undone_at = undone_by, utc_now()
    session.flush()
    return number


def list_clearings(session: Session) -> list[Clearing]:
    """Return every decision, the oldest first."""
    in_force = (
        select(
            Instance.risk_clearing_id,
            func.count().label("number"),
            func.sum(case((Instance.detected_text == "text", 1), else_=0)).label("with_text"),
        )
        .where(Instance.risk_clearing_id.is_not(None))
        .group_by(Instance.risk_clearing_id)
        .subquery()
    )
    query = (
        select(RiskClearing, in_force.c.number, in_force.c.with_text)
        .outerjoin(in_force, in_force.c.risk_clearing_id == RiskClearing.id)
        .order_by(RiskClearing.id)
    )
    return [
        Clearing(
            id=row.id,
            where=str(row.selection.get("where", "")),
            cleared_by=row.cleared_by,
            reason=row.reason,
            cleared_at=row.cleared_at,
            undone_by=row.undone_by,
            undone_at=row.undone_at,
            num_images=row.num_instances,
            num_in_force=int(number or 0),
            num_with_text=int(with_text or 0),
        )
        for row, number, with_text in session.execute(query)
    ]


def unsearched_images(database: Database, where: str | None, *, again: bool) -> list[int]:
    """Return the row ids of pictures to search for text, sorted.

    Args:
        database: the open database.
        where: a condition on the view `image`; None for those at risk that nobody cleared.
        again: also those that were searched before.

    Raises:
        QueryError: the condition is refused or fails.
    """
    if where is None:
        ids = sorted(row_id for some in images_at_risk(database, None).values() for row_id in some)
    else:
        ids = sorted(_named_ids(database, where, seconds=60))
    if again:
        return ids
    left: list[int] = []
    with database.session() as session:
        for some in chunks(ids):
            query = select(Instance.id).where(Instance.id.in_(some), Instance.detected_text.is_(None))
            left.extend(session.scalars(query))
    return sorted(left)


def keep_detections(session: Session, detections: Iterable[tuple[int, bool]]) -> None:
    """Keep of each picture whether text was found in it; the text itself is kept nowhere."""
    by_word: dict[str, list[int]] = {}
    for row_id, has_text in detections:
        by_word.setdefault(DETECTIONS[0] if has_text else DETECTIONS[1], []).append(row_id)
    for word, ids in by_word.items():
        for some in chunks(ids):
            session.execute(
                update(Instance)
                .where(Instance.id.in_(some))
                .values(detected_text=word)
                .execution_options(synchronize_session=False)
            )


def _named_ids(database: Database, where: str, seconds: float) -> set[int]:
    result = run_research_query(database, where_query(where, database.dialect_name), seconds=seconds)
    return {int(row[0]) for row in result.rows}

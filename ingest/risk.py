"""Doors for text burned into pixels: `risk_list`, `risk_clear` and `risk_undo`. The rows say who decided.

The search for text in the pixels is `preprocessing.risk_check`.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Annotated

from pydantic import Field

from database.risk import (
    Clearing,
    clear_images,
    count_risks,
    images_at_risk,
    list_clearings,
    undo_clearing,
)
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from foundation.progress import Progress

Name = Annotated[str, Field(min_length=1, max_length=64)]


class RiskListConfig(Config):
    """Nothing to choose: all current pictures and all decisions are counted."""


class RiskClearConfig(Config):
    """A decision that pictures hold no text of a patient.

    Attributes:
        where: a condition on the view `image`; of what it names, pictures at risk are cleared.
        cleared_by: who decided: a name or a role.
        reason: why, such as how many were looked at.
        dry_run: count only.
    """

    where: Annotated[str, Field(min_length=1)]
    cleared_by: Name
    reason: Annotated[str, Field(min_length=1, max_length=255)]
    dry_run: bool = False


class RiskUndoConfig(Config):
    """A decision to take back.

    Attributes:
        clearing: its number, as `risk_list` tells it.
        undone_by: who takes it back.
    """

    clearing: Annotated[int, Field(ge=1)]
    undone_by: Name


class RiskClass(Report):
    """Current pictures of one modality in one class of risk."""

    modality: str
    risk: str
    num_images: int
    num_searched: int


class ClearingDecision(Report):
    """One decision; `num_in_force` pictures are cleared by it still."""

    id: int
    where: str
    cleared_by: str
    reason: str
    cleared_at: str
    undone_by: str | None
    undone_at: str | None
    num_images: int
    num_in_force: int
    num_with_text: int


class RiskListReport(Report):
    """Pictures by modality and class, and every decision, the oldest first."""

    counts: list[RiskClass]
    clearings: list[ClearingDecision]


class RiskClearReport(Report):
    """What was cleared, or would be.

    Attributes:
        clearing: number of the decision; None when nothing was recorded.
        num_images: pictures that were cleared.
        classes: of them, by what was said of them before.
    """

    clearing: int | None
    num_images: int
    classes: dict[str, int]


class RiskUndoReport(Report):
    """How many pictures are at risk again."""

    clearing: int
    num_images: int


def risk_list(
    config: RiskListConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RiskListReport:
    """Count the current pictures by modality and class of risk, and list the decisions.

    Raises:
        IngestError: no database was given.
    """
    del config, executor, progress
    with _opened(database).session() as session:
        counts, clearings = count_risks(session), list_clearings(session)
    return RiskListReport(
        counts=[
            RiskClass(
                modality=one.modality,
                risk=one.risk,
                num_images=one.num_images,
                num_searched=one.num_searched,
            )
            for one in counts
        ],
        clearings=[_decision(one) for one in clearings],
    )


def risk_clear(
    config: RiskClearConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RiskClearReport:
    """Clear the pictures at risk that a condition names, and record who decided and why.

    Pictures that come later, and new versions of these, are at risk again.

    Raises:
        QueryError: the condition is refused or fails.
        IngestError: no database was given.
    """
    del executor, progress
    opened = _opened(database)
    found = images_at_risk(opened, config.where)
    classes = {risk: len(ids) for risk, ids in sorted(found.items())}
    ids = sorted(row_id for some in found.values() for row_id in some)
    if config.dry_run or not ids:
        return RiskClearReport(clearing=None, num_images=len(ids), classes=classes)
    clearing = transaction(
        opened,
        lambda session: clear_images(
            session, ids, where=config.where, cleared_by=config.cleared_by, reason=config.reason
        ),
    )
    return RiskClearReport(clearing=clearing, num_images=len(ids), classes=classes)


def risk_undo(
    config: RiskUndoConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RiskUndoReport:
    """Take a decision back: its pictures are at risk again, its row stays as a record.

    Raises:
        QueryError: there is no such decision, or it was taken back before.
        IngestError: no database was given.
    """
    del executor, progress
    number = transaction(
        _opened(database),
        lambda session: undo_clearing(session, config.clearing, undone_by=config.undone_by),
    )
    return RiskUndoReport(clearing=config.clearing, num_images=number)


def _opened(database: Database | None) -> Database:
    if database is None:
        raise IngestError("The burned-in risk stands in rows: give an open database.")
    return database


def _decision(clearing: Clearing) -> ClearingDecision:
    undone_at = clearing.undone_at
    return ClearingDecision(
        id=clearing.id,
        where=clearing.where,
        cleared_by=clearing.cleared_by,
        reason=clearing.reason,
        cleared_at=clearing.cleared_at.isoformat(timespec="seconds"),
        undone_by=clearing.undone_by,
        undone_at=None if undone_at is None else undone_at.isoformat(timespec="seconds"),
        num_images=clearing.num_images,
        num_in_force=clearing.num_in_force,
        num_with_text=clearing.num_with_text,
    )

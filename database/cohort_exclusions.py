"""What a cohort leaves out unless asked: risk of burned-in text, repeats; and picking one of several."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, case, column, delete, func, insert, select, table
from sqlalchemy.orm import Session

from database.cohort_candidates import (
    ANSWER_OF,
    CANDIDATE,
    SHARED_PIXELS,
    drop_instances,
    keep_instances,
)
from database.cohort_selections import OnePer, Pick
from database.schema import Instance

HARMLESS_RISKS = ("none", "unknown", "cleared")

_ROWS_AT_ONCE = 10_000
_IMAGE = table("image", column("id"), column("study_date_shifted"))


@dataclass(frozen=True, slots=True)
class LeftRepeats:
    """What repeats of identical pixels were left out.

    Attributes:
        num_images: pictures that were left out.
        num_groups: pictures that several candidates showed; one of each stayed.
        num_disputed: of those groups, how many have other labels on one candidate than on the next.
    """

    num_images: int
    num_groups: int
    num_disputed: int


@dataclass(frozen=True, slots=True)
class _Choice:
    """One picture among several, with what it is chosen by."""

    instance_id: int
    uid: str
    study_date: str | None
    number: float | None

    @property
    def place(self) -> tuple[bool, str, bool, float, str]:
        """Its place in time: what is unknown comes last."""
        return (
            self.study_date is None,
            self.study_date or "",
            self.number is None,
            self.number or 0.0,
            self.uid,
        )


def leave_risks(session: Session) -> dict[str, int]:
    """Leave out pictures that may show text of a patient; return how many by class of risk."""
    is_risky = CANDIDATE.c.burned_in_risk.not_in(HARMLESS_RISKS)
    query = (
        select(CANDIDATE.c.burned_in_risk, func.count()).where(is_risky).group_by(CANDIDATE.c.burned_in_risk)
    )
    counts: dict[str, int] = dict(session.execute(query).all())
    session.execute(delete(CANDIDATE).where(is_risky))
    return dict(sorted(counts.items()))


def leave_repeats(session: Session) -> LeftRepeats:
    """Leave out all but one of the pictures whose stored values are equal, frame by frame.

    The one of a known patient stays; of several, the one with the smallest UID: so neither row ids nor
    the order of files decide.
    """
    session.execute(delete(SHARED_PIXELS))
    shared = select(CANDIDATE.c.pixels_sha256).group_by(CANDIDATE.c.pixels_sha256).having(func.count() > 1)
    session.execute(insert(SHARED_PIXELS).from_select(["pixels_sha256"], shared))
    query = (
        select(
            CANDIDATE.c.pixels_sha256,
            CANDIDATE.c.instance_id,
            case((CANDIDATE.c.patient_id.is_(None), 1), else_=0),
            CANDIDATE.c.sop_instance_uid,
            ANSWER_OF.c.answer,
        )
        .join_from(SHARED_PIXELS, CANDIDATE, CANDIDATE.c.pixels_sha256 == SHARED_PIXELS.c.pixels_sha256)
        .join(ANSWER_OF, ANSWER_OF.c.unit_id == CANDIDATE.c.unit_id)
        .order_by(CANDIDATE.c.pixels_sha256)
    )
    left: list[int] = []
    num_groups = num_disputed = 0
    rows = session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for _, of_group in groupby(rows, key=lambda row: row[0]):
        group = sorted(of_group, key=lambda row: (row[2], row[3]))
        num_groups += 1
        num_disputed += len({row[4] for row in group}) > 1
        left += [row[1] for row in group[1:]]
    if left:
        drop_instances(session, left)
    return LeftRepeats(len(left), num_groups, num_disputed)


def pick_one(session: Session, *, one_per: OnePer, pick: Pick, seed: int) -> None:
    """Leave one picture of each patient, study or series.

    In the order of shifted study date, instance number and UID; what is unknown comes last, and is not
    the `last`. A picture of an unknown patient stands for its study, one without a study for itself.

    Args:
        session: within `working_tables`.
        one_per: of what.
        pick: which one; `random` is the smallest keyed hash of the UID, whatever the order of rows.
        seed: of `random`.
    """
    group = _group_id(one_per)
    query = (
        select(
            group.label("group_id"),
            CANDIDATE.c.instance_id,
            CANDIDATE.c.sop_instance_uid,
            _IMAGE.c.study_date_shifted,
            Instance.attributes["instance_number"],
        )
        .join_from(CANDIDATE, Instance, Instance.id == CANDIDATE.c.instance_id)
        .outerjoin(_IMAGE, _IMAGE.c.id == CANDIDATE.c.instance_id)
        .order_by(group)
    )
    chosen = []
    rows = session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for _, of_group in groupby(rows, key=lambda row: row[0]):
        choices = [_Choice(row[1], row[2], _text(row[3]), _number(row[4])) for row in of_group]
        chosen.append(_PICKS[pick](choices, seed).instance_id)
    keep_instances(session, chosen)


def _group_id(one_per: OnePer) -> ColumnElement[int]:
    columns = CANDIDATE.c
    of_study = case((columns.study_id.is_not(None), columns.study_id * 3 + 1), else_=columns.instance_id * 3)
    if one_per == "study":
        return of_study
    own = columns.patient_id if one_per == "patient" else columns.series_id
    return case(
        (own.is_not(None), own * 3 + 2),
        else_=of_study if one_per == "patient" else columns.instance_id * 3,
    )


def _first(choices: Sequence[_Choice], _seed: int) -> _Choice:
    return min(choices, key=lambda choice: choice.place)


def _last(choices: Sequence[_Choice], _seed: int) -> _Choice:
    known = [choice for choice in choices if choice.study_date is not None] or list(choices)
    latest = max(choice.study_date or "" for choice in known)
    of_day = [choice for choice in known if (choice.study_date or "") == latest]
    numbered = [choice for choice in of_day if choice.number is not None] or of_day
    return max(numbered, key=lambda choice: choice.place)


def _middle(choices: Sequence[_Choice], _seed: int) -> _Choice:
    return sorted(choices, key=lambda choice: choice.place)[(len(choices) - 1) // 2]


def _random(choices: Sequence[_Choice], seed: int) -> _Choice:
    return min(choices, key=lambda choice: hashlib.blake2b(f"{seed}\0{choice.uid}".encode()).digest())


_PICKS: dict[Pick, Callable[[Sequence[_Choice], int], _Choice]] = {
    "first": _first,
    "last": _last,
    "middle": _middle,
    "random": _random,
}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None

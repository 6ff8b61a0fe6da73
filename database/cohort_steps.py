"""From a selection to its members: step after step, each one counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from database.cohort_candidates import (
    CANDIDATE,
    READING,
    CandidateCount,
    count_candidates,
    keep_instances,
    load_candidates,
)
from database.cohort_exclusions import leave_repeats, leave_risks, pick_one
from database.cohort_labels import keep_answered, read_units, resolve_candidates
from database.cohort_selections import CohortSelection
from database.labels import BODY_PART_TASK
from database.research import research_rows, where_query
from database.schema import Instance, Label
from database.session import database_of
from foundation.contracts import Report
from foundation.errors import QueryError

IN_DATABASE, SELECTED, BODY_PARTS = "in the database", "selected", "body part"
WITHOUT_RISK, LABELLED, WITHOUT_REPEATS = "no burned-in risk", "labelled", "no repeats"

_IS_READ = exists().where(Label.task == BODY_PART_TASK)

_IDS_TAKEN = 1_000_000
"""So many ids that name no picture are passed over; an endless query would fill the memory."""

KEEP_RISK, KEEP_REPEATS = "--keep risk", "--keep duplicates"


class SelectionStep(Report):
    """What one step of a selection left.

    Attributes:
        name: the user's own, or one of ours.
        asked: the condition, as it was asked; empty for a step of ours.
        count: pictures, patients and studies that are left after it.
    """

    name: str
    asked: str = ""
    count: CandidateCount


@dataclass
class SelectionCounts:
    """How a selection came to its members.

    Attributes:
        steps: in order.
        left_out: pictures by reason, where a step left some out.
        disputed_repeats: pictures kept of identical ones whose labels differ.
    """

    steps: list[SelectionStep] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    disputed_repeats: int = 0

    def add(self, name: str, count: CandidateCount, *, asked: str = "") -> None:
        """Append a step."""
        self.steps.append(SelectionStep(name=name, asked=asked, count=count))

    def leave(self, reasons: Mapping[str, int]) -> None:
        """Count what a step left out."""
        self.left_out.update({reason: count for reason, count in reasons.items() if count})


def select_members(
    session: Session, selection: CohortSelection, counts: SelectionCounts, *, max_label_id: int | None
) -> dict[int, dict[str, str]]:
    """Narrow the candidates down to the members of a selection.

    Args:
        session: within `database.cohort_candidates.working_tables`.
        selection: what is asked for.
        counts: filled, also when an error ends it.
        max_label_id: only readings up to this row count.

    Returns:
        The labels of the members, by the numbers in the table of answers.

    Raises:
        QueryError: a condition or the query is refused or fails.
    """
    _load(session, selection, counts)
    if selection.body_parts and session.scalar(select(_IS_READ)):
        _keep_body_parts(session, selection, max_label_id)
        counts.add(BODY_PARTS, count_candidates(session), asked=", ".join(selection.body_parts))
    for step in selection.steps:
        keep_instances(session, _named_by(session, step.where, selection.seconds))
        counts.add(step.name, count_candidates(session), asked=step.where)
    if "risk" not in selection.keep:
        risks = leave_risks(session)
        counts.leave({f"burned-in risk {risk} ({KEEP_RISK})": count for risk, count in risks.items()})
        counts.add(WITHOUT_RISK, count_candidates(session))
    answers = resolve_candidates(
        session,
        task=selection.task,
        policy=selection.policy,
        unit=selection.unit,
        max_label_id=max_label_id,
    )
    labels, left_out = keep_answered(session, answers, selection.label_map)
    counts.leave(left_out)
    counts.add(LABELLED, count_candidates(session), asked=selection.task)
    _keep_one_each(session, selection, counts)
    return labels


def _keep_one_each(session: Session, selection: CohortSelection, counts: SelectionCounts) -> None:
    if "duplicates" not in selection.keep:
        repeats = leave_repeats(session)
        counts.leave({f"identical pixels ({KEEP_REPEATS})": repeats.num_images})
        counts.disputed_repeats = repeats.num_disputed
        counts.add(WITHOUT_REPEATS, count_candidates(session))
    if selection.one_per is not None:
        pick_one(session, one_per=selection.one_per, pick=selection.pick, seed=selection.seed)
        counts.add(f"{selection.pick} of each {selection.one_per}", count_candidates(session))


def _load(session: Session, selection: CohortSelection, counts: SelectionCounts) -> None:
    """Take up what the query names and the simple filters let through."""
    conditions = _conditions(selection) | _header_body_parts(session, selection)
    named = _queried_ids(session, selection)
    if named is None and not conditions:
        load_candidates(session, unit=selection.unit, instance_ids=None)
        counts.add(IN_DATABASE, count_candidates(session))
        return
    current = session.scalar(select(func.count(Instance.id)).where(Instance.status == "current"))
    # Patients of the whole database are not counted for the few pictures that a condition may want.
    counts.add(IN_DATABASE, CandidateCount(num_images=current or 0))
    load_candidates(session, unit=selection.unit, instance_ids=named, conditions=list(conditions.values()))
    asked = [*conditions, *([selection.where or "a query"] if named is not None else [])]
    counts.add(SELECTED, count_candidates(session), asked="; ".join(asked))


def filter_columns(selection: CohortSelection) -> dict[str, tuple[Any, tuple[str | int, ...]]]:
    """Return the simple filters that list values, by words for people: column and values."""
    return {
        "modalities": (Instance.modality, selection.modalities),
        "views": (Instance.view_position, selection.view_positions),
        "sexes": (Instance.patient_sex, selection.sexes),
        "years": (Instance.study_year, selection.years),
    }


_SINGULAR = {"modalities": "modality", "views": "view", "sexes": "sex", "years": "year"}


def _conditions(selection: CohortSelection) -> dict[str, ColumnElement[bool]]:
    """Return the simple filters, by words for people."""
    found: dict[str, ColumnElement[bool]] = {}
    for names, (column, values) in filter_columns(selection).items():
        if values:
            name = _SINGULAR[names]
            wanted = [value.upper() if isinstance(value, str) else value for value in values]
            found[f"{name} {', '.join(map(str, values))}"] = column.in_(wanted)
    if selection.min_age is not None:
        found[f"age {selection.min_age:g} or more"] = Instance.patient_age_years >= selection.min_age
    if selection.max_age is not None:
        found[f"age {selection.max_age:g} or less"] = Instance.patient_age_years <= selection.max_age
    return found


def _header_body_parts(session: Session, selection: CohortSelection) -> dict[str, ColumnElement[bool]]:
    """Return the condition on the header's body part, where nobody has read any picture's."""
    if not selection.body_parts or session.scalar(select(_IS_READ)):
        return {}
    known = session.scalars(select(Instance.body_part).where(Instance.status == "current").distinct())
    wanted = {body_part.casefold() for body_part in selection.body_parts}
    parts = [part for part in known if part is not None and part.casefold() in wanted]
    return {f"body part {', '.join(selection.body_parts)}": Instance.body_part.in_(parts)}


def _queried_ids(session: Session, selection: CohortSelection) -> set[int] | None:
    if selection.where is not None:
        return _named_by(session, selection.where, selection.seconds)
    if selection.sql is None:
        return None
    return _ids_of(session, selection.sql, selection.seconds)


def _named_by(session: Session, where: str, seconds: float) -> set[int]:
    return _ids_of(session, where_query(where, database_of(session).dialect_name), seconds)


def _ids_of(session: Session, sql: str, seconds: float) -> set[int]:
    """Return the row ids that a query names, each once, without holding its rows."""
    most = max(session.scalar(select(func.max(Instance.id))) or 0, _IDS_TAKEN)
    ids: set[int] = set()
    with research_rows(database_of(session), sql, seconds=seconds) as (columns, rows):
        position = _id_position(columns)
        for row in rows:
            row_id = row[position]
            if not isinstance(row_id, int):
                received = "nothing (NULL)" if row_id is None else f"{str(row_id)[:64]}"
                raise QueryError(
                    "The query of a cohort names pictures by their id. Expected whole numbers from image.id. "
                    f"Received: {received}."
                )
            ids.add(row_id)
            if len(ids) > most:
                raise QueryError(
                    f"The query names more than {most} ids; there are fewer pictures. "
                    "Expected those of image.id."
                )
    return ids


def _id_position(columns: Sequence[str]) -> int:
    lowered = [column.lower() for column in columns]
    if "id" in lowered:
        return lowered.index("id")
    if len(lowered) == 1:
        return 0
    raise QueryError(
        "The query of a cohort names pictures by their id. Expected a column id. "
        f"Received: {', '.join(columns)}."
    )


def _keep_body_parts(session: Session, selection: CohortSelection, max_label_id: int | None) -> None:
    """Leave the pictures that anybody reads as one of the body parts, or else their header."""
    wanted = {body_part.casefold() for body_part in selection.body_parts}
    # Every class that is read as present counts here; the cohort's own policy judges afterwards.
    read_units(
        session,
        task=BODY_PART_TASK,
        unit="image",
        max_label_id=max_label_id,
        decide=lambda readings: int(
            any(one.value == "1" and one.class_name.casefold() in wanted for one in readings)
        ),
    )
    read = {unit_id // 3: answer for unit_id, answer in session.execute(select(READING))}
    parts = session.scalars(
        select(CANDIDATE.c.body_part).distinct().where(CANDIDATE.c.body_part.is_not(None))
    )
    of_header = select(CANDIDATE.c.instance_id).where(
        CANDIDATE.c.body_part.in_([part for part in parts if part.casefold() in wanted])
    )
    kept = {row_id for row_id in session.scalars(of_header) if row_id not in read}
    keep_instances(session, kept | {row_id for row_id, answer in read.items() if answer})

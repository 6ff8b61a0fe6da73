"""Freezing what a selection came to: the fingerprint of its members, and their rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import groupby

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from database.bulk import table_of
from database.cohort_candidates import ANSWER, ANSWER_CLASS, ANSWER_OF, CANDIDATE, fill_table, load_members
from database.cohort_selections import Unit
from database.cohort_tables import CohortTable, count_table
from database.schema import CohortMember, Frame
from foundation.fingerprints import canonical_json

_ROWS_AT_ONCE = 10_000

Labels = Mapping[int, Mapping[str, str]]
"""The labels of each number in the table of answers."""


def members_fingerprint(session: Session, labels: Labels) -> str:
    """Return the SHA-256 over UIDs, frame hashes and labels: row ids differ from database to database.

    It is that of the canonical JSON of `[[uid, [hash, ...], {class: value}], ...]`, sorted by UID, made
    without holding that text.
    """
    texts = {number: canonical_json(dict(one)) for number, one in labels.items()}
    query = (
        select(CANDIDATE.c.sop_instance_uid, Frame.stored_values_sha256, ANSWER_OF.c.answer)
        .join_from(CANDIDATE, ANSWER_OF, ANSWER_OF.c.unit_id == CANDIDATE.c.unit_id)
        .outerjoin(Frame, Frame.instance_id == CANDIDATE.c.instance_id)
        .order_by(CANDIDATE.c.sop_instance_uid, Frame.frame_number)
    )
    digest = hashlib.sha256(b"[")
    separator = ""
    rows = session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for (uid, number), frames in groupby(rows, key=lambda row: (row[0], row[2])):
        hashes = ",".join(f'"{sha}"' for _, sha, _ in frames if sha is not None)
        member = f"{separator}[{json.dumps(uid, ensure_ascii=False)},[{hashes}],{texts[number]}]"
        digest.update(member.encode())
        separator = ","
    digest.update(b"]")
    return digest.hexdigest()


def insert_members(session: Session, cohort_id: int) -> None:
    """Make the candidates that are left the members of a cohort, with their labels."""
    members = (
        select(literal(cohort_id), CANDIDATE.c.instance_id, ANSWER.c.labels)
        .join_from(CANDIDATE, ANSWER_OF, ANSWER_OF.c.unit_id == CANDIDATE.c.unit_id)
        .join(ANSWER, ANSWER.c.answer == ANSWER_OF.c.answer)
    )
    session.execute(
        insert(table_of(CohortMember)).from_select(["cohort_id", "instance_id", "labels"], members)
    )


def recount_members(session: Session, cohort_id: int, *, unit: Unit) -> CohortTable:
    """Count the members of a cohort as the rows are today.

    Args:
        session: within `database.cohort_candidates.working_tables`.
        cohort_id: row id.
        unit: of its selection.
    """
    load_members(session, cohort_id, unit=unit)
    numbers: dict[str, int] = {}
    units: dict[int, int] = {}
    query = (
        select(CANDIDATE.c.unit_id, CohortMember.labels)
        .join_from(CANDIDATE, CohortMember, CohortMember.instance_id == CANDIDATE.c.instance_id)
        .where(CohortMember.cohort_id == cohort_id)
    )
    for unit_id, of_member in session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
        units[unit_id] = numbers.setdefault(canonical_json(of_member), len(numbers) + 1)
    fill_table(session, ANSWER_OF, ({"unit_id": row, "answer": number} for row, number in units.items()))
    labels = {number: json.loads(text) for text, number in numbers.items()}
    present = (
        {"answer": number, "class_name": name}
        for number, one in labels.items()
        for name, value in one.items()
        if value == "1"
    )
    fill_table(session, ANSWER_CLASS, present)
    return count_table(session, labels)

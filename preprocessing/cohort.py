"""The door `cohort`: a selection of rows, frozen with its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from database.cohort_members import CohortMemberRow, cohort_members
from database.cohorts import CohortRecord, CohortSelection, create_cohort, list_cohorts
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, PreprocessingError


class CohortConfig(Config):
    """Which pictures, and which of their labels.

    Attributes:
        name: of the cohort; a known one with another result becomes its next version.
        body_parts: only pictures of these; of all when empty.
        where: a condition on the view `image`.
        sql_file: a file with a query that returns a column `id`; not together with `where`.
        task: whose labels are frozen. For `body_part`, the header's where nobody has read the picture.
        multi_label: a picture may have several classes; otherwise those with several are left out.
        seconds: the query is stopped after them.
    """

    name: str = Field(min_length=1, max_length=64)
    body_parts: tuple[str, ...] = ()
    where: str | None = None
    sql_file: Path | None = None
    task: str = Field(default="body_part", min_length=1, max_length=64)
    multi_label: bool = False
    seconds: float = Field(default=30, gt=0)


class CohortReport(Report):
    """What was frozen.

    Attributes:
        is_new: this call made the version; otherwise it was there, unchanged.
        num_images: members.
        num_patients: distinct known patients.
        num_patient_unknown: members whose patient nobody knows.
        step_counts: pictures at each step of the selection.
        label_counts: members by class.
    """

    cohort_uuid: str
    name: str
    version: int
    task: str
    fingerprint: str
    is_new: bool
    num_images: int
    num_patients: int
    num_patient_unknown: int
    step_counts: dict[str, int]
    label_counts: dict[str, int]


class ListedCohort(Report):
    """One frozen cohort, in a line."""

    name: str
    version: int
    task: str
    num_images: int
    created_at: datetime


class CohortsReport(Report):
    """Every cohort of a database."""

    cohorts: list[ListedCohort]


def cohort(
    config: CohortConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Any = None,
) -> CohortReport:
    """Select pictures, resolve their labels and freeze both.

    Args:
        config: which pictures.
        database: open.
        executor: not used.
        progress: not used.

    Raises:
        EmptyCohortError: nothing fits.
        QueryError: the condition or the query is refused or fails.
        ConfigError: the query's file cannot be read.
    """
    del executor, progress
    if database is None:
        raise PreprocessingError("cohort selects rows: give it an open database.")
    selection = CohortSelection.checked(
        {
            "name": config.name,
            "task": config.task,
            "body_parts": config.body_parts,
            "where": config.where,
            "sql": None if config.sql_file is None else _read_query(config.sql_file),
            "label_policy": "multiple" if config.multi_label else "single",
            "seconds": config.seconds,
        }
    )
    record = transaction(database, lambda session: create_cohort(session, selection))
    with database.session() as session:
        return _report(record, cohort_members(session, record.id))


def list_cohort_reports(database: Database) -> CohortsReport:
    """Return every cohort of a database, by name and version."""
    with database.session() as session:
        records = list_cohorts(session)
    return CohortsReport(
        cohorts=[
            ListedCohort(
                name=record.name,
                version=record.version,
                task=record.task,
                num_images=record.num_members,
                created_at=record.created_at,
            )
            for record in records
        ]
    )


def _report(record: CohortRecord, members: Iterable[CohortMemberRow]) -> CohortReport:
    labels: Counter[str] = Counter()
    patients: Counter[str | None] = Counter()
    for member in members:
        labels.update(member.labels)
        patients[member.patient_key] += 1
    unknown = patients.pop(None, 0)
    return CohortReport(
        cohort_uuid=record.cohort_uuid,
        name=record.name,
        version=record.version,
        task=record.task,
        fingerprint=record.fingerprint,
        is_new=record.is_fresh,
        num_images=record.num_members,
        num_patients=len(patients),
        num_patient_unknown=unknown,
        step_counts=dict(record.step_counts),
        label_counts=dict(sorted(labels.items())),
    )


def _read_query(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Cannot read the query in {path}: expected a text file with one SELECT."
        ) from error

"""The door `cohort`: a selection of rows, frozen with its labels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from database.cohort_selections import InclusionStep, Kept, OnePer, Pick, Unit
from database.cohort_steps import SelectionStep
from database.cohorts import (
    CohortRecord,
    CohortSelection,
    cohort_table,
    create_cohort,
    list_cohorts,
    refresh_cohort,
)
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, PreprocessingError
from preprocessing.label_maps import LABEL_MAPS, read_label_map


class CohortConfig(Config):
    """Which pictures, and which of their labels.

    Attributes:
        name: of the cohort; a known one with another result becomes its next version.
        body_parts: only pictures of these; of all when empty.
        modalities: only pictures of these; likewise `view_positions`, `sexes` and `years` (of the study).
        min_age: in years; pictures of unknown age are left out. Likewise `max_age`.
        where: a condition on the view `image`.
        sql_file: a file with a query that returns a column `id`; not together with `where`.
        steps: further conditions, `NAME: CONDITION`, each counted, in this order.
        task: whose labels are frozen. For `body_part`, the header's where nobody has read the picture.
        multi_label: a picture may have several classes; otherwise those with several are left out.
        label_policy: how several readings are resolved (see `database.label_policies`); `multiple` when
            not given with `multi_label`, else `single`.
        label_map: `original` for MedicalCV's classes, or a file of lines from<TAB>to: members get these
            classes, and pictures without one are left out.
        unit: what has one answer: a picture, or all members of a study or of a patient together.
        one_per: one picture of each patient, study or series only.
        pick: which one: the first, the last, the middle one by shifted study date and instance number, or
            one at random by a keyed hash.
        seed: of `random`.
        keep: what is left out otherwise: `risk` of burned-in text, `duplicates` of identical pixels.
        seconds: each query is stopped after them.
    """

    name: str = Field(min_length=1, max_length=64)
    body_parts: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    view_positions: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    min_age: float | None = Field(default=None, ge=0)
    max_age: float | None = Field(default=None, ge=0)
    where: str | None = None
    sql_file: Path | None = None
    steps: tuple[InclusionStep, ...] = ()
    task: str = Field(default="body_part", min_length=1, max_length=64)
    multi_label: bool = False
    label_policy: str | None = None
    label_map: str | None = None
    unit: Unit = "image"
    one_per: OnePer | None = None
    pick: Pick = "first"
    seed: int = 0
    keep: tuple[Kept, ...] = ()
    seconds: float = Field(default=30, gt=0)

    @field_validator("modalities", "view_positions", "sexes", "years", mode="before")
    @classmethod
    def _commas_part_words(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        parted = (one.split(",") if isinstance(one, str) else [one] for one in value)
        return tuple(one.strip() if isinstance(one, str) else one for some in parted for one in some)


class CohortReport(Report):
    """What was frozen.

    Attributes:
        is_new: this call made the version; otherwise it was there, unchanged.
        num_images: members.
        num_patients: distinct known patients.
        num_patient_unknown: members whose patient nobody knows.
        num_units: what has one answer: pictures, studies or patients.
        steps: what each step of the selection left; those of the frozen version.
        left_out: pictures by reason.
        disputed_repeats: pictures kept of identical ones whose labels differ.
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
    num_units: int
    unit: str
    steps: tuple[SelectionStep, ...]
    left_out: dict[str, int]
    disputed_repeats: int
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
        QueryError: a condition or the query is refused or fails.
        ConfigError: the query's file or the label map cannot be read, or choices contradict each other.
    """
    del executor, progress
    if database is None:
        raise PreprocessingError("cohort selects rows: give it an open database.")
    values = config.model_dump(exclude_unset=True, exclude={"sql_file", "label_policy", "label_map"})
    selection = CohortSelection.checked(
        {
            **values,
            "name": config.name,
            "sql": None if config.sql_file is None else _read_query(config.sql_file),
            "label_policy": config.label_policy or ("multiple" if config.multi_label else "single"),
            "label_map": None if config.label_map is None else read_label_map(config.label_map),
            # A file's name stays out of rows; what it says is recorded.
            "label_map_name": config.label_map if config.label_map in LABEL_MAPS else None,
        }
    )
    return _frozen(database, lambda session: create_cohort(session, selection))


def refresh(name: str, *, database: Database) -> CohortReport:
    """Run the selection of a cohort's newest version again; another result is its next version.

    Args:
        name: of the cohort.
        database: open.

    Raises:
        QueryError: there is no such cohort, or its condition fails.
        EmptyCohortError: nothing fits any more.
    """
    return _frozen(database, lambda session: refresh_cohort(session, name))


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


def _frozen(database: Database, freeze: Callable[[Any], CohortRecord]) -> CohortReport:
    record = transaction(database, freeze)
    with database.session() as session:
        table, _ = cohort_table(session, record)
    labels = {one.class_name: one.num_images.get("1", 0) for one in table.labels}
    return CohortReport(
        cohort_uuid=record.cohort_uuid,
        name=record.name,
        version=record.version,
        task=record.task,
        fingerprint=record.fingerprint,
        is_new=record.is_fresh,
        num_images=record.num_members,
        num_patients=table.num_patients,
        num_patient_unknown=table.num_patient_unknown,
        num_units=table.num_units,
        unit=str(record.selection.get("unit", "image")),
        steps=record.steps,
        left_out=dict(record.left_out),
        disputed_repeats=record.disputed_repeats,
        label_counts={name: count for name, count in sorted(labels.items()) if count},
    )


def _read_query(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Cannot read the query in {path}: expected a text file with one SELECT."
        ) from error

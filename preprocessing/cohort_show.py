"""The door `cohort_show`: the table of a cohort ("Table 1"), and some of its pictures on a sheet."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from database.cohort_steps import SelectionStep
from database.cohort_tables import CohortTable
from database.cohorts import cohort_table, find_cohort
from database.session import Database
from foundation.contracts import Config, Report
from foundation.errors import PreprocessingError
from foundation.files import check_target, write_file
from preprocessing.cohort_sheet import write_cohort_sheet
from preprocessing.cohort_table_files import check_table_path, table_text


class CohortShowConfig(Config):
    """What to show.

    Attributes:
        cohort: NAME for the newest version, or NAME@VERSION.
        output: a file for the table; its ending says how: .txt, .csv, .json or .html.
        sheet: a PNG for the contact sheet.
        pictures: on the sheet, at most; drawn by a keyed hash, class by class in turn.
        seed: of that draw.
        rendering: of the pictures on the sheet.
        overwrite: replace what stands at `output` and `sheet`.
    """

    cohort: str = Field(min_length=1)
    output: Path | None = None
    sheet: Path | None = None
    pictures: int = Field(default=30, ge=1, le=1024)
    seed: int = 0
    rendering: str = "window"
    overwrite: bool = False


class CohortShowReport(Report):
    """One frozen cohort.

    Attributes:
        num_withdrawn: members that left since, because their patient withdrew.
        is_as_frozen: the table is the one of the day of freezing; otherwise it was counted now.
        selection: what was asked for.
        pictures: on the sheet: number to pseudonymous SOP Instance UID.
        not_shown: pictures that were drawn and could not be read, by reason.
    """

    cohort_uuid: str
    name: str
    version: int
    task: str
    label_policy: str
    unit: str
    created_at: datetime
    fingerprint: str
    num_withdrawn: int
    is_as_frozen: bool
    steps: tuple[SelectionStep, ...]
    left_out: dict[str, int]
    disputed_repeats: int
    selection: dict[str, Any]
    table: CohortTable
    pictures: tuple[str, ...] = ()
    not_shown: dict[str, int] = Field(default_factory=dict)


def cohort_show(
    config: CohortShowConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Any = None,
) -> CohortShowReport:
    """Return the table of a cohort; write it and a contact sheet where asked.

    Args:
        config: what to show.
        database: open.
        executor: not used.
        progress: not used.

    Raises:
        QueryError: there is no such cohort or version.
        TargetExistsError: a file is there already.
        ConfigError: the ending of the file is none of ours.
    """
    del executor, progress
    if database is None:
        raise PreprocessingError("cohort show reads rows: give it an open database.")
    for path in (config.output, config.sheet):
        if path is not None:
            check_target(path, overwrite=config.overwrite)
    if config.output is not None:
        check_table_path(config.output)
    with database.session() as session:
        record = find_cohort(session, config.cohort)
        table, is_frozen = cohort_table(session, record)
    shown = None
    if config.sheet is not None:
        shown = write_cohort_sheet(
            config.sheet,
            database,
            record,
            most=config.pictures,
            seed=config.seed,
            rendering=config.rendering,
        )
    report = CohortShowReport(
        cohort_uuid=record.cohort_uuid,
        name=record.name,
        version=record.version,
        task=record.task,
        label_policy=record.label_policy,
        unit=str(record.selection.get("unit", "image")),
        created_at=record.created_at,
        fingerprint=record.fingerprint,
        num_withdrawn=record.num_withdrawn,
        is_as_frozen=is_frozen,
        steps=record.steps,
        left_out=dict(record.left_out),
        disputed_repeats=record.disputed_repeats,
        selection=dict(record.selection),
        table=table,
        pictures=shown.uids if shown else (),
        not_shown=dict(shown.not_shown) if shown else {},
    )
    if config.output is not None:
        write_file(config.output, table_text(report, config.output.suffix.lower()))
    return report

"""The door `labels`: readings for what is stored, from a table, or one class for many pictures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from database.labels import AppendedReadings, append_readings
from database.opening import require_key
from database.pseudonym_keys import ensure_key
from database.runs import begin_run, finish_run
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from foundation.execution import batched
from foundation.progress import Progress, SilentProgress
from imaging.pseudonyms import Pseudonymiser
from ingest.label_subjects import By, SubjectFinder
from ingest.label_tables import LabelTableField
from ingest.label_work import LabelWork, Selection, Told, work_of_selection, work_of_table
from ingest.labelled_files import rows_file_beside
from ingest.row_problems import RowProblem, count_reasons, write_problems

Name = Annotated[str, Field(min_length=1, max_length=64)]


class LabelsConfig(Config):
    """What is labelled, and as what: by a table, or all with one class.

    Attributes:
        labels: the table; its path, or its fields (`ingest.label_tables.LabelTable`).
        by: what its subject column holds.
        task: what the labels answer; overrules the table's.
        reader: who read; overrules the table's, but not a column of readers.
        constant: one class for every picture of `where`, `source` and `folder`.
        where: a condition over the view `image`.
        folder: files below it, found in the database by their places and names.
        source: only files of this source; it also stands for the issuer of patients' numbers.
        issuer: of patients' numbers, where the files named one.
        batch_size: subjects in one transaction.
        seconds: how long `where` may take.
        rows_file: where the rows that came to nothing are written; beside an SQLite database, else in
            the current folder, when not given.
    """

    labels: LabelTableField = None
    by: By | None = None
    task: Name | None = None
    reader: Name | None = None
    constant: Name | None = None
    where: str | None = None
    folder: Path | None = None
    source: Name | None = None
    issuer: str | None = None
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 2000
    seconds: Annotated[float, Field(gt=0)] = 30
    rows_file: Path | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> LabelsConfig:
        if (self.labels is None) == (self.constant is None):
            raise ValueError("Give a table of labels, or one class for all (--constant NAME), and not both")
        if self.labels is not None and self.by is None:
            raise ValueError(
                "Say what the table names: --by file_name, sop_instance_uid, study_instance_uid, "
                "accession_number or patient_id"
            )
        if self.labels is not None and (self.where or self.folder):
            raise ValueError("A condition or a folder goes with --constant; a table says what it labels")
        if self.constant is not None and not (self.where or self.folder or self.source):
            raise ValueError("Say which pictures: --where, --folder or --source")
        return self


class LabelsReport(Report):
    """What became of the labels.

    Attributes:
        task: what they answer.
        level: what was labelled: `instance`, `study` or `patient`.
        form: of the table; `constant` without one.
        num_rows: of the table, or files, or pictures.
        num_rows_used: of those, how many made readings.
        num_subjects: distinct ones that were labelled.
        num_readings: readings that the rows came to.
        num_added: rows in the database; the others repeated what their reader had said last.
        num_corrections: of those, how many changed what their reader had said.
        num_contradicted: subjects of which another reader says otherwise; both readings are kept.
        labels: subjects by class, as far as it was read as present.
        reasons: rows that came to nothing, by reason.
        rows_file: the operator's file with their numbers; None when there is nothing to tell.
        seconds: it took.
    """

    task: str
    level: str
    form: str
    num_rows: int
    num_rows_used: int
    num_subjects: int
    num_readings: int
    num_added: int
    num_corrections: int
    num_contradicted: int
    labels: dict[str, int]
    reasons: dict[str, int]
    rows_file: Path | None
    seconds: float


def labels(
    config: LabelsConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Progress | None = None,
) -> LabelsReport:
    """Append readings for what is stored; a correction is a new reading, a repeat adds nothing.

    Args:
        config: what is labelled.
        database: open, with its key.
        executor: not used; labels are few.
        progress: told of each batch of subjects.

    What is stored is kept however the call ends: the same call again goes on where it stopped.

    Raises:
        ConfigError: a column or a task that has to be named.
        IngestError: the table cannot be read, or a folder is missing.
        KeyFileError: no key, or another one than the database's.
        QueryError: the condition is refused or fails.
        DatabaseError: rows could not be written.
    """
    del executor
    if database is None:
        raise IngestError("labels writes rows: give it an open database.")
    started = time.perf_counter()
    work = _find_work(config, database)
    appending = _Appending(database, work, _begin(config, database))
    appending.append_all(config.batch_size, progress or SilentProgress())
    counts = appending.counts
    problems = [*work.problems, *appending.problems]
    return LabelsReport(
        task=work.task,
        level=work.level,
        form=work.form,
        num_rows=work.num_rows,
        num_rows_used=work.num_rows_used,
        num_subjects=len(work.groups),
        num_readings=counts["readings"],
        num_added=counts["added"],
        num_corrections=counts["corrections"],
        num_contradicted=counts["contradicted"],
        labels=dict(sorted(appending.labels.items())),
        reasons=count_reasons(problems),
        rows_file=write_problems(_rows_path(config, database), problems),
        seconds=time.perf_counter() - started,
    )


def _find_work(config: LabelsConfig, database: Database) -> LabelWork:
    finder = SubjectFinder(
        database,
        Pseudonymiser(require_key(database)),
        config.by or "file_name",
        source_name=config.source,
        issuer=config.issuer,
        path_prefix="" if config.labels is None else config.labels.path_prefix,
    )
    if config.labels is not None:
        told = {"task": config.task, "reader": config.reader}
        given = {name: value for name, value in told.items() if value is not None}
        return work_of_table(config.labels.model_copy(update=given), finder)
    chosen = Selection(config.where, config.folder, config.source, config.seconds)
    return work_of_selection(
        chosen, finder, class_name=str(config.constant), task=config.task, reader=config.reader
    )


def _begin(config: LabelsConfig, database: Database) -> int:
    """Keep the key's fingerprint and open the run; places on this machine are not recorded."""
    key = require_key(database)
    told: dict[str, Any] = config.model_dump(
        mode="json", exclude={"labels", "where", "folder", "rows_file", "issuer"}
    )
    told |= {"labels": config.labels and config.labels.told()}
    transaction(database, lambda session: ensure_key(session, key))
    return transaction(
        database,
        lambda session: begin_run(
            session, source_name=config.source or "default", profile="", config=told, kind="labels"
        ),
    )


class _Appending:
    """Readings on their way into the database, some subjects in a transaction."""

    def __init__(self, database: Database, work: LabelWork, run_id: int) -> None:
        self._database, self._work, self._run_id = database, work, run_id
        self.counts: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.problems: list[RowProblem] = []

    def append_all(self, batch_size: int, progress: Progress) -> None:
        """Append batch by batch, so that a run that was cut can go on; close the run."""
        progress.begin("labels", len(self._work.groups))
        for batch in batched(self._work.groups, batch_size):
            self._append(batch)
            progress.advance(len(batch))
        progress.end()
        transaction(self._database, lambda session: finish_run(session, self._run_id, self.counts))

    def _append(self, batch: Sequence[Sequence[Told]]) -> None:
        readings = [reading for group in batch for told in group for reading in self._work.readings_of(told)]
        appended: AppendedReadings = transaction(
            self._database,
            lambda session: append_readings(
                session, readings, run_id=self._run_id, single_label=self._work.is_single_label
            ),
        )
        self.counts["readings"] += len(readings)
        self.counts["added"] += appended.num_added
        self.counts["corrections"] += appended.num_corrections
        self.counts["contradicted"] += len(appended.contradicted)
        present = {(one.task, one.class_name, one.subject_key) for one in readings if one.value == "1"}
        self.labels.update(name for task, name, _ in present if task == self._work.task)
        contradicted = {subject for _, subject in appended.contradicted}
        self.problems += [
            RowProblem(told.row.number, "reader_contradicted")
            for group in batch
            for told in group
            if told.subject in contradicted
        ]


def _rows_path(config: LabelsConfig, database: Database) -> Path:
    if config.rows_file is not None:
        return config.rows_file
    beside = database.file_path
    return rows_file_beside(Path("dicomill.tsv") if beside is None else beside.with_suffix(".tsv"))

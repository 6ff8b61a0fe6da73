"""The door `ingest`: folders, files and archives to rows, through an executor."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Annotated

from pydantic import ByteSize, Field

from database.opening import require_key
from database.patience import Patience
from database.patients import RULE_FIELD, check_identifier_rule
from database.pixel_stores import ensure_store
from database.pseudonym_keys import ensure_key
from database.runs import begin_run
from database.session import Database, transaction
from foundation.contracts import Report
from foundation.errors import DatabaseUnavailableError, IngestError
from foundation.progress import Progress, SilentProgress
from foundation.stopping import gentle_interrupts
from imaging.limits import Limits
from imaging.pseudonyms import PATIENT_ID_RULE
from imaging.settings import ReadSettings
from ingest.batch import BatchSettings
from ingest.crew import Crew, open_crew
from ingest.engine import Engine, Surroundings
from ingest.feeds import Feed
from ingest.label_tables import LabelTableField
from ingest.labelled_files import open_labelled_files, rows_file_beside
from ingest.operator_file import OperatorFile
from ingest.picture_tables import TableReport
from ingest.privacy_choice import PrivacyChoice
from ingest.site_tables import read_site_tables
from ingest.sources import SourceFile, check_sources
from ingest.spool import POLL_SECONDS, SETTLE_SECONDS
from ingest.watching import open_watch

Name = Annotated[str, Field(min_length=1, max_length=64)]

# Paths, or places of this machine; of the table, `told` says the rest.
_NOT_KEPT = {
    "paths",
    "operator_file",
    "rows_file",
    "done_folder",
    "scheduler",
    "pixels",
    "labels",
    "allow_list",
    "site_tables",
}

STOPPING = "Stopping: what is under way is finished first. Press Ctrl-C again to end at once."


class IngestConfig(PrivacyChoice):
    """What to read, and how.

    Attributes:
        paths: folders, walked to any depth, and files.
        source: a name for where the files come from. A file is known by its place below the folders
            that are named and by its bytes, within its source.
        class_folders: the folder that a file lies in is its class; the folders that are named count when
            there are several of them.
        task: what the class folders tell.
        profile, options, allow_list, keeps_identifiers: what is kept of a header (`PrivacyChoice`).
        workers: processes; when not given, as many as cores and memory allow. With 1 there is no other
            process, so nothing outlives a crash.
        memory: bytes, or text such as `4GB`: what all workers together may take. When not given, half
            of what is free.
        scheduler: address of a Dask scheduler whose workers do the work instead.
        batch_size: files that a worker is given at once, at most; of large files fewer.
        patience_seconds: how long to wait for a database that is gone, each time.
        watch: the one path is a spool folder: go on with what arrives there until stopped.
        done_folder: where the files of a spool go that were seen to; they stay when not given.
        poll_seconds, settle_seconds: between two looks into a spool; how long a file must have stayed
            the same before it is taken as complete.
        watch_seconds: when watching ends by itself; never when not given.
        operator_file: where the paths of files that gave no picture are written; beside an SQLite
            database, else in the current folder, when not given.
        labels: a label table that says what the pictures show, and whose they are; its path, or its
            fields (`ingest.label_tables.LabelTable`).
        rows_file: where the rows of the table that came to nothing are written; beside the operator's
            file when not given.
        site_tables: files that say what the site's own texts stand for (`imaging.site_tables`).
        limits: bounds for one file.
        pixels: a folder or URL (fsspec) that pictures go to instead of into the database.
    """

    paths: tuple[Path, ...]
    source: Name = "default"
    class_folders: bool = False
    task: Name = "body_part"
    workers: Annotated[int, Field(ge=1)] | None = None
    memory: ByteSize | None = None
    scheduler: str | None = None
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 64
    patience_seconds: Annotated[float, Field(ge=0)] = 120.0
    watch: bool = False
    done_folder: Path | None = None
    poll_seconds: Annotated[float, Field(gt=0)] = POLL_SECONDS
    settle_seconds: Annotated[float, Field(ge=0)] = SETTLE_SECONDS
    watch_seconds: Annotated[float, Field(gt=0)] | None = None
    operator_file: Path | None = None
    labels: LabelTableField = None
    rows_file: Path | None = None
    site_tables: tuple[Path, ...] = ()
    limits: Limits = Limits()
    pixels: str | None = None


class IngestReport(Report):
    """How the files ended.

    Attributes:
        num_files: how many were found; each has one disposition.
        dispositions: `stored`, `resent`, `updated`, `conflict`, `unchanged`, `not_an_image`, `rejected`.
        reasons: reason code to number of files, for those that gave no picture.
        num_new_instances: rows that this run added.
        operator_file: the table of paths; None when there was nothing to tell.
        seconds: the run took.
        labels: how a label table and the files found each other; None without a table.
    """

    num_files: int
    dispositions: dict[str, int]
    reasons: dict[str, int]
    num_new_instances: int
    operator_file: Path | None
    seconds: float
    labels: TableReport | None = None


def ingest(
    config: IngestConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Read every file below the paths into the database; one bad file is a row with a reason.

    Args:
        config: what to read.
        database: open, with its key.
        executor: where the batches run; by default a pool of processes of this machine.
        progress: told of each batch.

    What is stored is kept however the run ends: the same call again goes on where it stopped and
    stores nothing twice. Ctrl-C finishes the batches that are under way; a second one ends at once.
    Where a spool folder is watched, that is the end that is meant, and there is a report.

    Raises:
        IngestError: nothing to read, a path that is missing, or an operator's file that cannot be written.
        ConfigError: the scheduler does not answer.
        ExecutionError: the workers are gone for good.
        KeyFileError: no key, or another one than the database's.
        DatabaseError: rows could not be written, or the database did not come back.
        KeyboardInterrupt: the run was stopped; the batches that were under way are stored.
    """
    if database is None:
        raise IngestError("ingest writes rows: give it an open database.")
    check_sources(config.paths)
    started = time.perf_counter()
    read = _read_settings(config, database)
    feed = _open_feed(config, read)
    settings = _begin(config, database, read)
    progress = progress or SilentProgress()
    with (
        OperatorFile(_operator_path(config, database), run_id=settings.run_id) as operator_file,
        gentle_interrupts(lambda: progress.tell(STOPPING)) as stop,
        open_crew(
            workers=config.workers, memory=config.memory, scheduler=config.scheduler, executor=executor
        ) as crew,
    ):
        patience = Patience(
            database,
            seconds=config.patience_seconds,
            tell=progress.tell,
            is_stopped=lambda: stop.is_asked,
        )
        engine = Engine(settings, Surroundings(operator_file, progress, patience, stop, feed.put_away))
        progress.begin("ingest", feed.count())
        _run(engine, crew, feed.batches(config.batch_size, is_stopped=lambda: stop.is_asked))
        progress.end()
        # Watching ends by being stopped.
        is_whole = config.watch or not stop.is_asked
        engine.close(is_whole=is_whole)
    if not is_whole:
        progress.tell(f"{engine.dispositions.total():,} files are done and kept.")
        raise KeyboardInterrupt
    table = feed.report(config.rows_file or rows_file_beside(operator_file.path))
    return _report(engine, operator_file, table, seconds=time.perf_counter() - started)


def _run(engine: Engine, crew: Crew, batches: Iterator[Sequence[SourceFile]]) -> None:
    try:
        engine.run(crew.executor, batches, ahead=crew.ahead)
    except DatabaseUnavailableError as error:
        done = engine.dispositions.total()
        raise DatabaseUnavailableError(
            f"{error} {done:,} files were done by then, and what was stored is kept. When the database is "
            "there again, run the same command to go on."
        ) from error


def _open_feed(config: IngestConfig, read: ReadSettings) -> Feed:
    watch = None
    if config.watch:
        if config.labels is not None:
            raise IngestError("A label table is of files that are there: give it without watching.")
        watch = open_watch(
            config.paths,
            done_folder=config.done_folder,
            poll_seconds=config.poll_seconds,
            settle_seconds=config.settle_seconds,
            for_seconds=config.watch_seconds,
        )
    files = open_labelled_files(config.paths, config.labels, settings=read, source_name=config.source)
    return Feed(files, watch, config.limits)


def _read_settings(config: IngestConfig, database: Database) -> ReadSettings:
    return ReadSettings(
        key=require_key(database),
        profile=config.profile,
        options=config.options,
        allow_list=config.read_allow_list(),
        site_table=read_site_tables(config.site_tables),
        limits=config.limits,
        default_issuer=config.source,
    )


def _begin(config: IngestConfig, database: Database, read: ReadSettings) -> BatchSettings:
    """Keep the key's fingerprint, open the run and return what every batch shares."""
    told = config.model_dump(mode="json", exclude=_NOT_KEPT)
    told |= config.told_privacy()
    told |= {"site_table_sha256": read.site_table.sha256 if read.site_table.lines else None}
    told |= {RULE_FIELD: PATIENT_ID_RULE, "labels": config.labels and config.labels.told()}
    with database.session() as session:
        check_identifier_rule(session, PATIENT_ID_RULE)
    transaction(database, lambda session: ensure_key(session, read.key))
    pixels = config.pixels
    store = None if pixels is None else transaction(database, lambda session: ensure_store(session, pixels))
    run_id = transaction(
        database,
        lambda session: begin_run(session, source_name=config.source, profile=config.profile, config=told),
    )
    return BatchSettings(
        database_url=database.url_text,
        run_id=run_id,
        source_name=config.source,
        read=read,
        class_task=config.task if config.class_folders else None,
        top_is_class=len(config.paths) > 1,
        pixel_store=store,
    )


def _report(
    engine: Engine, operator_file: OperatorFile, table: TableReport | None, *, seconds: float
) -> IngestReport:
    dispositions = engine.dispositions
    return IngestReport(
        num_files=dispositions.total(),
        dispositions=dict(sorted(dispositions.items())),
        reasons=dict(sorted(engine.reasons.items())),
        num_new_instances=sum(dispositions[name] for name in ("stored", "updated", "conflict")),
        operator_file=operator_file.path if operator_file.is_written else None,
        seconds=seconds,
        labels=table,
    )


def _operator_path(config: IngestConfig, database: Database) -> Path:
    if config.operator_file is not None:
        return config.operator_file
    beside = database.file_path
    return Path("dicomill-paths.tsv") if beside is None else beside.with_suffix(".paths.tsv")

"""The door `ingest`: folders and files to rows, through a pool of processes."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

from pydantic import Field

from database.opening import require_key
from database.pseudonym_keys import ensure_key
from database.runs import begin_run, finish_run
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from foundation.execution import batched, map_batches, open_executor
from foundation.progress import Progress, SilentProgress
from imaging.limits import Limits
from imaging.settings import Profile, ReadSettings
from ingest.batch import BatchSettings, ingest_batch
from ingest.operator_file import OperatorFile
from ingest.sources import check_sources, count_files, find_files

Name = Annotated[str, Field(min_length=1, max_length=64)]


class IngestConfig(Config):
    """What to read, and how.

    Attributes:
        paths: folders, walked to any depth, and files.
        source: a name for where the files come from. A file is known by its place below the folders
            that are named and by its bytes, within its source.
        class_folders: the folder that a file lies in is its class.
        task: what the class folders tell.
        profile: what is kept of a header: `strict` or `research`.
        workers: processes; one a core when not given, this one alone when 1.
        batch_size: files in one transaction.
        operator_file: where the paths of files that gave no picture are written; beside an SQLite
            database, else in the current folder, when not given.
        limits: bounds for one file.
    """

    paths: tuple[Path, ...]
    source: Name = "default"
    class_folders: bool = False
    task: Name = "body_part"
    profile: Profile = "research"
    workers: Annotated[int, Field(ge=1)] | None = None
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 16
    operator_file: Path | None = None
    limits: Limits = Limits()


class IngestReport(Report):
    """How the files ended.

    Attributes:
        num_files: how many were found; each has one disposition.
        dispositions: `stored`, `resent`, `updated`, `conflict`, `unchanged`, `not_an_image`, `rejected`.
        reasons: reason code to number of files, for those that gave no picture.
        num_new_instances: rows that this run added.
        operator_file: the table of paths; None when there was nothing to tell.
        seconds: the run took.
    """

    num_files: int
    dispositions: dict[str, int]
    reasons: dict[str, int]
    num_new_instances: int
    operator_file: Path | None
    seconds: float


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
    stores nothing twice.

    Raises:
        IngestError: nothing to read, or a path that is missing.
        KeyFileError: no key, or another one than the database's.
        DatabaseError: rows could not be written.
    """
    if database is None:
        raise IngestError("ingest writes rows: give it an open database.")
    check_sources(config.paths)
    progress = progress or SilentProgress()
    started = time.perf_counter()
    settings = _begin(config, database)
    progress.begin("ingest", count_files(config.paths))
    dispositions: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    batches = batched(find_files(config.paths), config.batch_size)
    opened = open_executor(config.workers) if executor is None else nullcontext(executor)
    with OperatorFile(_operator_path(config, database)) as operator_file, opened as runner:
        for report in map_batches(runner, ingest_batch, batches, settings):
            dispositions += report.dispositions
            reasons += report.reasons
            operator_file.add(report.unstored)
            progress.advance(report.dispositions.total())
    progress.end()
    transaction(database, lambda session: finish_run(session, settings.run_id, dispositions))
    return IngestReport(
        num_files=dispositions.total(),
        dispositions=dict(sorted(dispositions.items())),
        reasons=dict(sorted(reasons.items())),
        num_new_instances=sum(dispositions[name] for name in ("stored", "updated", "conflict")),
        operator_file=operator_file.path if operator_file.is_written else None,
        seconds=time.perf_counter() - started,
    )


def _begin(config: IngestConfig, database: Database) -> BatchSettings:
    """Keep the key's fingerprint, open the run and return what every batch shares."""
    key = require_key(database)
    told = config.model_dump(mode="json", exclude={"paths", "operator_file"})
    transaction(database, lambda session: ensure_key(session, key))
    run_id = transaction(
        database,
        lambda session: begin_run(session, source_name=config.source, profile=config.profile, config=told),
    )
    return BatchSettings(
        database_url=database.url_text,
        run_id=run_id,
        source_name=config.source,
        read=ReadSettings(
            key=key, profile=config.profile, limits=config.limits, default_issuer=config.source
        ),
        class_task=config.task if config.class_folders else None,
    )


def _operator_path(config: IngestConfig, database: Database) -> Path:
    if config.operator_file is not None:
        return config.operator_file
    beside = database.file_path
    return Path("dicomill-paths.tsv") if beside is None else beside.with_suffix(".paths.tsv")

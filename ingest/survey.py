"""The dry run: what `ingest` would do with the same config, from headers alone, and nothing is written."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor

from database.session import Database
from foundation.contracts import Report
from foundation.progress import Progress, SilentProgress
from foundation.survival import Course, Death, map_surviving
from imaging.settings import ReadSettings
from ingest.crew import open_crew
from ingest.engine import WORKER_DIED
from ingest.ingest import IngestConfig
from ingest.labelled_files import open_labelled_files
from ingest.picture_tables import TableReport
from ingest.sources import batch_files, check_sources
from ingest.survey_batch import Look, SurveySettings, survey_batch

BATCH_SIZE = 64
UNKNOWN = "unknown"


class SurveyReport(Report):
    """What would happen.

    Attributes:
        num_files: how many were found; each has one disposition.
        num_bytes: of those that hold a picture, before it is compressed for storage.
        dispositions: as of an ingest. `resent` are all whose UID was met before: only pixels tell whether
            one is updated or in conflict. `unchanged` is by place and size.
        reasons: reason code to number of files, for those that give no picture as far as headers tell.
        num_patients, num_studies, num_series, num_instances: different ones; blank ids count as none.
        num_frames: as headers say.
        modalities, body_parts, burned_in_risks: files that hold a picture, by what their header says.
        compares_with_database: whether a database and its key were there to compare with.
        labels: how the label table and the files find each other; None without one.
        seconds: the dry run took.
    """

    num_files: int
    num_bytes: int
    dispositions: dict[str, int]
    reasons: dict[str, int]
    num_patients: int
    num_studies: int
    num_series: int
    num_instances: int
    num_frames: int
    modalities: dict[str, int]
    body_parts: dict[str, int]
    burned_in_risks: dict[str, int]
    compares_with_database: bool
    labels: TableReport | None
    seconds: float


def survey(
    config: IngestConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> SurveyReport:
    """Read the header of every file below the paths and say what ingest would do.

    Args:
        config: of the ingest that is meant.
        database: open, with its key; without one every file is held against the others alone.
        executor: where headers are read; by default as ingest does.
        progress: told of each batch.

    Raises:
        ConfigError: a column or a task of the label table that has to be named.
        IngestError: nothing to read, a path that is missing, or a label table that cannot be read.
        DatabaseError: the database cannot be read.
    """
    check_sources(config.paths)
    started = time.perf_counter()
    progress = progress or SilentProgress()
    settings = _settings(config, database)
    tally = _Tally()
    files = open_labelled_files(
        config.paths, config.labels, settings=settings.read, source_name=config.source
    )
    with open_crew(
        workers=config.workers, memory=config.memory, scheduler=config.scheduler, executor=executor
    ) as crew:
        progress.begin("dry run", files.count())
        batches = batch_files(files, BATCH_SIZE)
        course = Course(ahead=crew.ahead)
        for outcome in map_surviving(crew.executor, survey_batch, batches, settings, course=course):
            looks = [Look("rejected", WORKER_DIED)] if isinstance(outcome, Death) else outcome.result
            tally.add(looks)
            progress.advance(len(looks))
        progress.end()
    return tally.report(
        compares_with_database=settings.database_url is not None,
        labels=files.report(None),
        seconds=time.perf_counter() - started,
    )


def _settings(config: IngestConfig, database: Database | None) -> SurveySettings:
    key = None if database is None else database.key
    return SurveySettings(
        database_url=database.url_text if database is not None and key is not None else None,
        source_name=config.source,
        read=ReadSettings(
            # Without a key pseudonyms only have to tell equal from other, within this run.
            key=key or secrets.token_bytes(32),
            profile=config.profile,
            limits=config.limits,
            default_issuer=config.source,
        ),
    )


class _Tally:
    """Counts, and marks of what was met: 64 bits for each different thing."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {
            name: Counter()
            for name in ("dispositions", "reasons", "modalities", "body_parts", "burned_in_risks")
        }
        self._met: dict[str, set[int]] = {name: set() for name in ("instance", "series", "study", "patient")}
        self._num_bytes = self._num_frames = 0

    def add(self, looks: Iterable[Look]) -> None:
        """Count what some files are."""
        for look in looks:
            is_repeated = look.disposition == "stored" and look.instance in self._met["instance"]
            self._counts["dispositions"]["resent" if is_repeated else look.disposition] += 1
            if look.instance is None:
                self._counts["reasons"][look.reason_code] += 1
                continue
            for name, met in self._met.items():
                mark = getattr(look, name)
                if mark is not None:
                    met.add(mark)
            self._counts["modalities"][look.modality or UNKNOWN] += 1
            self._counts["body_parts"][look.body_part or UNKNOWN] += 1
            self._counts["burned_in_risks"][look.burned_in_risk or UNKNOWN] += 1
            self._num_bytes += look.num_bytes
            self._num_frames += look.num_frames

    def report(
        self, *, compares_with_database: bool, labels: TableReport | None, seconds: float
    ) -> SurveyReport:
        """Return the sums."""
        return SurveyReport(
            num_files=self._counts["dispositions"].total(),
            num_bytes=self._num_bytes,
            num_patients=len(self._met["patient"]),
            num_studies=len(self._met["study"]),
            num_series=len(self._met["series"]),
            num_instances=len(self._met["instance"]),
            num_frames=self._num_frames,
            compares_with_database=compares_with_database,
            labels=labels,
            seconds=seconds,
            **{name: dict(sorted(counter.items())) for name, counter in self._counts.items()},
        )

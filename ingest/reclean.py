"""The door `reclean`: cleaned columns settled again by today's vocabularies and site tables."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from database.opening import require_key
from database.pseudonym_keys import ensure_key
from database.recleaning import CleanedRow, RowChange, cleaned_rows, store_changes
from database.runs import begin_run, finish_run, keep_counts
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from foundation.progress import Progress, SilentProgress
from imaging.cleaned_columns import COLUMNS, column_fields
from imaging.findings import Cleaned
from imaging.pseudonyms import Pseudonymiser
from imaging.recleaning import (
    Phrasebook,
    Recleaned,
    StoredColumns,
    make_phrasebook,
    reclean_columns,
)
from imaging.site_tables import SiteTable
from ingest.site_tables import read_site_tables

_SOURCE_NAME = "database"


class RecleanConfig(Config):
    """By which tables to clean anew.

    Attributes:
        site_tables: files of `imaging.site_tables`, the later over the earlier; with none, values that a
            table gave before are taken back.
        batch_size: rows in one transaction.
        dry_run: count what would change, and change nothing.
    """

    site_tables: tuple[Path, ...] = ()
    batch_size: Annotated[int, Field(ge=1, le=20_000)] = 2000
    dry_run: bool = False


class ColumnChange(Report):
    """How often a column went from one value to another; None is unknown."""

    column: str
    before: str | None
    after: str | None
    num_instances: int


class RecleanReport(Report):
    """What cleaning anew came to.

    Attributes:
        num_instances: rows looked at, of every version.
        num_changed: rows with another value, rule or source than before.
        changes: by column and value; what changed its rule alone is not listed.
        kept_as_read: column to rows whose value comes from a longer text: what it named was found when the
            file was read, and the text is not kept, so a larger vocabulary cannot be applied to it.
        still_unknown: column to rows without a value though the header says something of it that no
            vocabulary and no table knows: lines for a site's table.
        without_sources: rows of DICOM files that were stored without the hashes of their texts; ingest
            their files again to have them.
        is_dry_run: nothing was changed.
        seconds: the run took.
    """

    num_instances: int
    num_changed: int
    changes: list[ColumnChange]
    kept_as_read: dict[str, int]
    still_unknown: dict[str, int]
    without_sources: int
    is_dry_run: bool
    seconds: float


def reclean(
    config: RecleanConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RecleanReport:
    """Settle modality, view, body part and laterality of every row again, without files or PACS.

    Each batch is one transaction: a run that is cut short leaves whole rows, and the same call again does
    the rest. Values that came from class folders stay.

    Args:
        config: by which tables.
        database: open, with its key.
        executor: not used.
        progress: told of each batch.

    Raises:
        ConfigError: a site table cannot be read.
        KeyFileError: no key, or another one than the database's.
        DatabaseError: rows could not be written.
    """
    del executor
    if database is None:
        raise IngestError("reclean changes rows: give it an open database.")
    progress = progress or SilentProgress()
    started = time.perf_counter()
    site_table = read_site_tables(config.site_tables)
    run = _Run(config, database, site_table)
    progress.begin("reclean", None)
    for rows in run.batches():
        progress.advance(rows)
    progress.end()
    run.finish()
    return RecleanReport(
        num_instances=run.num_instances,
        num_changed=run.num_changed,
        changes=[
            ColumnChange(column=column, before=before, after=after, num_instances=count)
            for (column, before, after), count in sorted(
                run.changes.items(), key=lambda item: (-item[1], [str(part) for part in item[0]])
            )
        ],
        kept_as_read=dict(sorted(run.kept_as_read.items())),
        still_unknown=dict(sorted(run.still_unknown.items())),
        without_sources=run.without_sources,
        is_dry_run=config.dry_run,
        seconds=time.perf_counter() - started,
    )


class _Run:
    """One call: the counts that grow from batch to batch."""

    def __init__(self, config: RecleanConfig, database: Database, site_table: SiteTable) -> None:
        key = require_key(database)
        self.config, self.database = config, database
        self.phrasebook: Phrasebook = make_phrasebook(Pseudonymiser(key), site_table)
        self.changes: Counter[tuple[str, str | None, str | None]] = Counter()
        self.kept_as_read: Counter[str] = Counter()
        self.still_unknown: Counter[str] = Counter()
        self.num_instances = self.num_changed = self.without_sources = 0
        self._last: tuple[tuple[object, ...], Recleaned] | None = None
        self.run_id = None if config.dry_run else self._begin(key, site_table)

    def _begin(self, key: bytes, site_table: SiteTable) -> int:
        told = {"site_table_sha256": site_table.sha256, "site_table_lines": len(site_table.lines)}
        transaction(self.database, lambda session: ensure_key(session, key))
        return transaction(
            self.database,
            lambda session: begin_run(
                session, source_name=_SOURCE_NAME, profile="", config=told, kind="reclean"
            ),
        )

    def batches(self) -> Iterator[int]:
        """Clean batch by batch; yield the number of rows of each."""
        after = 0
        while True:
            with self.database.session() as session:
                rows = cleaned_rows(session, after=after, limit=self.config.batch_size)
            if not rows:
                return
            after = rows[-1].instance_id
            self._clean(rows)
            yield len(rows)

    def _clean(self, rows: list[CleanedRow]) -> None:
        changed = [change for row in rows if (change := self._change_of(row)) is not None]
        self.num_instances += len(rows)
        self.num_changed += len(changed)
        run_id = self.run_id
        if changed and run_id is not None:
            transaction(self.database, lambda session: store_changes(session, changed))
            transaction(self.database, lambda session: keep_counts(session, run_id, self.counts()))

    def _change_of(self, row: CleanedRow) -> RowChange | None:
        if row.sources is None:
            self.without_sources += row.kind == "dicom"
            return None
        recleaned = self._reclean(row, row.sources)
        self.kept_as_read.update(recleaned.kept_as_read)
        self.still_unknown.update(recleaned.still_unknown)
        fields = column_fields(recleaned.columns)
        different = {name: value for name, value in fields.items() if value != row.values[name]}
        if recleaned.sources != row.sources:
            different["cleaning_sources"] = dict(recleaned.sources)
        for column in COLUMNS:
            if column in different:
                self.changes[column, row.values[column], different[column]] += 1
        return RowChange(row, different) if different else None

    def _reclean(self, row: CleanedRow, sources: Mapping[str, Any]) -> Recleaned:
        """Settle a row; the pictures of a series mostly hold the same, so the last result is kept."""
        held = (row.sop_class_uid, sources, row.values)
        if self._last is None or self._last[0] != held:
            stored = StoredColumns(_columns_of(row), sources, row.sop_class_uid)
            self._last = held, reclean_columns(stored, self.phrasebook)
        return self._last[1]

    def counts(self) -> dict[str, int]:
        """Return what the run's row keeps: each change of a value, and how many rows."""
        told = {
            f"{column}: {before or 'unknown'} -> {after or 'unknown'}": count
            for (column, before, after), count in sorted(self.changes.items(), key=str)
        }
        return {"rows": self.num_instances, "changed": self.num_changed, **told}

    def finish(self) -> None:
        """Close the run's row."""
        run_id = self.run_id
        if run_id is not None:
            transaction(self.database, lambda session: finish_run(session, run_id, self.counts()))


def _columns_of(row: CleanedRow) -> dict[str, Cleaned]:
    return {
        column: Cleaned(
            row.values[column],
            row.values[f"{column}_raw"],
            row.values[f"{column}_rule"],
            row.values[f"{column}_confidence"],
        )
        for column in COLUMNS
    }

"""The door `merge`: a list of patients who are one, as aliases that views, cohorts and splits follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from database.opening import require_key
from database.patients import (
    RULE_FIELD,
    MergeCounts,
    PatientMerge,
    check_identifier_rule,
    merge_patients,
    part_patients,
)
from database.pseudonym_keys import ensure_key
from database.runs import begin_run, finish_run
from database.session import Database, transaction
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from imaging.pseudonyms import PATIENT_ID_RULE, Pseudonymiser
from ingest.pseudonymise import RowsReport
from ingest.pseudonymous_rows import RowNumbers
from ingest.text_tables import Separator, TextTable, open_text_table

_KEY = re.compile(r"[0-9a-f]{32}")


class MergeConfig(Config):
    """Which patients are one.

    Attributes:
        table: CSV or TSV, also gzipped; a row for each patient who is another one.
        old: the column of ids that are no longer used.
        new: the column of ids that took their place.
        old_issuer: the column of who issued the old ids.
        new_issuer: the column of who issued the new ids.
        source: the source that the pictures were ingested under: the issuer where the table says none.
        keys: the columns hold patient keys, as the view `image` shows them, rather than ids.
        undo: take the rows back: each old patient stands on its own again.
        encoding: of the table; found when not given.
        separator: between its cells; found when not given.
    """

    table: Path
    old: str = "old"
    new: str = "new"
    old_issuer: str | None = None
    new_issuer: str | None = None
    source: Annotated[str, Field(min_length=1, max_length=64)] = "default"
    keys: bool = False
    undo: bool = False
    encoding: str | None = None
    separator: Separator | None = None


class MergeReport(Report):
    """What the list changed. No id and no key is in it.

    Attributes:
        num_rows: that the list has.
        num_merged: patients that were on their own before.
        num_moved: patients that led to another one before, and now lead to this one.
        num_unchanged: rows that said what was known.
        num_parted: patients that stand on their own again.
        num_otherwise: rows to take back that did not hold.
        rows: those that say nothing: `blank`, `same_patient`, `no_key`, `other_number_of_cells`.
    """

    num_rows: int
    num_merged: int
    num_moved: int
    num_unchanged: int
    num_parted: int
    num_otherwise: int
    rows: dict[str, RowsReport]


def merge(
    config: MergeConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Any = None,
) -> MergeReport:
    """Make patients aliases of others, all of a list or none; the same list again changes nothing.

    Args:
        config: the list.
        database: open, with its key.
        executor: not used.
        progress: not used.

    Raises:
        ConfigError: a column that is not there.
        IngestError: the list cannot be read.
        DatabaseError: it says two things of one patient, or leads in a circle.
        KeyFileError: no key.
    """
    del executor, progress
    if database is None:
        raise IngestError("merge writes rows: give it an open database.")
    key = require_key(database)
    pseudonymiser = Pseudonymiser(key)
    notes: dict[str, RowNumbers] = {}
    with open_text_table(config.table, encoding=config.encoding, separator=config.separator) as table:
        rows = _Rows(config, table, pseudonymiser, notes)
        merges = list(rows)
    with database.session() as session:
        check_identifier_rule(session, PATIENT_ID_RULE)
    transaction(database, lambda session: ensure_key(session, key))
    change = part_patients if config.undo else merge_patients
    told = config.model_dump(mode="json", exclude={"table"}) | {RULE_FIELD: PATIENT_ID_RULE}

    def write(session: Any) -> MergeCounts:
        run_id = begin_run(session, source_name=config.source, profile="", config=told, kind="merge")
        counts = change(session, merges, shift_days=pseudonymiser.date_shift_days)
        finish_run(session, run_id, asdict(counts))
        return counts

    counts = transaction(database, write)
    return MergeReport(
        num_rows=rows.num_rows,
        rows={
            name: RowsReport(count=note.count, first_rows=note.first) for name, note in sorted(notes.items())
        },
        **asdict(counts),
    )


class _Rows:
    """The rows of a list, in keys; what says nothing is noted by row number."""

    def __init__(
        self,
        config: MergeConfig,
        table: TextTable,
        pseudonymiser: Pseudonymiser,
        notes: dict[str, RowNumbers],
    ) -> None:
        self.num_rows = 0
        self._config = config
        self._table = table
        self._pseudonymiser = pseudonymiser
        self._notes = notes
        self._ids = table.place(config.old), table.place(config.new)
        self._issuers = tuple(
            None if column is None else table.place(column)
            for column in (config.old_issuer, config.new_issuer)
        )

    def __iter__(self) -> Iterator[PatientMerge]:
        for number, cells in self._table.rows:
            self.num_rows += 1
            found = self._keys(cells)
            if isinstance(found, str):
                self._notes.setdefault(found, RowNumbers()).add(number)
            else:
                yield PatientMerge(*found, row_number=number)

    def _keys(self, cells: Sequence[str]) -> tuple[str, str] | str:
        """Return both keys of a row, or why it says nothing."""
        if len(cells) != len(self._table.header):
            return "other_number_of_cells"
        texts = [cells[place].strip() for place in self._ids]
        if not all(texts):
            return "blank"
        if self._config.keys:
            old, new = texts
            if not (_KEY.fullmatch(old) and _KEY.fullmatch(new)):
                return "no_key"
        else:
            issuers = ["" if place is None else cells[place].strip() for place in self._issuers]
            made = [
                self._pseudonymiser.patient_key(text, issuer or self._config.source)
                for text, issuer in zip(texts, issuers, strict=True)
            ]
            if made[0] is None or made[1] is None:
                return "blank"
            old, new = made[0], made[1]
        return "same_patient" if old == new else (old, new)

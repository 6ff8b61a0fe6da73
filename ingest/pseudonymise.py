"""The door `pseudonymise`: a table of another system (RIS, EHR) to one that joins the rows of images."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from database.opening import require_key
from database.patients import check_identifier_rule, known_patient_keys, patient_aliases
from database.session import Database
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, IngestError
from foundation.files import check_target, new_file, write_file
from foundation.keys import key_fingerprint
from foundation.progress import Progress, SilentProgress
from foundation.versions import installed_versions
from imaging.pseudonyms import PATIENT_ID_RULE, Pseudonymiser
from ingest.kept_columns import warn_of_spreadsheet_numbers
from ingest.pseudonymous_rows import RowPseudonymiser, plan_columns
from ingest.table_dates import DateForms
from ingest.text_tables import Separator, TextTable, open_text_table

SIDECAR_SUFFIX = ".pseudonyms.json"

_ROWS_AT_ONCE = 500
_OWNER_ONLY = 0o600


class PseudonymiseConfig(Config):
    """Which columns of a table come out, and as what. All others stay behind.

    Attributes:
        table: CSV or TSV, also gzipped.
        output: the new table, readable by its owner alone; tabs for `.tsv`, gzipped for `.gz`.
        patient: columns of patient ids; the first one's patient owns the row.
        accession: the column of accession numbers.
        date: columns of dates, shifted by the days of the row's patient.
        uid: columns of DICOM UIDs.
        keep: columns that are kept as they are.
        drop: columns that stay behind in any case; named, they must be there.
        birth_date: the column of birth dates, which becomes the age at the row's first date.
        source: the source that the pictures were ingested under: the issuer where the table says none.
        issuer_column: the column of the issuers of the patient ids.
        date_format: forms of dates besides ISO and DICOM, as strptime writes them.
        times: whether the time of a date is dropped, or kept in a column of its own.
        encoding: of the table; found when not given.
        separator: between its cells; found when not given.
        overwrite: replace what stands at the output's name.
    """

    table: Path
    output: Path
    patient: tuple[str, ...] = ()
    accession: str | None = None
    date: tuple[str, ...] = ()
    uid: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    birth_date: str | None = None
    source: Annotated[str, Field(min_length=1, max_length=64)] = "default"
    issuer_column: str | None = None
    date_format: tuple[str, ...] = ()
    times: Literal["drop", "keep"] = "drop"
    encoding: str | None = None
    separator: Separator | None = None
    overwrite: bool = False

    @model_validator(mode="after")
    def _names_what_identifies(self) -> Self:
        if not (self.patient or self.accession or self.uid):
            raise ValueError(
                "Name what the table joins the pictures by: --patient, --accession or --uid with a column"
            )
        if (self.date or self.birth_date) and not (self.patient or self.uid):
            raise ValueError("Dates are shifted by the days of a patient: name that column with --patient")
        if self.birth_date and not self.date:
            raise ValueError("An age is that at the row's date: name that column with --date")
        return self


class RowsReport(Report):
    """Rows of which something is true: how many, and the numbers of the first."""

    count: int
    first_rows: list[int]


class PseudonymiseReport(Report):
    """What came out. No value of the table is in it.

    Attributes:
        num_rows: that the table has.
        num_written: rows of the output.
        columns: name in the output to what it holds.
        num_columns_left_out: columns of the table that no option named.
        encoding: that the table was read in.
        separator: between its cells.
        rows: what could not be mapped: `no_patient`, `no_date`, `date_without_patient`, `no_uid`,
            `impossible_age` (blank cells in the output), `other_number_of_cells` (no row in it).
        warnings: what to look at before the output is handed on.
        num_rows_of_known_patients: whose patient has pictures or is merged; None without a database.
        patient_id_rule: by which ids were normalised.
        key_fingerprint: of the secret key.
        seconds: it took.
    """

    output: Path
    sidecar: Path
    num_rows: int
    num_written: int
    columns: dict[str, str]
    num_columns_left_out: int
    encoding: str
    separator: str
    rows: dict[str, RowsReport]
    warnings: list[str]
    num_rows_of_known_patients: int | None
    patient_id_rule: str
    key_fingerprint: str
    seconds: float


def pseudonymise(
    config: PseudonymiseConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Progress | None = None,
) -> PseudonymiseReport:
    """Write a table with the keys and shifted dates that ingest gives the same patients.

    Args:
        config: which columns come out, and as what.
        database: open, with its key; its merge lists are followed.
        executor: not used.
        progress: told of the rows.

    Raises:
        ConfigError: a column that is not there or has two roles, or a target that is taken.
        IngestError: the table cannot be read, or its dates can be read in two ways. Nothing is written.
        KeyFileError: no key.
    """
    del executor
    if database is None:
        raise IngestError("pseudonymise uses the key of a database: give it an open one.")
    key = require_key(database)
    _check_output(config)
    started = time.perf_counter()
    with database.session() as session:
        check_identifier_rule(session, PATIENT_ID_RULE)
        aliases = patient_aliases(session)
    with open_text_table(config.table, encoding=config.encoding, separator=config.separator) as table:
        rows = _row_pseudonymiser(config, table, key, aliases)
        written = _Written(config, rows, database)
        with _new_table(config.output) as stream:
            written.write(stream, table, progress or SilentProgress())
            _refuse_ambiguous(config, rows)
            report = _report(config, table, rows, written, started=started)
            _write_sidecar(report, config)
    return report


class _Written:
    """Writes the rows, a few hundred in memory at a time, and counts them."""

    def __init__(self, config: PseudonymiseConfig, rows: RowPseudonymiser, database: Database) -> None:
        self._rows = rows
        self._database = database
        self._patient = next(
            (place for place, column in enumerate(rows.columns) if column.name == "patient_key"), None
        )
        self._delimiter = "\t" if ".tsv" in config.output.suffixes else ","
        self.num_rows = self.num_written = self.num_known = 0

    def write(self, stream: IO[str], table: TextTable, progress: Progress) -> None:
        """Map every row of the table."""
        cells = csv.writer(stream, delimiter=self._delimiter, lineterminator="\n")
        cells.writerow([column.name for column in self._rows.columns])
        progress.begin("pseudonymise", None)
        portion: list[list[str]] = []
        for number, row in table.rows:
            self.num_rows += 1
            mapped = self._rows.row(number, row)
            if mapped is not None:
                portion.append(mapped)
            if len(portion) == _ROWS_AT_ONCE:
                self._flush(cells, portion)
                progress.advance(len(portion))
                portion = []
        self._flush(cells, portion)
        progress.end()

    def _flush(self, cells: Any, portion: Sequence[list[str]]) -> None:
        cells.writerows(portion)
        self.num_written += len(portion)
        if self._patient is not None and portion:
            keys = [row[self._patient] for row in portion]
            with self._database.session() as session:
                known = known_patient_keys(session, [key for key in keys if key])
            self.num_known += sum(key in known for key in keys)


def _row_pseudonymiser(
    config: PseudonymiseConfig, table: TextTable, key: bytes, aliases: dict[str, str]
) -> RowPseudonymiser:
    birth_place = None if config.birth_date is None else table.place(config.birth_date)
    for column in config.drop:
        table.place(column)
    columns = plan_columns(
        {
            "patient": [table.place(column) for column in config.patient],
            "accession": [table.place(config.accession)] if config.accession else [],
            "date": [table.place(column) for column in config.date],
            "uid": [table.place(column) for column in config.uid],
            "keep": [table.place(column) for column in config.keep],
        },
        table.header,
        with_times=config.times == "keep",
        birth_place=birth_place,
    )
    dropped = {table.place(column) for column in config.drop} & {column.place for column in columns}
    if dropped:
        raise ConfigError(f'The column "{table.header[min(dropped)]}" is dropped and named, too. Choose one.')
    issuer_place = None if config.issuer_column is None else table.place(config.issuer_column)

    def issuer_of(cells: Sequence[str]) -> str:
        said = "" if issuer_place is None else cells[issuer_place].strip()
        return said or config.source

    return RowPseudonymiser(
        columns=columns,
        header=table.header,
        pseudonymiser=Pseudonymiser(key),
        forms=DateForms(config.date_format),
        issuer_of=issuer_of,
        aliases=aliases,
        birth_place=birth_place,
    )


def _check_output(config: PseudonymiseConfig) -> None:
    if config.output.resolve() == config.table.resolve():
        raise ConfigError("The output would take the table's own place. Name another file with --output.")
    check_target(config.output, overwrite=config.overwrite)
    if not config.output.absolute().parent.is_dir():
        raise ConfigError(f"There is no folder {config.output.absolute().parent} to write to. Make it first.")
    if config.output.is_dir():
        raise ConfigError(f"{config.output} is a folder. Name a file with --output.")


@contextmanager
def _new_table(path: Path) -> Iterator[IO[str]]:
    """Give a stream of text whose file appears whole or not at all, readable by its owner alone."""
    with new_file(path, mode=_OWNER_ONLY) as stream, ExitStack() as opened:
        binary: Any = stream
        if path.suffix == ".gz":
            # Without name and time: the same rows give the same bytes.
            binary = opened.enter_context(gzip.GzipFile("", "wb", fileobj=stream, mtime=0))
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True)
        yield text
        text.flush()
        text.detach()


def _refuse_ambiguous(config: PseudonymiseConfig, rows: RowPseudonymiser) -> None:
    note = rows.notes.get("ambiguous_date")
    if note is None:
        return
    told = f" as {' or '.join(config.date_format)}" if config.date_format else ""
    raise IngestError(
        f"{note.count:,} dates can be read in several ways{told} (the first in row {note.first[0]}). Nothing "
        "was written. Say how they are written: --date-format %d.%m.%Y, or %m/%d/%Y where the month comes "
        "first."
    )


def _report(
    config: PseudonymiseConfig,
    table: TextTable,
    rows: RowPseudonymiser,
    written: _Written,
    *,
    started: float,
) -> PseudonymiseReport:
    places = {column.place for column in rows.columns}
    warnings = rows.kept.warnings() + warn_of_spreadsheet_numbers(rows.spreadsheet_numbers)
    if config.patient and written.num_written and not written.num_known:
        warnings.append(
            "No row's patient is in the database. Where files name an issuer of their ids, the table has to "
            "(--issuer-column); where they name none, the source stands for it: give --source as ingest was "
            f'given it. Received: "{config.source}".'
        )
    return PseudonymiseReport(
        output=config.output,
        sidecar=sidecar_path(config.output),
        num_rows=written.num_rows,
        num_written=written.num_written,
        columns={column.name: column.role for column in rows.columns},
        num_columns_left_out=len(table.header) - len(places),
        encoding=table.encoding,
        separator=table.separator,
        rows={
            name: RowsReport(count=note.count, first_rows=note.first)
            for name, note in sorted(rows.notes.items())
        },
        warnings=warnings,
        num_rows_of_known_patients=written.num_known if config.patient else None,
        patient_id_rule=PATIENT_ID_RULE,
        key_fingerprint=key_fingerprint(rows.pseudonymiser.key),
        seconds=time.perf_counter() - started,
    )


def sidecar_path(output: Path) -> Path:
    """Return where it is told how an output was made.

    Example:
        >>> sidecar_path(Path("ris.csv")).name
        'ris.csv.pseudonyms.json'
    """
    return output.with_name(f"{output.name}{SIDECAR_SUFFIX}")


def _write_sidecar(report: PseudonymiseReport, config: PseudonymiseConfig) -> None:
    told = report.model_dump(mode="json", exclude={"output", "sidecar", "seconds"})
    told |= {"source": config.source, "versions": installed_versions()}
    write_file(report.sidecar, json.dumps(told, indent=2, ensure_ascii=False) + "\n", mode=_OWNER_ONLY)

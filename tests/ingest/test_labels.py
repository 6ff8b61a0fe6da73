"""The door of labels."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from database.schema import IngestRun, Label
from database.session import Database
from foundation.errors import ConfigError, IngestError, KeyFileError, QueryError
from ingest.ingest import IngestConfig, ingest
from ingest.labels import LabelsConfig, LabelsReport, labels


@pytest.fixture
def stocked(database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]) -> Database:
    """Give a database with four pictures, 1.png to 4.png."""
    for seed in range(1, 5):
        write_picture(tmp_path / "set" / f"{seed}.png", seed)
    ingest(IngestConfig(paths=(tmp_path / "set",), source="set", workers=1), database=database)
    return database


def add(database: Database, folder: Path, text: str, **options: Any) -> LabelsReport:
    """Add a table of that text."""
    path = folder / "labels.csv"
    path.write_text(text)
    fields = {"path": path, **options.pop("labels", {})}
    config = {"labels": fields, "by": "file_name", "rows_file": folder / "rows.tsv", **options}
    return labels(LabelsConfig.checked(config), database=database)


def values(database: Database) -> list[tuple[str, str, str, int]]:
    """Return class, value, reader and number of all readings, as they were added."""
    with database.session() as session:
        query = select(Label.class_name, Label.value, Label.reader, Label.reading_number)
        return [tuple(row) for row in session.execute(query.order_by(Label.id))]


def test_a_table_becomes_readings_and_a_rerun_none(stocked: Database, tmp_path: Path) -> None:
    """Blank is not mentioned, never 0; the run is recorded without places."""
    text = "file,Mass\n1.png,1\n2.png,0\n3.png,-1\n4.png,\n"
    report = add(stocked, tmp_path, text, reader="ana")
    assert (report.num_rows, report.num_rows_used, report.num_subjects, report.num_added) == (4, 4, 4, 4)
    assert (report.task, report.level, report.form, report.labels) == (
        "mass",
        "instance",
        "wide",
        {"Mass": 1},
    )
    assert sorted(value for _, value, _, _ in values(stocked)) == ["0", "1", "not_mentioned", "uncertain"]
    again = add(stocked, tmp_path, text, reader="ana")
    assert (again.num_readings, again.num_added, again.num_corrections) == (4, 0, 0)
    with stocked.session() as session:
        run = session.scalars(select(IngestRun).where(IngestRun.kind == "labels")).all()[-1]
    assert run.finished_at is not None
    assert str(tmp_path) not in str(run.config)


def test_a_correction_is_a_new_reading(stocked: Database, tmp_path: Path) -> None:
    """What was said before stays; other readers who say otherwise are told, and both are kept."""
    add(stocked, tmp_path, "file,Mass\n1.png,1\n", reader="ana")
    report = add(stocked, tmp_path, "file,Mass\n1.png,0\n", reader="ana")
    assert (report.num_corrections, report.num_contradicted) == (1, 0)
    report = add(stocked, tmp_path, "file,Mass\n1.png,1\n", reader="ben")
    assert (report.num_added, report.num_contradicted) == (1, 1)
    assert report.reasons == {"reader_contradicted": 1}
    assert values(stocked) == [("Mass", "1", "ana", 1), ("Mass", "0", "ana", 2), ("Mass", "1", "ben", 1)]


def test_rows_that_come_to_nothing_are_told_by_number(stocked: Database, tmp_path: Path) -> None:
    """Never by what they hold; the operator's file is private."""
    text = "file,Mass\n1.png,1\nMiller.png,1\n2.png,1\n2.png,0\n3.png,perhaps\n"
    report = add(stocked, tmp_path, text, labels={"form": "wide"})
    assert report.reasons == {"contradicting_rows": 2, "subject_not_found": 1, "unknown_value": 1}
    assert (report.num_rows_used, report.num_added) == (1, 1)
    told = (tmp_path / "rows.tsv").read_text()
    assert told.splitlines()[1:] == [
        "3\tsubject_not_found",
        "4\tcontradicting_rows",
        "5\tcontradicting_rows",
        "6\tunknown_value",
    ]
    assert stat.S_IMODE((tmp_path / "rows.tsv").stat().st_mode) == 0o600
    assert "Miller" not in report.model_dump_json()


def test_later_readings_of_one_table_come_last(stocked: Database, tmp_path: Path) -> None:
    """In the order of their times, whatever that of the rows."""
    text = "file,Mass,when,who\n1.png,0,2024-02-01,ana\n1.png,1,2024-01-01,ana\n1.png,1,2024-03-01,ben\n"
    fields = {"columns": "Mass", "read_at_column": "when", "reader_column": "who"}
    report = add(stocked, tmp_path, text, labels=fields)
    assert report.num_corrections == 1
    assert values(stocked) == [("Mass", "1", "ana", 1), ("Mass", "0", "ana", 2), ("Mass", "1", "ben", 1)]


def test_small_batches_add_up(stocked: Database, tmp_path: Path) -> None:
    """One subject a transaction, and the counts are the same; a cut run goes on where it was."""

    class Cut(Exception):  # noqa: N818 - no error: somebody pulls the plug
        pass

    class Watching:
        total = done = 0

        def begin(self, stage: str, total: int | None = None) -> None:
            self.total = total or 0

        def advance(self, count: int = 1) -> None:
            self.done += count
            if self.done == 2:
                raise Cut

        def tell(self, line: str, *, aside: str = "") -> None:
            return

        def end(self) -> None:
            return

    (tmp_path / "labels.csv").write_text("file,Mass\n1.png,1\n2.png,0\n3.png,1\n4.png,1\n")
    config = LabelsConfig.checked(
        {
            "labels": tmp_path / "labels.csv",
            "by": "file_name",
            "batch_size": 1,
            "rows_file": tmp_path / "r.tsv",
        }
    )
    with pytest.raises(Cut):
        labels(config, database=stocked, progress=Watching())
    assert len(values(stocked)) == 2
    report = labels(config, database=stocked)
    assert (report.num_added, report.num_readings) == (2, 4)


def test_one_class_for_many_pictures(stocked: Database, tmp_path: Path) -> None:
    """By a condition, a source or a folder, or what fits all of them."""
    told = {"constant": "Head", "rows_file": tmp_path / "rows.tsv"}
    report = labels(LabelsConfig.checked({**told, "source": "set"}), database=stocked)
    assert (report.task, report.form, report.num_added) == ("body_part", "constant", 4)
    again = labels(LabelsConfig.checked({**told, "where": "height = 12"}), database=stocked)
    assert (again.num_readings, again.num_added) == (4, 0)
    (tmp_path / "part").mkdir()
    for name in ("1.png", "5.png"):
        (tmp_path / "part" / name).write_bytes(b"")
    some = {**told, "task": "t", "folder": tmp_path / "part"}
    report = labels(LabelsConfig.checked(some), database=stocked)
    assert (report.num_added, report.num_rows, report.reasons) == (1, 2, {"subject_not_found": 1})
    none = labels(LabelsConfig.checked({**some, "where": "height = 13"}), database=stocked)
    assert none.num_subjects == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "not both"),
        ({"labels": "a.csv", "constant": "x", "by": "file_name"}, "not both"),
        ({"labels": "a.csv"}, "--by file_name"),
        ({"constant": "x"}, "Say which pictures"),
        ({"labels": "a.csv", "by": "file_name", "where": "id = 1"}, "goes with --constant"),
    ],
)
def test_half_a_wish_is_refused(options: dict[str, str], message: str) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigError, match=message):
        LabelsConfig.checked(options)


def test_mistakes_open_no_run(sqlite_database: Database, sqlite_url: str, tmp_path: Path) -> None:
    """A missing table, a wrong condition, no database, no key."""
    missing = LabelsConfig.checked({"labels": tmp_path / "none.csv", "by": "file_name"})
    with pytest.raises(IngestError, match="no label table"):
        labels(missing, database=sqlite_database)
    with pytest.raises(QueryError):
        labels(LabelsConfig.checked({"constant": "x", "where": "no_such = 1"}), database=sqlite_database)
    with pytest.raises(IngestError, match="no folder"):
        labels(LabelsConfig.checked({"constant": "x", "folder": tmp_path / "none"}), database=sqlite_database)
    with sqlite_database.session() as session:
        assert session.scalar(select(func.count()).select_from(IngestRun)) == 0
    with pytest.raises(IngestError, match="open database"):
        labels(missing)
    sqlite_database.key = None
    with pytest.raises(KeyFileError):
        labels(missing, database=sqlite_database)

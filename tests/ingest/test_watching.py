"""Ingest of what arrives in a spool folder."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from database.schema import IngestRun
from database.session import Database
from foundation.errors import IngestError
from foundation.progress import SilentProgress
from imaging.limits import Limits
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest
from ingest.watching import open_watch


def config_for(folder: Path, **options: object) -> IngestConfig:
    """Return the config of a quick watch."""
    return IngestConfig.checked(
        {
            "paths": [folder],
            "workers": 1,
            "watch": True,
            "poll_seconds": 0.02,
            "settle_seconds": 0.02,
            "operator_file": folder.with_name("paths.tsv"),
            **options,
        }
    )


class Delivering(SilentProgress):
    """Puts a second file into the spool when the first is stored, then presses Ctrl-C."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.done = 0

    def advance(self, count: int = 1) -> None:
        """Deliver, or press."""
        self.done += count
        if self.done == 1:
            shutil.copyfile(bundled_dicom_folder() / "MR_small.dcm", self._folder / "second.dcm")
        else:
            signal.raise_signal(signal.SIGINT)


def test_what_arrives_is_stored_until_ctrl_c(database: Database, tmp_path: Path) -> None:
    """That is the end that is meant: there is a report, and the run is closed."""
    spool = tmp_path / "spool"
    spool.mkdir()
    shutil.copyfile(bundled_dicom_folder() / "CT_small.dcm", spool / "first.dcm")
    report = ingest(config_for(spool), database=database, progress=Delivering(spool))
    assert report.dispositions == {"stored": 2}
    with database.session() as session:
        assert session.scalars(select(IngestRun)).one().finished_at is not None


def test_another_watch_goes_on_where_the_first_ended(
    sqlite_database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """What lies there already is looked at once more, and left alone."""
    spool = tmp_path / "spool"
    for number in range(3):
        write_picture(spool / f"{number}.png", number)
    first = ingest(config_for(spool, watch_seconds=0.3), database=sqlite_database)
    write_picture(spool / "deep" / "3.png", 3)
    second = ingest(config_for(spool, watch_seconds=0.3), database=sqlite_database)
    assert first.dispositions == {"stored": 3}
    assert second.dispositions == {"unchanged": 3, "stored": 1}


def test_files_that_were_seen_to_are_put_away(
    sqlite_database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """Those that gave no picture too; the spool is empty then."""
    spool, done = tmp_path / "spool", tmp_path / "done"
    write_picture(spool / "a" / "1.png", 1)
    (spool / "notes.txt").write_text("no picture")
    config = config_for(spool, watch_seconds=0.3, done_folder=done)
    report = ingest(config, database=sqlite_database)
    assert report.dispositions == {"rejected": 1, "stored": 1}
    assert sorted(path.relative_to(done).as_posix() for path in done.rglob("*.*")) == ["a/1.png", "notes.txt"]
    assert [path for path in spool.rglob("*") if path.is_file()] == []


def test_a_stop_is_heard_while_nothing_arrives(tmp_path: Path) -> None:
    """Waiting for the next look does not outlast it."""
    watch = open_watch([tmp_path], done_folder=None, poll_seconds=3600, settle_seconds=0, for_seconds=None)
    asked: list[bool] = []

    def is_stopped() -> bool:
        asked.append(True)
        return len(asked) > 3

    assert list(watch.batches(4, limits=Limits(), is_stopped=is_stopped)) == [[]]


def test_one_folder_is_watched(sqlite_database: Database, tmp_path: Path) -> None:
    """A list of paths, a file or a label table is refused before anything is written."""
    (tmp_path / "table.csv").write_text("image,label\na.png,x\n")
    for options, words in (
        ({"paths": [tmp_path, tmp_path]}, "one spool folder"),
        ({"paths": [tmp_path / "table.csv"]}, "no folder"),
        ({"labels": tmp_path / "table.csv"}, "without watching"),
        ({"done_folder": tmp_path / "inside"}, "lies in"),
    ):
        with pytest.raises(IngestError, match=words):
            ingest(config_for(tmp_path, **options), database=sqlite_database)
    with sqlite_database.session() as session:
        assert session.scalars(select(IngestRun)).all() == []

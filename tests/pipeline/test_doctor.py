"""The door `doctor`: what works is told as working, what does not with what to do."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

import pipeline.doctor as rooms_doctor
from foundation.keys import create_key_file
from imaging.decoder_checks import DecoderCheck
from pipeline.doctor import Check, DoctorConfig, doctor


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No TensorFlow and one decoder, unless a test says otherwise."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    checks = [
        DecoderCheck("RLE", works=True, decoder="ours 1.0", remedy=""),
        DecoderCheck("JPEG-LS", works=False, decoder="", remedy="pip install pyjpegls"),
    ]
    monkeypatch.setattr(rooms_doctor, "check_decoders", lambda: checks)


def found(config: DoctorConfig | None = None) -> dict[str, Check]:
    """Return the checks by subject."""
    return {check.subject: check for check in doctor(config or DoctorConfig()).checks}


def test_a_sound_machine_is_healthy(sqlite_url: str) -> None:
    """Python, the package, the folder and the database work; optional parts may be missing."""
    report = doctor(DoctorConfig(database_url=sqlite_url))
    assert report.is_healthy
    outcomes = {check.subject: check.outcome for check in report.checks}
    assert outcomes == {
        "Python": "works",
        "dicomill": "works",
        "folder": "works",
        "database": "works",
        "privacy": "works",
        "decoder for RLE": "works",
        "decoder for JPEG-LS": "missing",
        "TensorFlow": "missing",
    }
    assert all(bool(check.remedy) == (check.outcome != "works") for check in report.checks)


def test_a_database_that_keeps_identifiers_is_told(sqlite_url: str, tmp_path: Path) -> None:
    """It is no fault, and must not be overlooked."""
    from database.opening import open_with_key
    from imaging.samples import bundled_dicom_folder
    from ingest.ingest import IngestConfig, ingest

    config = DoctorConfig(database_url=sqlite_url)
    assert found(config)["privacy"].detail == "profiles: no run yet"
    with open_with_key(sqlite_url, create=True) as database:
        paths = (bundled_dicom_folder() / "CT_small.dcm",)
        choice = {"profile": "identified", "keeps_identifiers": True}
        ingest(IngestConfig.checked({"paths": paths, "workers": 1, **choice}), database=database)
    told = found(config)["privacy"]
    assert (told.outcome, told.detail) == ("works", "profiles: identified; KEEPS IDENTIFIERS of 1 instances")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The file that tries the folder is removed."""
    doctor(DoctorConfig(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_broken(tmp_path: Path) -> None:
    """Nothing could be made there."""
    report = doctor(DoctorConfig(folder=tmp_path / "missing"))
    assert not report.is_healthy
    check = next(check for check in report.checks if check.subject == "folder")
    assert check.outcome == "broken"
    assert "cannot be written to" in check.detail
    assert check.remedy


def test_a_full_disk_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """With how much is wanted."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1 << 30))
    check = found()["folder"]
    assert (check.outcome, check.remedy) == ("broken", "Free at least 2 GiB.")


@pytest.mark.parametrize(
    ("version", "outcome"), [((3, 11), "works"), ((3, 10), "broken"), ((3, 14), "broken")]
)
def test_other_pythons_are_broken(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], outcome: str
) -> None:
    """Those that no test of ours has run on."""
    monkeypatch.setattr(sys, "version_info", (*version, 0))
    assert found()["Python"].outcome == outcome


def test_a_new_database_is_missing_rather_than_broken(tmp_path: Path) -> None:
    """The first ingest makes it; it is not made by looking."""
    check = found(DoctorConfig(database_url=f"sqlite:///{tmp_path / 'new.db'}"))["database"]
    assert check.outcome == "missing"
    assert "dicomill ingest" in check.detail
    assert list(tmp_path.iterdir()) == []


def broken_urls(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    """Return URLs that do not work, with a word of what is told."""
    old = tmp_path / "old.db"
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), old)
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE dicomill_version SET version_num = '0000'")
    (tmp_path / "text.db").write_text("no database" * 100)
    return {
        f"sqlite:///{old}": "0000",
        f"sqlite:///{tmp_path / 'text.db'}": "text.db",
        "mysql://root@127.0.0.1:1/images": "No database server answers",
        "nonsense": "cannot be read",
    }


def test_databases_that_do_not_work_are_broken(sqlite_url: str, tmp_path: Path) -> None:
    """Behind, not a database, down, no URL."""
    for url, says in broken_urls(sqlite_url, tmp_path).items():
        check = found(DoctorConfig(database_url=url))["database"]
        assert check.outcome == "broken"
        assert says in check.detail


def test_another_key_is_broken(sqlite_url: str, tmp_path: Path) -> None:
    """As every command would refuse it."""
    from database.opening import open_with_key
    from database.pseudonym_keys import ensure_key
    from database.session import transaction

    with open_with_key(sqlite_url) as database:
        transaction(database, lambda session: ensure_key(session, bytes(32)))
    create_key_file(tmp_path / "other.key")
    check = found(DoctorConfig(database_url=sqlite_url, key_file=tmp_path / "other.key"))["database"]
    assert check.outcome == "broken"
    assert "another key" in check.detail


def try_with(monkeypatch: pytest.MonkeyPatch, trial: Callable[[], object]) -> Check:
    """Look at a TensorFlow whose one step is the given function."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr("training.trial.try_one_step", trial)
    return found()["TensorFlow"]


def test_a_tensorflow_that_works_is_told_with_its_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """One real step, and how long it took."""
    trial = SimpleNamespace(version="2.21.0", devices=("CPU:0", "GPU:0"), seconds=4.06)
    check = try_with(monkeypatch, lambda: trial)
    assert check.outcome == "works"
    assert check.detail == "2.21.0, one training step in 4.1 s on CPU:0, GPU:0"


def test_a_tensorflow_that_fails_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises."""

    def fail() -> None:
        raise AttributeError("module 'tensorflow' has no attribute 'keras'")

    check = try_with(monkeypatch, fail)
    assert check.outcome == "broken"
    assert "AttributeError" in check.detail
    assert check.remedy


def test_every_try_is_counted() -> None:
    """Five of them, for whoever watches."""
    from foundation.progress import SilentProgress

    class Counter(SilentProgress):
        """Counts."""

        def __init__(self) -> None:
            self.total: int | None = None
            self.done = 0

        def begin(self, stage: str, total: int | None = None) -> None:
            """Keep the total."""
            self.total = total

        def advance(self, count: int = 1) -> None:
            """Count."""
            self.done += count

    counter = Counter()
    doctor(DoctorConfig(), progress=counter)
    assert counter.done == counter.total == 5

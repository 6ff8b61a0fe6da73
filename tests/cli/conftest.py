"""The command line called as a user calls it, and a small stock of products to call it on."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main


@dataclass(frozen=True)
class Outcome:
    """What a call gave: exit status, and what it wrote to each stream."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


def files_below(folder: Path) -> set[str]:
    """Return every path below a folder but SQLite's own side files."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.name.endswith(("-wal", "-shm"))
    }


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own and no settings from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("DICOMILL_DATABASE_URL", "DICOMILL_KEY_FILE", "DICOMILL_WORKERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def dicomill(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Call `dicomill WORDS...` and return what came of it."""

    def call(*words: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main([str(word) for word in words])
        written = capsys.readouterr()
        return Outcome(int(caught.value.code or 0), written.out, written.err)

    return call


@pytest.fixture
def works(dicomill: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Call `dicomill WORDS...` and see that it works."""

    def call(*words: object) -> Outcome:
        outcome = dicomill(*words)
        assert outcome.status == 0, outcome.err
        return outcome

    return call


@pytest.fixture
def refuses(dicomill: Callable[..., Outcome], tmp_path: Path) -> Callable[..., Outcome]:
    """Call `dicomill WORDS...` and see one clear line, a status that is not 0 and nothing written."""

    def call(*words: object, says: str) -> Outcome:
        before = files_below(tmp_path)
        outcome = dicomill(*words)
        assert outcome.status in {1, 2}
        assert outcome.out == ""
        assert outcome.err.startswith("dicomill: ")
        assert outcome.err.count("\n") == 1
        assert outcome.err.endswith("\n")
        assert says in outcome.err
        assert files_below(tmp_path) == before
        return outcome

    return call


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with phantoms, their rows, a cohort `parts`, an export and records of it."""
    from database.opening import open_with_key
    from imaging.phantoms.writing import write_phantoms
    from ingest.ingest import IngestConfig, ingest
    from preprocessing.cohort import CohortConfig, cohort
    from preprocessing.export import ExportConfig, export
    from preprocessing.pack import PackConfig, pack

    folder = tmp_path_factory.mktemp("stock")
    write_phantoms(folder / "dicom", patients=24, images_per_patient=2, size=64, seed=3)
    with open_with_key(f"sqlite:///{folder / 'rows.db'}", create=True) as database:
        ingest(IngestConfig(paths=(folder / "dicom",), workers=1), database=database)
        cohort(CohortConfig(name="parts"), database=database)
        export(ExportConfig(cohort="parts", folder=folder / "export", workers=1), database=database)
    pack(PackConfig(folder=folder / "export", target=folder / "records", seed=1, workers=1))
    return folder


@pytest.fixture
def rows(stock: Path, tmp_path: Path) -> Path:
    """A copy of the stock's database and key under the default names, so that no option is needed."""
    target = tmp_path / "dicomill.db"
    with closing(sqlite3.connect(stock / "rows.db")) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    shutil.copy(stock / "rows.key", tmp_path / "dicomill.key")
    return target


@pytest.fixture
def other_key(tmp_path: Path) -> Path:
    """A key that no database here was made with."""
    from foundation.keys import create_key_file

    path = tmp_path / "other.key"
    create_key_file(path)
    return path


@pytest.fixture(scope="session")
def artifact(stock: Path) -> Path:
    """A network trained on the stock's records for one epoch; needs TensorFlow."""
    from training.train import TrainConfig, train

    folder = stock / "artifact"
    train(TrainConfig(records=stock / "records", artifact=folder, epochs=1, image_size=32))
    return folder


@pytest.fixture
def door_stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Any], list[Any]]]:
    """Put a report in the place of a door's work; what the door was asked for is kept in the list."""

    def replace(target: str, report: Any) -> list[Any]:
        asked: list[Any] = []

        def door(config: Any, **_: Any) -> Any:
            asked.append(config)
            if isinstance(report, BaseException):
                raise report
            return report

        monkeypatch.setattr(target, door)
        return asked

    return replace

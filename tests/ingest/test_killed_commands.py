"""The command itself, with its pool of processes, killed and interrupted at any time."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from database.opening import open_with_key
from database.schema import Source
from database.session import Database
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest

ROOT = Path(__file__).parents[2]
Dump = Callable[[Database], dict[str, list[str]]]

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of two dozen files of many kinds."""
    target = tmp_path / "files"
    target.mkdir()
    for path in sorted(bundled_dicom_folder().glob("*.dcm"))[::3]:
        shutil.copyfile(path, target / path.name)
    return target


@pytest.fixture
def start(
    database_url: str, key_file: Path, folder: Path, tmp_path: Path
) -> Callable[[], subprocess.Popen[str]]:
    """Give a function that starts `dicomill ingest` in a process group of its own."""

    def started() -> subprocess.Popen[str]:
        program = "import sys; from cli.main import run; run()"
        words = ["ingest", str(folder), "--database", database_url, "--workers", "2"]
        settings = ["--set", "batch_size=2", "--set", f"operator_file={tmp_path / 'paths.tsv'}"]
        return subprocess.Popen(
            [sys.executable, "-c", program, *words, "--key-file", str(key_file), *settings],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return started


@pytest.fixture
def expected(key_file: Path, folder: Path, tmp_path: Path, dump_rows: Dump) -> dict[str, list[str]]:
    """Give the rows of a run that nobody disturbed."""
    config = IngestConfig(paths=(folder,), workers=1, operator_file=tmp_path / "undisturbed.tsv")
    url = f"sqlite:///{tmp_path / 'undisturbed.db'}"
    with open_with_key(url, key_file=key_file, create=True) as database:
        ingest(config, database=database)
        return comparable(dump_rows(database))


def comparable(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return rows without what depends on which of two equal files came first."""
    words = {f'"{word}"': '"stored"' for word in ("resent", "updated", "conflict", "superseded", "current")}
    kept = {name: rows[name] for name in ("patient", "study", "series", "pixels", "rejected_file")}
    kept["source"] = []
    for row in rows["source"]:
        for word, plain in words.items():
            row = row.replace(word, plain)  # noqa: PLW2901 - word after word
        kept["source"].append(row.split('"instance_id"')[0] + row.split('"name_key"')[-1])
    kept["source"].sort()
    kept["count"] = [str(len(rows[name])) for name in ("instance", "frame", "source")]
    return kept


def workers_of(pid: int) -> list[int]:
    """Return the worker processes of a run."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [
            int(child) for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()
        ]
    except OSError:
        return []


def wait_for_rows(database: Database, run: subprocess.Popen[str], num_rows: int) -> None:
    """Wait until a run has stored some files."""
    end = time.monotonic() + 60
    while time.monotonic() < end and run.poll() is None:
        with database.session() as session:
            if (session.scalar(select(func.count()).select_from(Source)) or 0) >= num_rows:
                return
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc, which is Linux")
def test_killed_again_and_again_it_ends_with_the_same_rows(
    database: Database,
    start: Callable[[], subprocess.Popen[str]],
    expected: dict[str, list[str]],
    dump_rows: Dump,
) -> None:
    """The parent, then one worker of a run that goes on, then the parent once more, then nobody."""
    rng = random.Random(4)
    for victim in ("parent", "worker", "nobody"):
        run = start()
        wait_for_rows(database, run, {"parent": 4, "worker": 16}.get(victim, 0))
        time.sleep(rng.uniform(0, 0.1))
        if victim == "parent":
            run.kill()
        elif victim == "worker" and (workers := workers_of(run.pid)):
            os.kill(rng.choice(workers), signal.SIGKILL)
        out, err = run.communicate(timeout=120)
        if victim != "parent":
            assert run.returncode == 0, err
            assert "files in" in out
    found = comparable(dump_rows(database))
    apart = {name: set(rows) ^ set(found[name]) for name, rows in expected.items() if found[name] != rows}
    assert not apart


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ctrl_c_finishes_what_is_under_way_and_says_how_to_go_on(
    database: Database, start: Callable[[], subprocess.Popen[str]]
) -> None:
    """The whole terminal group gets the signal, as from a keyboard; exit status 130."""
    run = start()
    wait_for_rows(database, run, 4)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130, err
    lines = [line for line in err.splitlines() if line]
    assert lines[0].startswith("Stopping: what is under way is finished first.")
    assert lines[-2].endswith(" files are done and kept.")
    assert lines[-1] == "dicomill: Stopped. What was finished is kept; run the same command again to go on."

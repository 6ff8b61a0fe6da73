"""Fuzzing: damaged files end as pictures or as reasons, and in no other way."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).with_name("fuzzing.py")
SECONDS = 20


@pytest.fixture(scope="module")
def fuzzing() -> ModuleType:
    """Give the script as a module."""
    spec = importlib.util.spec_from_file_location("fuzzing", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzzing"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_damaged_files_end_as_pictures_or_reasons(tmp_path: Path) -> None:
    """Twenty seconds of it; `make fuzz SECONDS=600` goes on for longer."""
    done = subprocess.run(
        [sys.executable, "-P", str(SCRIPT), "--seconds", str(SECONDS), "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=10 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " read\n" in done.stdout


def test_a_seed_gives_the_same_file_again(fuzzing: ModuleType) -> None:
    """A finding is repeated by its number alone."""
    seeds = [b"a" * 400, b"b" * 300]
    files = [fuzzing.mutate(seeds, seed) for seed in range(40)]
    assert files == [fuzzing.mutate(seeds, seed) for seed in range(40)]
    assert len(set(files)) > 30


def test_a_crash_is_found_and_its_input_saved(
    fuzzing: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that reads may die in any way; the next one goes on."""

    class Dying:
        words_path = tmp_path / "words"

        def __init__(self, folder: Path) -> None:
            self.words_path.write_text("")
            self.process = subprocess.Popen([sys.executable, "-c", "import os; os._exit(9)"])

        def ask(self, seed: int) -> tuple[str, float, int]:
            if seed % 3 == 0:
                raise EOFError
            return "read", 99.0 if seed % 3 == 1 else 0.0, 0

        def words(self) -> str:
            return ""

        def end(self) -> None:
            self.process.wait()

    monkeypatch.setattr(fuzzing, "Worker", Dying)
    monkeypatch.setattr(fuzzing, "_count_until", lambda end, seed: range(seed, seed + 3))
    campaign = fuzzing.fuzz(1.0, first_seed=3, folder=tmp_path)
    assert [line.split("\n")[0] for line in campaign.findings] == [
        "seed 3: the reading process ended with status 9: ",
        "seed 4: 99.0 s",
    ]
    assert (tmp_path / "seed-3.bin").read_bytes() == fuzzing.mutate(fuzzing.read_seeds(), 3)


def test_every_seed_file_is_sound(fuzzing: ModuleType) -> None:
    """What is damaged is mostly pictures to begin with."""
    outcomes = [fuzzing.read(content) for content in fuzzing.read_seeds()]
    assert outcomes.count("read") > len(outcomes) // 2

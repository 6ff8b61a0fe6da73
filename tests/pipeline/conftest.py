"""A study of plain pictures with its run file, and a tiny demo that is run once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from foundation.progress import SilentProgress

if TYPE_CHECKING:
    from pipeline.demo import DemoReport

RUN_FILE = """\
database: sqlite:///study.db
stages:
  - ingest: {paths: [pictures], class_folders: true, workers: 1}
  - cohort: {name: parts}
  - export: {cohort: parts, folder: out/export}
  - transform: {folder: out/export, target: out/inverted, steps: [invert]}
  - pack: {folder: out/inverted, target: out/records, split: tt_split}
"""


class Listener(SilentProgress):
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)


def write_picture(path: Path, seed: int) -> None:
    """Write a small PNG, told apart by a seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 256, (12, 10), dtype=np.uint8)
    path.write_bytes(cv2.imencode(".png", values)[1].tobytes())


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a test writes by a relative path lands in the checkout."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def listener() -> Listener:
    """A listener that keeps what it is told."""
    return Listener()


@pytest.fixture
def add_picture() -> Callable[..., None]:
    """What writes a small PNG, told apart by a seed."""
    return write_picture


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A run file beside its class folders: twenty hands and skulls."""
    folder = tmp_path / "study"
    for number in range(20):
        write_picture(folder / "pictures" / ("hand" if number % 2 else "skull") / f"{number}.png", number)
    path = folder / "study.yaml"
    path.write_text(RUN_FILE)
    return path


@dataclass(frozen=True)
class TinyDemo:
    """A demo that was run twice: where, what it said and what it told."""

    folder: Path
    first: DemoReport
    second: DemoReport
    lines: list[str]


@pytest.fixture(scope="session")
def tiny_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyDemo]:
    """The demo at its smallest; needs TensorFlow."""
    from pipeline.demo import DemoConfig, demo

    told = Listener()
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path_factory.mktemp("demo"))
        config = DemoConfig(folder=Path("demo"), patients=24, images_per_patient=2)
        first = demo(config, progress=told)
        second = demo(config)
        yield TinyDemo(Path("demo").resolve(), first, second, told.lines)

"""An open database with its key, and folders of small files to ingest."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from database.opening import open_with_key
from database.session import Database
from foundation.keys import create_key_file
from imaging.samples import bundled_dicom_folder


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give a new key file."""
    path = tmp_path / "secret.key"
    create_key_file(path)
    return path


@pytest.fixture
def database(database_url: str, key_file: Path) -> Iterator[Database]:
    """Give an open, empty database with its key: once on SQLite, once on the server."""
    with open_with_key(database_url, key_file=key_file) as opened:
        yield opened


@pytest.fixture
def sqlite_database(sqlite_url: str, key_file: Path) -> Iterator[Database]:
    """Give an open, empty SQLite database with its key."""
    with open_with_key(sqlite_url, key_file=key_file) as opened:
        yield opened


@pytest.fixture
def mixed_folder(tmp_path: Path) -> Path:
    """Give a folder with one file of each end: stored, resent, not an image, rejected."""
    folder = tmp_path / "mixed"
    (folder / "deep" / "er").mkdir(parents=True)
    bundled = bundled_dicom_folder()
    shutil.copyfile(bundled / "CT_small.dcm", folder / "a.dcm")
    shutil.copyfile(bundled / "MR_small.dcm", folder / "deep" / "b")
    shutil.copyfile(bundled / "MR_small_RLE.dcm", folder / "deep" / "er" / "c.dcm")
    shutil.copyfile(bundled / "reportsi.dcm", folder / "report.dcm")
    (folder / "notes.txt").write_text("no picture")
    (folder / "empty.dcm").touch()
    return folder


@pytest.fixture
def write_picture() -> Callable[[Path, int], None]:
    """Give a function that writes a small PNG, told apart by a seed."""

    def write(path: Path, seed: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(seed).integers(0, 256, (12, 10), dtype=np.uint8)
        path.write_bytes(cv2.imencode(".png", values)[1].tobytes())

    return write

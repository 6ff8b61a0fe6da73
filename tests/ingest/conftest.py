"""An open database with its key, and folders of small files to ingest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import Table, select

from database.columns import Base
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


@pytest.fixture
def dump_rows() -> Callable[[Database], dict[str, list[str]]]:
    """Give a function that tells every row of a database, by what it says rather than by its number.

    Left out is what two runs may differ in: row ids, the runs themselves, and the time of day.
    """
    return _dump_rows


def _dump_rows(database: Database) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    by_id: dict[str, dict[int, str]] = {}
    with database.session() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in _OF_RUNS:
                continue
            by_id[table.name] = {}
            for row in session.execute(select(table)).mappings():
                text = json.dumps(_plain_row(table, row, by_id), sort_keys=True, default=str)
                told.setdefault(table.name, []).append(text)
                by_id[table.name][row.get("id", 0)] = hashlib.sha256(text.encode()).hexdigest()
    return {name: sorted(rows) for name, rows in told.items()}


_OF_RUNS = {"ingest_run", "pseudonym_key"}


def _plain_row(table: Table, row: Any, by_id: dict[str, dict[int, str]]) -> dict[str, Any]:
    plain = {}
    for column in table.columns:
        value = row[column.name]
        if column.name in {"id", "created_at", "recorded_at"}:
            continue
        if column.foreign_keys:
            value = by_id.get(next(iter(column.foreign_keys)).column.table.name, {}).get(value)
        plain[column.name] = hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value
    return plain


@pytest.fixture
def in_child() -> Callable[[Callable[[], object]], str]:
    """Give a function that runs another one in a process of its own and returns how that ended.

    `killed`, the class and text of an error, or blank.
    """

    def run(work: Callable[[], object]) -> str:
        return _end_of(_begin_child(work))

    return run


@pytest.fixture
def in_children() -> Callable[..., list[str]]:
    """Give a function that runs several at once, each in a process of its own."""

    def run(*works: Callable[[], object]) -> list[str]:
        return [_end_of(child) for child in [_begin_child(work) for work in works]]

    return run


def _begin_child(work: Callable[[], object]) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    told = ""
    try:
        os.close(reading)
        work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent tells it
        told = f"{type(error).__name__}: {error}"
    finally:
        os.write(writing, told.encode())
        os._exit(0)


def _end_of(child: tuple[int, int]) -> str:
    with os.fdopen(child[1], "rb") as stream:
        told = stream.read().decode()
    _, status = os.waitpid(child[0], 0)
    return "killed" if os.WIFSIGNALED(status) else told

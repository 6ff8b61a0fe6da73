"""What ingest is measured against: the bare loop of the same libraries, and the original's way.

The bare loop only reads, hashes, decodes, encodes and inserts: no header but four columns, no pseudonyms,
no cleaning, no check of what it reads, no resume. It is what no ingest by these libraries can be
faster than, but for work that goes on at the same time. The original's way is one file after the other:
pydicom, Pillow's PNG, one INSERT and one commit.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pydicom
import pymysql
from PIL import Image
from sqlalchemy import make_url

from imaging.png import encode_png

BATCH_SIZE = 16
"""Files in one transaction: as good as 64 for it, and smaller portions for two processes."""

Way = Callable[[str, Sequence[Path]], None]

_COLUMNS = (
    "file_sha256 CHAR(64) NOT NULL, sop_instance_uid VARCHAR(64) NOT NULL, modality VARCHAR(16), "
    "height INTEGER, width INTEGER, png {blob} NOT NULL"
)
_NAMES = "file_sha256, sop_instance_uid, modality, height, width, png"


def connect(url: str) -> Any:
    """Return a connection of the driver's own, set up as ours are."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(parsed.database), timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection
    return pymysql.connect(
        host=parsed.host,
        port=parsed.port or 3306,
        user=parsed.username,
        password=parsed.password or "",
        database=parsed.database,
        charset="utf8mb4",
    )


def make_table(url: str) -> None:
    """Make the one table that both rivals write to."""
    connection = connect(url)
    is_file = isinstance(connection, sqlite3.Connection)
    number = "INTEGER PRIMARY KEY" if is_file else "BIGINT AUTO_INCREMENT PRIMARY KEY"
    blob = "BLOB" if is_file else "LONGBLOB"
    cursor = connection.cursor()
    cursor.execute(f"CREATE TABLE picture (id {number}, {_COLUMNS.format(blob=blob)})")
    connection.commit()
    connection.close()


def run_rival(way: Way, url: str, paths: Sequence[Path], processes: int) -> None:
    """Store the files by a rival's way, batch by batch, in so many processes."""
    batches = [paths[start : start + BATCH_SIZE] for start in range(0, len(paths), BATCH_SIZE)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(way, [url] * len(batches), batches):
            pass


def bare_batch(url: str, paths: Sequence[Path]) -> None:
    """Store some files by the bare loop, in one transaction."""
    rows = []
    for path in paths:
        content = path.read_bytes()
        ds = pydicom.dcmread(io.BytesIO(content))
        png = encode_png(ds.pixel_array)
        sha256 = hashlib.sha256(content).hexdigest()
        rows.append((sha256, ds.SOPInstanceUID, ds.Modality, ds.Rows, ds.Columns, png))
    _insert(_connection_of(url), rows)


def originals_batch(url: str, paths: Sequence[Path]) -> None:
    """Store some files as the system did that this one replaces: one by one."""
    for path in paths:
        ds = pydicom.dcmread(path)
        stream = io.BytesIO()
        Image.fromarray(ds.pixel_array).save(stream, "PNG")
        row = (path.name, ds.SOPInstanceUID, ds.Modality, ds.Rows, ds.Columns, stream.getvalue())
        _insert(_connection_of(url), [row])


def _insert(connection: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert in one transaction."""
    is_file = isinstance(connection, sqlite3.Connection)
    marks = ", ".join(["?" if is_file else "%s"] * 6)
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE" if is_file else "BEGIN")
    cursor.executemany(f"INSERT INTO picture ({_NAMES}) VALUES ({marks})", rows)
    connection.commit()


_connections: dict[str, Any] = {}


def _connection_of(url: str) -> Any:
    """Return this process's connection, opened once."""
    if url not in _connections:
        _connections[url] = connect(url)
    return _connections[url]

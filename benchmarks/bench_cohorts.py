"""Cohorts in a database of a million pictures: the query, the freezing, the table, on SQLite and on a server.

The rows are synthetic and made by SQL: no pixels, no file, no patient is behind any of them. Run it from
the repository root: `python benchmarks/bench_cohorts.py [--size 1000000] [--database URL]`. Without a URL
it measures on SQLite in a temporary folder, and on the server of DICOMILL_TEST_MYSQL_URL (by default
127.0.0.1) in a database of its own, which it drops again, or says that there is none.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Connection, create_engine, make_url, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from database.cohorts import CohortSelection, cohort_table, create_cohort, get_cohort
from database.migrating import upgrade
from database.research import run_research_query, where_query
from database.schema import Cohort
from database.session import Database, open_database, transaction

SERVER = "mysql+pymysql://root@127.0.0.1:3306/"
INDEXED = "body_part = 'HAND' AND modality = 'CR' AND view_position = 'PA'"
QUERY_TARGET, SHOW_TARGET = 1.0, 5.0

# As long as what headers leave there.
ATTRIBUTES = '{"instance_number": 1, "padding": "' + "x" * 300 + '"}'

FILLING = """
INSERT INTO ingest_run (id, run_uuid, kind, source_name, profile, config, versions, started_at)
VALUES (1, 'synthetic', 'ingest', 'synthetic', 'research', '[]', '[]', '2020-01-01');

INSERT INTO patient (id, patient_key) SELECT n, 'patient-' || n FROM number WHERE n <= :size / 5;

INSERT INTO study (id, study_instance_uid, patient_id, study_date_shifted, study_year)
SELECT n, '2.25.2' || n, n % (:size / 5) + 1, '2020-01-01', 2010 + n % 12 FROM number WHERE n <= :size / 4;

INSERT INTO series (id, series_instance_uid, study_id, modality)
SELECT n, '2.25.3' || n, n % (:size / 4) + 1, 'CR' FROM number WHERE n <= :size / 2;

INSERT INTO instance (
    id, sop_instance_uid, version, status, kind, series_id, patient_id, ingest_run_id, modality, body_part,
    view_position, patient_sex, patient_age_years, study_year, manufacturer, manufacturer_model_name,
    site_code, burned_in_risk, height, width, number_of_frames, samples_per_pixel, bits_stored,
    pixel_representation, photometric_interpretation, attributes, rendering, decoder, stored_values_sha256,
    attributes_sha256, created_at
)
SELECT
    n, '2.25.1' || ((n * 7919) % 1000000007), 1, 'current', 'dicom', n % (:size / 2) + 1,
    (n % (:size / 2)) % (:size / 4) % (:size / 5) + 1, 1,
    CASE n % 3 WHEN 0 THEN 'CR' WHEN 1 THEN 'DX' ELSE 'CT' END,
    CASE n % 50 WHEN 0 THEN 'HAND' WHEN 1 THEN 'FOOT' WHEN 2 THEN 'KNEE' WHEN 3 THEN 'SKULL'
        ELSE CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN 'ABDOMEN' ELSE 'CHEST' END END,
    CASE n % 7 WHEN 0 THEN 'LL' WHEN 1 THEN NULL WHEN 2 THEN 'AP' ELSE 'PA' END,
    CASE n % 11 WHEN 0 THEN NULL ELSE CASE n % 2 WHEN 0 THEN 'F' ELSE 'M' END END,
    CASE n % 13 WHEN 0 THEN NULL ELSE n % 90 END, 2010 + n % 12,
    CASE n % 5 WHEN 0 THEN 'SIEMENS' WHEN 1 THEN 'GE MEDICAL SYSTEMS' ELSE 'PHILIPS' END, 'model',
    'site-' || (n % 9), CASE n % 97 WHEN 0 THEN 'possible' ELSE 'none' END, 2048, 2048, 1, 1, 12, 0,
    'MONOCHROME2', :attributes, :attributes, 'synthetic',
    SUBSTR(:zeros || (n - (CASE n % 101 WHEN 0 THEN 1 ELSE 0 END)), -64), SUBSTR(:zeros || n, -64),
    '2020-01-01'
FROM number;

INSERT INTO pixels (id, stored_values_sha256, encoding, dtype, stored_offset, num_bytes)
SELECT n, SUBSTR(:zeros || n, -64), 'png', 'uint16', 0, 0 FROM number;

INSERT INTO frame (id, instance_id, frame_number, pixels_id, stored_values_sha256)
SELECT n, n, 1, n, SUBSTR(:zeros || n, -64) FROM number;

INSERT INTO label (
    subject_level, subject_key, task, class_name, value, reader, reading_number, recorded_at
)
SELECT
    'instance', sop_instance_uid, 'finding', CASE id % 5 WHEN 0 THEN 'Mass' ELSE 'Nodule' END, '1',
    'synthetic', 1, '2020-01-01'
FROM instance
"""


class Measured:
    """Seconds by what was done, on one database."""

    def __init__(self, title: str) -> None:
        print(title)

    def take(self, name: str, work: Callable[[], Any], *, target: float | None = None) -> Any:
        """Do some work, print its seconds beside the target, and return what it gave."""
        start = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - start
        told = "" if target is None else f"  (target {target:g} s: {'met' if seconds < target else 'MISSED'})"
        print(f"    {seconds:8.2f} s  {name}{told}", flush=True)
        return result


def fill(connection: Connection, size: int) -> None:
    """Make the rows; those of the server are analysed, as it would do itself in time."""
    is_server = connection.dialect.name != "sqlite"
    if is_server:
        connection.execute(text("SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')"))
    connection.execute(text("CREATE TEMPORARY TABLE number (n BIGINT PRIMARY KEY)"))
    connection.execute(text("CREATE TEMPORARY TABLE more (n BIGINT PRIMARY KEY)"))
    connection.execute(text("INSERT INTO number VALUES (1)"))
    made = 1
    while made < size:
        connection.execute(text("DELETE FROM more"))
        connection.execute(text("INSERT INTO more SELECT n FROM number"))
        connection.execute(
            text("INSERT INTO number SELECT n + :made FROM more WHERE n + :made <= :size"),
            {"made": made, "size": size},
        )
        made *= 2
    values = {"size": size, "attributes": ATTRIBUTES, "zeros": "0" * 64}
    for statement in FILLING.split(";"):
        divided = statement.replace(":size / ", ":size DIV ") if is_server else statement
        connection.execute(
            text(divided), {name: value for name, value in values.items() if f":{name}" in statement}
        )
        connection.commit()
    if is_server:
        connection.execute(text("ANALYZE TABLE instance, series, study, patient, frame, label"))


def measure(url: str, size: int) -> None:
    """Fill a database that is there and empty, and print what was measured on it."""
    parsed = make_url(url)
    engine = create_engine(
        parsed.set(drivername="mysql+pymysql") if parsed.drivername.startswith("mysql") else parsed,
        poolclass=NullPool,
    )
    measured = Measured(f"{parsed.get_backend_name()}, {size:,} synthetic pictures")
    with engine.connect() as connection:
        measured.take("rows made by SQL", lambda: fill(connection, size))
    with open_database(url) as database:
        measure_cohorts(database, measured)


def measure_cohorts(database: Database, measured: Measured) -> None:
    """Print the seconds of queries, of freezing and of showing."""
    for where, target in ((INDEXED, QUERY_TARGET), ("modality = 'CT' AND age_years >= 18", None)):
        sql = where_query(where, database.dialect_name)
        found = measured.take(
            f"query: {where}",
            lambda sql=sql: run_research_query(database, sql, seconds=600),  # type: ignore[misc]
            target=target,
        )
        print(f"                {len(found.rows):,} pictures")
    selections = {
        "the indexed condition": CohortSelection(name="indexed", where=INDEXED),
        "one per patient": CohortSelection(name="one", body_parts=("HAND",), one_per="patient"),
        "everything": CohortSelection(name="all", seconds=600),
        "everything again": CohortSelection(name="all", seconds=600),
        "everything, a task of readings": CohortSelection(name="findings", task="finding", seconds=600),
    }
    for title, selection in selections.items():
        record = measured.take(
            f"cohort create: {title}",
            lambda one=selection: transaction(database, lambda session: create_cohort(session, one)),  # type: ignore[misc]
        )
        print(f"                {record.num_members:,} members")
    for name in ("indexed", "all"):
        measured.take(f"cohort show: {name}", lambda name=name: show(database, name), target=SHOW_TARGET)  # type: ignore[misc]
    # As after a member left: the table is counted anew, on the rows of the day.
    forget = update(Cohort).where(Cohort.name == "all").values(characteristics=None)
    transaction(database, lambda session: session.execute(forget))
    measured.take("cohort show: all, counted anew", lambda: show(database, "all"))


def show(database: Database, name: str) -> Any:
    """Read a cohort's table, as `cohort show` does."""
    with database.session() as session:
        return cohort_table(session, get_cohort(session, name))


@contextmanager
def server_database() -> Iterator[str | None]:
    """Give an empty, migrated database on the server, and drop it; None where no server answers."""
    server = make_url(os.environ.get("DICOMILL_TEST_MYSQL_URL", SERVER)).set(drivername="mysql+pymysql")
    name = f"dicomill_bench_{os.getpid()}"
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    except DBAPIError:
        yield None
        return
    try:
        url = server.set(drivername="mysql", database=name).render_as_string(hide_password=False)
        upgrade(url)
        yield url
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))


def main() -> None:
    """Print what was measured on each database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", type=int, default=100_000, help="pictures")
    parser.add_argument("--database", help="the URL of an empty, migrated database of your own")
    asked = parser.parse_args()
    if asked.database:
        measure(asked.database, asked.size)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        open_database(url, create=True).close()
        measure(url, asked.size)
    with server_database() as server:
        if server is None:
            print("server: not measured, since none answers at DICOMILL_TEST_MYSQL_URL or 127.0.0.1")
        else:
            measure(server, asked.size)


if __name__ == "__main__":
    main()

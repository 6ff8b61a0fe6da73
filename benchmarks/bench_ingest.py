"""Ingest beside a bare loop and beside the original's way; headers alone; memory; a database that grows.

Run it from the repository root: `python benchmarks/bench_ingest.py` (all), or name parts: `rates`,
`headers`, `memory`, `growth`. `--quick` takes small sizes. All files are synthetic (`ingest_stock.py`).
Both ways are run in turn, the order changing from round to round, into databases made for the round
and dropped after it; a figure is the median over the rounds of the ratio within one. Each way runs in
spawned processes of its own, one or two, whose start is part of the time. The databases are SQLite in a
folder of its own, and the MariaDB or MySQL server at --server.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ingest_growth import prefill, settle
from ingest_memory import peak_bytes_of_workers
from ingest_rivals import Way, bare_batch, make_table, originals_batch, run_rival
from ingest_stock import write_small, write_stock
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from database.migrating import upgrade
from database.opening import open_with_key
from foundation.keys import create_key_file
from foundation.pools import WorkerPool
from ingest.ingest import IngestConfig, ingest
from ingest.survey import survey

PARTS = ("rates", "headers", "memory", "growth")
LOCAL_SERVER = "mysql://root@127.0.0.1:3306/"
TARGETS = {1: 0.75, 2: 0.8}
ORIGINAL_TARGET, HEADER_TARGET, MEMORY_TARGET, GROWTH_TARGET = 3.0, 600.0, 400.0, 0.8


class Ground:
    """Where a benchmark runs: a folder, a key, and fresh databases of each kind."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self.folder, self._server = folder, server
        self._number = 0
        self.key_file = folder / "bench.key"
        create_key_file(self.key_file)

    def kinds(self) -> list[str]:
        """Return the kinds of databases that there are."""
        return ["SQLite", *(["server"] if self._server else [])]

    @contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """Give the URL of an empty database; it is gone afterwards."""
        self._number += 1
        name = f"dicomill_bench_{self._number}"
        if kind == "SQLite":
            place = self.folder / name
            place.mkdir()
            yield f"sqlite:///{place / 'rows.db'}"
            shutil.rmtree(place)
            return
        server = make_url(self._server or "").set(drivername="mysql+pymysql")
        _run_on(server, f"DROP DATABASE IF EXISTS {name}")
        _run_on(server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield server.set(drivername="mysql", database=name).render_as_string(hide_password=False)
        finally:
            _run_on(server, f"DROP DATABASE {name}")

    @contextmanager
    def laid(self, kind: str) -> Iterator[str]:
        """Give the URL of a database with our schema."""
        with self.fresh(kind) as url:
            upgrade(url)
            yield url

    def ingest(self, url: str, folder: Path, *, executor: Executor | None = None) -> None:
        """Ingest a folder, in this process or on an executor; every file must be stored."""
        with open_with_key(url, key_file=self.key_file) as database:
            config = IngestConfig(
                paths=(folder,), workers=1, operator_file=self.folder / "paths.tsv", source=folder.name
            )
            report = ingest(config, database=database, executor=executor)
        if report.num_new_instances != report.num_files:
            raise SystemExit(f"Not every file was stored: {report.dispositions}")

    def seconds_of_ingest(self, url: str, folder: Path, processes: int) -> float:
        """Return the seconds that ingest takes with so many worker processes, their start included."""
        started = time.perf_counter()
        pool = WorkerPool(processes)
        self.ingest(url, folder, executor=pool)
        pool.shutdown()
        return time.perf_counter() - started


def _run_on(server: Any, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def seconds_of_rival(way: Way, url: str, paths: Sequence[Path], processes: int) -> float:
    """Return the seconds that a rival takes with so many processes, their start included."""
    make_table(url)
    started = time.perf_counter()
    run_rival(way, url, paths, processes)
    return time.perf_counter() - started


def bench_rates(ground: Ground, *, quick: bool) -> None:
    """Print our rate beside the bare loop's and the original's."""
    num_ct, num_cr, rounds = (100, 6, 3) if quick else (1000, 60, 5)
    stock = ground.folder / "stock"
    write_stock(stock, num_ct=num_ct, num_cr=num_cr)
    paths = sorted(stock.rglob("*.dcm"))
    print(f"{num_ct} CT of 512 x 512 x 16 bit and {num_cr} CR of 2048 x 2048, synthetic; {rounds} rounds")
    for kind in ground.kinds():
        for processes, target in TARGETS.items():
            ratios, ours, theirs = [], [], []
            for number in range(rounds):
                theirs_first = number % 2 == 0
                pair: dict[bool, float] = {}
                for is_theirs in (theirs_first, not theirs_first):
                    if is_theirs:
                        with ground.fresh(kind) as url:
                            pair[True] = seconds_of_rival(bare_batch, url, paths, processes)
                    else:
                        with ground.laid(kind) as url:
                            pair[False] = ground.seconds_of_ingest(url, stock, processes)
                ratios.append(pair[True] / pair[False])
                theirs.append(pair[True])
                ours.append(pair[False])
            print(
                f"{kind}, {processes} process{'es' if processes > 1 else ''}: "
                f"ingest {len(paths) / statistics.median(ours):.0f} files/s, "
                f"bare loop {len(paths) / statistics.median(theirs):.0f} files/s, "
                f"ratio {statistics.median(ratios):.2f} ({_span(ratios)}; target {target})",
                flush=True,
            )
        ratios = []
        for _ in range(1 if quick else 3):
            with ground.fresh(kind) as url:
                original = seconds_of_rival(originals_batch, url, paths, 1)
            with ground.laid(kind) as url:
                ratios.append(original / ground.seconds_of_ingest(url, stock, 1))
        print(
            f"{kind}: {statistics.median(ratios):.1f} times as fast as the original's way in one process "
            f"({_span(ratios)}; target {ORIGINAL_TARGET:.0f})",
            flush=True,
        )
    shutil.rmtree(stock)


def bench_headers(ground: Ground, *, quick: bool) -> None:
    """Print how many headers a dry run reads in a second on one core."""
    stock = ground.folder / "headers"
    write_stock(stock, num_ct=100 if quick else 1000, num_cr=6 if quick else 60)
    rates = []
    for _ in range(3 if quick else 7):
        report = survey(IngestConfig(paths=(stock,), workers=1))
        rates.append(report.num_files / report.seconds)
    print(
        f"dry run, headers only, one process: {statistics.median(rates):.0f} files/s ({_span(rates, 0)}; "
        f"target {HEADER_TARGET:.0f})",
        flush=True,
    )
    shutil.rmtree(stock)


def bench_memory(ground: Ground, *, quick: bool) -> None:
    """Print the most memory that a worker and its decoders' process took, for few files and for many."""
    for count in (100, 1000) if quick else (1000, 100_000):
        small = ground.folder / f"small_{count}"
        write_small(small, count)
        for kind in ground.kinds():
            with ground.laid(kind) as url:
                worker, parent = peak_bytes_of_workers(
                    lambda executor, url=url, small=small: ground.ingest(url, small, executor=executor)
                )
            print(
                f"{kind}, {count:,} files, 2 workers: {worker / 1e6:.0f} MB a worker at most "
                f"(target {MEMORY_TARGET:.0f}), this process {parent / 1e6:.0f} MB",
                flush=True,
            )
        shutil.rmtree(small)


def bench_growth(ground: Ground, *, quick: bool) -> None:
    """Print the rate of ingest into a large database beside that into a small one."""
    sizes = (1000, 20_000) if quick else (10_000, 1_000_000)
    rounds, count = (2, 200) if quick else (5, 1000)
    for kind in ground.kinds():
        with ground.laid(kind) as few, ground.laid(kind) as many:
            write_small(ground.folder / "first", 100, seed=99_999)
            for url, size in ((few, sizes[0]), (many, sizes[1])):
                ground.ingest(url, ground.folder / "first")
                with open_with_key(url, key_file=ground.key_file) as database:
                    prefill(database, size)
                    settle(database)
            shutil.rmtree(ground.folder / "first")
            ratios, rates = [], []
            for number in range(rounds):
                small = ground.folder / f"round_{number}"
                write_small(small, count, seed=number)
                order = (few, many) if number % 2 == 0 else (many, few)
                seconds = {
                    url: _seconds(lambda url=url, small=small: ground.ingest(url, small)) for url in order
                }
                ratios.append(seconds[few] / seconds[many])
                rates.append(count / seconds[many])
                shutil.rmtree(small)
        print(
            f"{kind}: {statistics.median(rates):.0f} files/s at {sizes[1]:,} instances, "
            f"{statistics.median(ratios):.2f} of the rate at {sizes[0]:,} ({_span(ratios)}; "
            f"target {GROWTH_TARGET})",
            flush=True,
        )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _span(values: Sequence[float], digits: int = 2) -> str:
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def answering(server: str) -> str | None:
    """Return the server's URL if one answers there."""
    try:
        _run_on(make_url(server).set(drivername="mysql+pymysql"), "SELECT 1")
    except DBAPIError:
        print(f"no server answers at {make_url(server).render_as_string()}: SQLite alone")
        return None
    return server


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small sizes: a look, no figures to quote")
    parser.add_argument("--server", default=LOCAL_SERVER, help="URL without a database")
    parser.add_argument("--folder", type=Path, help="where files and SQLite databases are made")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}. Parts: {', '.join(PARTS)}")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    print(f"bench_ingest {'--quick ' if arguments.quick else ''}at {commit.stdout.strip() or 'no commit'}")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        ground = Ground(Path(folder), answering(arguments.server))
        for part in arguments.parts or PARTS:
            globals()[f"bench_{part}"](ground, quick=arguments.quick)


if __name__ == "__main__":
    main()

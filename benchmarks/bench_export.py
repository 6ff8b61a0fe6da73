"""`export` and `pack` beside bare loops of the same libraries: what names, hashes, manifests and checks cost.

Run it from the repository root: `python benchmarks/bench_export.py`. Two processes each, their start
included; rounds of both in turn, the best of each. The bare loops read rows (or files), decode, look up,
encode and write, in the same batches and processes, and do nothing else: no labels, no manifest, no hash,
no splits. Target: at least 0.75 of their rate.
"""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from database.batches import NewFrame, NewInstance
from database.instances import store_instances
from database.opening import open_with_key
from database.pictures import frames_of
from database.runs import begin_run
from database.session import Database, transaction
from database.workers import worker_database
from foundation.execution import batched
from imaging.pixel_hashes import hash_pixels
from imaging.plain_pictures import read_plain_picture
from imaging.png import encode_png
from imaging.rendering import RenderingAttributes, Window, render
from imaging.stored_values import decode_stored_values, encode_stored_values
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.examples import encode_example
from preprocessing.export import ExportConfig, export
from preprocessing.framing import write_records
from preprocessing.pack import PackConfig, pack

WORKERS = 2
ROUNDS = 4
TARGET = 0.75
SIZE = 512
COUNT = 800
BATCH = 16
ATTRIBUTES = RenderingAttributes(bits_stored=12, windows=(Window(center=2000.0, width=3000.0),))


def make_rows(database: Database) -> None:
    """Store smooth noise of 12 bits as instances with a body part each."""
    run_id = transaction(
        database, lambda session: begin_run(session, source_name="bench", profile="research", config={})
    )
    for numbers in batched(range(COUNT), 50):
        instances = [make_instance(number) for number in numbers]
        transaction(
            database,
            lambda session: list(  # the block is called at once
                store_instances(session, run_id=run_id, source_name="bench", batch=instances)  # noqa: B023
            ),
        )


def make_instance(number: int) -> NewInstance:
    """Return one picture as ingest would."""
    rng = np.random.default_rng(number)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (SIZE, SIZE)).astype(np.float32), (0, 0), SIZE / 40)
    values = cv2.normalize(noise, None, 0, 4000, cv2.NORM_MINMAX) + rng.normal(0, 12, (SIZE, SIZE))
    stored = np.clip(values, 0, 4095).astype(np.uint16)
    kept, sha256 = encode_stored_values(stored), hash_pixels(stored)
    return NewInstance(
        path_key=sha256,
        file_sha256=sha256,
        num_bytes=len(kept.content),
        sop_instance_uid=f"2.25.{number + 1}",
        kind="dicom",
        stored_values_sha256=sha256,
        attributes_sha256=sha256,
        frames=(NewFrame(1, kept.content, kept.encoding, kept.dtype, kept.offset, sha256),),
        study_instance_uid=f"2.25.1{number // 2}",
        series_instance_uid=f"2.25.2{number // 2}",
        patient_key=f"{number // 4:032x}",
        modality="CR",
        body_part="CHEST" if number % 3 else "HAND",
        height=SIZE,
        width=SIZE,
        attributes={},
        rendering=ATTRIBUTES.model_dump(mode="json"),
        decoder="none",
    )


def bare_export_batch(ids: Sequence[int], url: str, target: Path) -> int:
    """Read rows, decode, look up, encode and write, and nothing else."""
    with worker_database(url).session() as session:
        for frame in frames_of(session, ids):
            values = decode_stored_values(
                frame.content, encoding=frame.encoding, dtype=frame.dtype, offset=frame.offset
            )
            picture = render(values, ATTRIBUTES, rendering="window")
            (target / f"{frame.instance_id}.png").write_bytes(encode_png(picture))
    return len(ids)


def bare_pack_batch(paths: Sequence[Path], target: Path) -> int:
    """Read, decode and write bare samples as records of a file of this batch's own, and nothing else."""

    def payloads() -> Any:
        for path in paths:
            picture = read_plain_picture(path.read_bytes())
            yield encode_example({"image/encoded": [picture.tobytes()], "image/shape": list(picture.shape)})

    with (target / f"{paths[0].stem}.tfrecord").open("wb") as stream:
        write_records(stream, payloads())
    return len(paths)


def bare_loop(function: Callable[..., int], items: Sequence[Any], target: Path, *arguments: Any) -> None:
    """Map a bare function over batches in a pool."""
    target.mkdir()
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        batches = batched(items, BATCH)
        for future in [pool.submit(function, batch, *arguments, target) for batch in batches]:
            future.result()


def seconds(action: Callable[[], object], target: Path) -> float:
    """Return how long the action takes on a target that is not there yet."""
    shutil.rmtree(target, ignore_errors=True)
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def tell(name: str, bare: Callable[[], object], ours: Callable[[], object], target: Path) -> None:
    """Print the best rates of both and their ratio."""
    rounds = [(seconds(bare, target), seconds(ours, target)) for _ in range(ROUNDS)]
    bare_best, ours_best = (min(values) for values in zip(*rounds, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{name}: bare {COUNT / bare_best:.0f}/s, ours {COUNT / ours_best:.0f}/s, "
        f"ratio {bare_best / ours_best:.2f} (target {TARGET}); own process at most {peak} MiB"
    )


def main() -> None:
    """Print a line a case."""
    with tempfile.TemporaryDirectory() as place:
        folder, target = Path(place), Path(place) / "target"
        with open_with_key(f"sqlite:///{folder / 'rows.db'}", create=True) as database:
            make_rows(database)
            cohort(CohortConfig(name="all"), database=database)
            wanted = ExportConfig(cohort="all", folder=target, workers=WORKERS)
            with database.session() as session:
                ids = [frame.instance_id for frame in frames_of(session, range(1, COUNT + 1))]
            tell(
                f"export of {SIZE} px",
                lambda: bare_loop(bare_export_batch, ids, target, database.url_text),
                lambda: export(wanted, database=database),
                target,
            )
            exported = folder / "export"
            export(wanted.model_copy(update={"folder": exported}), database=database)
            paths = sorted((exported / "images").iterdir())
            tell(
                f"pack of {SIZE} px, bare samples",
                lambda: bare_loop(bare_pack_batch, paths, target),
                lambda: pack(PackConfig(folder=exported, target=target, workers=WORKERS)),
                target,
            )
            tell(
                f"export and pack of {SIZE} px, against pack from the cohort",
                lambda: export_and_pack(database, folder, target),
                lambda: pack(PackConfig(cohort="all", target=target, workers=WORKERS), database=database),
                target,
            )


def export_and_pack(database: Database, folder: Path, target: Path) -> None:
    """Go the long way over a folder."""
    between = folder / "between"
    shutil.rmtree(between, ignore_errors=True)
    export(ExportConfig(cohort="all", folder=between, workers=WORKERS), database=database)
    pack(PackConfig(folder=between, target=target, workers=WORKERS))


if __name__ == "__main__":
    main()

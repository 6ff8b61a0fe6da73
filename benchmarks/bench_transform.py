"""`transform` beside a bare loop of the same libraries: what labels, manifest, hashes and checks cost.

Run it from the repository root: `python benchmarks/bench_transform.py`. Two processes each, their start
included; the best of several rounds. The bare loop decodes with OpenCV, runs the same functions and
encodes with the same encoder, and writes nothing but pictures. Target: at least 0.75 of its rate.
"""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from foundation.execution import batched
from imaging.png import encode_png
from preprocessing.recipe import Recipe
from preprocessing.transform import TransformConfig, transform

WORKERS = 2
ROUNDS = 3
TARGET = 0.75
CASES = {
    "512 px PNG": (".png", 512, 600, ("contrast_enhancing:4", "bitwise_downsampling:4")),
    "512 px JPEG": (".jpg", 512, 600, ("contrast_enhancing:4", "letterbox:224")),
    "64 px JPEG": (".jpg", 64, 3000, ("resize:32",)),
}


def make_pictures(folder: Path, ending: str, size: int, count: int) -> None:
    """Write smooth noise as pictures with labels."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        noise = cv2.GaussianBlur(rng.integers(0, 256, (size, size), dtype=np.uint8), (0, 0), size / 40)
        picture = cv2.normalize(noise, None, 0, 250, cv2.NORM_MINMAX) + rng.integers(
            0, 5, (size, size), dtype=np.uint8
        )
        cv2.imwrite(str(folder / "images" / f"{number:05d}{ending}"), picture)
        (folder / "labels" / f"{number:05d}.txt").write_text("Hand\n", encoding="utf-8")


def bare_batch(paths: Sequence[Path], target: Path, steps: tuple[str, ...]) -> int:
    """Decode, transform, encode and write, and nothing else."""
    calls = Recipe.parse(steps).steps
    for path in paths:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        for call in calls:
            picture = call.apply(picture)
        (target / f"{path.stem}.png").write_bytes(encode_png(picture))
    return len(paths)


def bare_loop(folder: Path, target: Path, steps: tuple[str, ...]) -> None:
    """Map the bare function over batches in a pool."""
    target.mkdir()
    batches = list(batched(sorted((folder / "images").iterdir()), 8))
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(bare_batch, batch, target, steps) for batch in batches]
        for future in futures:
            future.result()


def seconds(action: Callable[[], object], target: Path) -> float:
    """Return how long the action takes on a target that is not there yet."""
    shutil.rmtree(target, ignore_errors=True)
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Print a line a case."""
    for name, (ending, size, count, steps) in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            folder, target = Path(place) / "source", Path(place) / "target"
            make_pictures(folder, ending, size, count)
            config = TransformConfig(folder=folder, target=target, steps=steps, workers=WORKERS)
            rounds = [
                (
                    seconds(lambda: bare_loop(folder, target, steps), target),  # noqa: B023 - called at once
                    seconds(lambda: transform(config), target),  # noqa: B023 - same
                )
                for _ in range(ROUNDS)
            ]
        bare, ours = (min(values) for values in zip(*rounds, strict=True))
        print(
            f"{name}, {', '.join(steps)}: bare {count / bare:.0f}/s, transform {count / ours:.0f}/s, "
            f"ratio {bare / ours:.2f} (target {TARGET})"
        )


if __name__ == "__main__":
    main()

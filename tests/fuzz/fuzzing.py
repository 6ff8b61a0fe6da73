"""Mutation fuzzing of everything that turns bytes into pictures.

Run from the repository root:

    python -P tests/fuzz/fuzzing.py --seconds 600        what `make fuzz SECONDS=600` does
    python -P tests/fuzz/fuzzing.py --repeat FILE        read one saved input again

Real files (pydicom's own, and small plain pictures) are damaged by rules that a seed decides, and
read in another process. A finding is whatever is neither a picture nor a reason: a crash, another
exception, more than a few seconds, more memory than allowed, a word on standard error. Its input is
saved. The process that reads is started again after a crash.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import select
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

LARGEST_FILE = 600_000
MOST_SECONDS = 5.0
STALL_SECONDS = 30.0
MOST_BYTES = 1_000_000_000
ADDRESS_SPACE = 8 << 30
PIXEL_TAG = b"\xe0\x7f\x10\x00"
Mutation = Callable[[random.Random, bytearray, int], None]


def read_seeds() -> list[bytes]:
    """Return the files that are damaged: always the same, in the same order."""
    import cv2
    import numpy as np

    from imaging.samples import bundled_dicom_folder
    from imaging.tiff import encode_tiff

    folder = bundled_dicom_folder()
    paths = sorted(path for path in folder.rglob("*.dcm") if path.stat().st_size <= LARGEST_FILE)
    picture = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    plain = [cv2.imencode(suffix, picture)[1].tobytes() for suffix in (".png", ".jpg", ".tif", ".bmp")]
    return [path.read_bytes() for path in paths] + plain + [encode_tiff(picture)]


def _flip_bit(rng: random.Random, content: bytearray, at: int) -> None:
    content[at] ^= 1 << rng.randrange(8)


def _set_byte(rng: random.Random, content: bytearray, at: int) -> None:
    content[at] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))


def _set_number(rng: random.Random, content: bytearray, at: int) -> None:
    number = rng.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, rng.randrange(1 << 32)))
    content[at : at + 4] = struct.pack(rng.choice("<>") + "I", number)


def _delete(rng: random.Random, content: bytearray, at: int) -> None:
    del content[at : at + rng.choice((1, 2, 8, 64, 1024))]


def _insert(rng: random.Random, content: bytearray, at: int) -> None:
    content[at:at] = rng.randbytes(rng.choice((1, 2, 8, 64)))


def _copy(rng: random.Random, content: bytearray, at: int) -> None:
    start = rng.randrange(len(content))
    content[at : at + 64] = content[start : start + rng.choice((8, 64, 512))]


def _blank(rng: random.Random, content: bytearray, at: int) -> None:
    length = rng.choice((8, 64, 512))
    content[at : at + length] = bytes((rng.choice((0, 255)),)) * min(length, len(content) - at)


def _cut(_rng: random.Random, content: bytearray, at: int) -> None:
    del content[at:]


MUTATIONS: tuple[Mutation, ...] = (
    _flip_bit, _flip_bit, _set_byte, _set_byte, _set_number, _delete, _insert, _copy, _blank, _cut,
)  # fmt: skip


def mutate(seeds: list[bytes], seed: int) -> bytes:
    """Return the damaged file of one seed."""
    rng = random.Random(seed)
    content = bytearray(seeds[rng.randrange(len(seeds))])
    pixels = max(0, content.find(PIXEL_TAG))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 32))):
        if len(content) < 16:
            break
        # Headers decide more than pixels do: the file's, and that of the first compressed frame.
        start, length = rng.choice(((0, 2048), (128, len(content)), (pixels, 256), (pixels, 2048)))
        at = min(len(content) - 1, start + rng.randrange(max(1, length)))
        rng.choice(MUTATIONS)(rng, content, at)
    return bytes(content)


def read(content: bytes) -> str:
    """Read one input as ingest would, render it, and return how it ended."""
    from foundation.errors import DicomillError, ImagingError
    from imaging.pictures import read_picture_or_instance
    from imaging.rendering import RenderingAttributes, render
    from imaging.settings import ReadSettings
    from imaging.stored_values import decode_stored_values

    try:
        instance = read_picture_or_instance(content, settings=ReadSettings(key=bytes(32)))
    except ImagingError as error:
        return error.reason_code
    for frame in instance.frames[:2]:
        kept = frame.encoded
        values = decode_stored_values(
            kept.content, encoding=kept.encoding, dtype=kept.dtype, offset=kept.offset
        )
        try:
            render(values, RenderingAttributes.model_validate(frame.rendering or instance.header.rendering))
        except DicomillError as error:
            return f"render_{type(error).__name__}"
    json.dumps(instance.header.to_json(), allow_nan=False)
    return "read"


def work() -> None:
    """Read the seeds that come in on standard input, one a line, and answer each in a line."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seeds = read_seeds()
    for content in seeds[-3:]:
        read(content)
    for line in sys.stdin:
        start = time.perf_counter()
        outcome = read(mutate(seeds, int(line)))
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sys.stdout.write(json.dumps([outcome, time.perf_counter() - start, peak]) + "\n")
        sys.stdout.flush()


@dataclass
class Campaign:
    """What a run of the fuzzer did.

    Args:
        folder: where inputs of findings are saved.
    """

    folder: Path
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def find(self, seed: int, what: str, content: bytes) -> None:
        """Save the input of a finding, and say how to see it again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"seed-{seed}.bin"
        path.write_bytes(content)
        self.findings.append(f"seed {seed}: {what}\n    python -P tests/fuzz/fuzzing.py --repeat {path}")


class Worker:
    """The process that reads; its standard error is kept."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.words_path = folder / "standard-error.txt"
        with self.words_path.open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-P", __file__, "--work"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
            )

    def ask(self, seed: int) -> tuple[str, float, int]:
        """Return outcome, seconds and peak memory of one seed; raise when there is no answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{seed}\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], STALL_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            raise TimeoutError if not ready else EOFError
        outcome, seconds, peak = json.loads(line)
        return outcome, seconds, peak

    def words(self) -> str:
        """Return what was written to standard error so far."""
        return self.words_path.read_text(errors="replace")

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


def fuzz(seconds: float, *, first_seed: int, folder: Path) -> Campaign:
    """Damage and read files for so many seconds.

    Args:
        seconds: how long.
        first_seed: further seeds follow by counting.
        folder: where findings are saved.
    """
    campaign = Campaign(folder)
    seeds = read_seeds()
    end = time.monotonic() + seconds
    worker = Worker(folder)
    for seed in _count_until(end, first_seed):
        trouble = _try_seed(worker, seed, campaign)
        if trouble:
            campaign.find(seed, trouble, mutate(seeds, seed))
            worker.end()
            worker = Worker(folder)
    worker.end()
    worker.words_path.unlink()
    return campaign


def _count_until(end: float, seed: int) -> Iterator[int]:
    while time.monotonic() < end:
        yield seed
        seed += 1


def _try_seed(worker: Worker, seed: int, campaign: Campaign) -> str:
    """Return what was wrong, or nothing."""
    try:
        outcome, seconds, peak = worker.ask(seed)
    except TimeoutError:
        return f"no answer within {STALL_SECONDS:.0f} s"
    except (EOFError, OSError):
        status = worker.process.wait()
        last = worker.words().strip().splitlines()[-1:]
        return f"the reading process ended with status {status}: {' '.join(last)[:200]}"
    campaign.outcomes[outcome] += 1
    if seconds > MOST_SECONDS:
        return f"{seconds:.1f} s"
    if peak > MOST_BYTES:
        return f"{peak / 1e6:.0f} MB"
    return f"words on standard error: {worker.words()[:200]}" if worker.words() else ""


def main() -> int:
    """Run what the command line asks for; the exit status is the number of findings, at most 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=ROOT / "fuzz-findings")
    parser.add_argument("--repeat", type=Path)
    parser.add_argument("--work", action="store_true")
    asked = parser.parse_args()
    if asked.work:
        work()
        return 0
    if asked.repeat:
        sys.stdout.write(f"{read(asked.repeat.read_bytes())}\n")
        return 0
    sys.stdout.write(f"seeds from {asked.seed} for {asked.seconds:.0f} s\n")
    campaign = fuzz(asked.seconds, first_seed=asked.seed, folder=asked.folder)
    lines = [f"{count:8d} {outcome}" for outcome, count in campaign.outcomes.most_common()]
    lines += campaign.findings or ["no finding"]
    lines.append(f"{sum(campaign.outcomes.values())} inputs, {len(campaign.findings)} findings")
    sys.stdout.write("\n".join(lines) + "\n")
    return bool(campaign.findings)


if __name__ == "__main__":
    sys.exit(main())

"""One CR of 2048 x 2048: decode native, render to 8 bits, PNG; and our PNG beside OpenCV's.

Run it from the repository root: `python benchmarks/bench_pixels.py`. One core; the best of several
rounds. The bare-loop bound is what nothing can go below with these means: the table look-up and
the deflation of rows that are filtered already.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from isal import isal_zlib
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from imaging.decoding import decode_frames
from imaging.limits import Limits
from imaging.png import decode_png, encode_png
from imaging.rendering import render, rendering_attributes

SIZE = 2048
ROUNDS = 9
TARGET_MILLISECONDS = 60.0
TARGET_RATIO = 4.0


def milliseconds(action: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the best time of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def computed_radiograph() -> Dataset:
    """Return a CR of 12 bits with the noise of a real one."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIZE, :SIZE]
    values = 2000 + 1500 * np.sin(x / 200) * np.cos(y / 300) + rng.normal(0, 8, (SIZE, SIZE))
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME1"
    ds.Rows = ds.Columns = SIZE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.WindowCenter, ds.WindowWidth = "2000", "3000"
    ds.PixelData = np.clip(values, 0, 4095).astype("<u2").tobytes()
    return ds


def fastest_opencv(picture: np.ndarray[Any, Any]) -> tuple[float, str, float]:
    """Return OpenCV's fastest PNG that compresses: milliseconds, its settings, size to raw size."""
    best = (float("inf"), "", 0.0)
    for level in range(1, 4):
        for strategy in range(5):
            settings = [cv2.IMWRITE_PNG_COMPRESSION, level, cv2.IMWRITE_PNG_STRATEGY, strategy]
            elapsed = milliseconds(lambda settings=settings: cv2.imencode(".png", picture, settings), 2)
            if elapsed < best[0]:
                size = len(cv2.imencode(".png", picture, settings)[1])
                best = (elapsed, f"level {level}, strategy {strategy}", size / picture.nbytes)
    return best


def filtered_rows(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a picture's rows as PNG deflates them."""
    rows = picture.astype(picture.dtype.newbyteorder(">")).view(np.uint8)
    filtered = np.full((rows.shape[0], rows.shape[1] + 1), 2, np.uint8)
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered


def print_encoding(name: str, picture: np.ndarray[Any, Any]) -> None:
    """Print our encoding beside OpenCV's and its bound."""
    ours = milliseconds(lambda: encode_png(picture))
    encoded = encode_png(picture)
    rows = filtered_rows(picture)
    bound = milliseconds(lambda: isal_zlib.compress(rows, 3 if picture.itemsize == 2 else 1))
    theirs, settings, ratio = fastest_opencv(picture)
    stored = milliseconds(lambda: cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 0]), 3)
    size = len(encoded) / picture.nbytes
    decoding = milliseconds(lambda: decode_png(encoded))
    print(f"{name}: encode {ours:.1f} ms at {size:.3f} of its size (bare deflate {bound:.1f} ms)")
    print(f"    OpenCV's fastest that compresses: {theirs:.1f} ms at {ratio:.3f} ({settings})")
    print(f"    OpenCV without compression: {stored:.1f} ms")
    print(f"    ratio {theirs / ours:.1f} (target {TARGET_RATIO:.0f}); decode {decoding:.1f} ms")


def main() -> None:
    """Print what was measured."""
    cv2.setNumThreads(1)
    ds = computed_radiograph()
    limits = Limits()

    def whole() -> bytes:
        frame = decode_frames(ds, limits=limits).frames[0]
        return encode_png(render(frame, rendering_attributes(ds)))

    frame = decode_frames(ds, limits=limits).frames[0]
    attributes = rendering_attributes(ds)
    picture = render(frame, attributes)
    table = np.arange(1 << 16, dtype=np.uint16).astype(np.uint8)
    rows = filtered_rows(picture)
    bound = milliseconds(lambda: (cv2.LUT(frame, table), isal_zlib.compress(rows, 1)))
    print(f"decode native      {milliseconds(lambda: decode_frames(ds, limits=limits)):6.1f} ms")
    print(f"render, table kept {milliseconds(lambda: render(frame, attributes)):6.1f} ms")
    elapsed = milliseconds(whole)
    print(f"whole              {elapsed:6.1f} ms (target {TARGET_MILLISECONDS:.0f}; bound {bound:.1f})")
    print_encoding("16 bits", frame)
    print_encoding(" 8 bits", picture)


if __name__ == "__main__":
    main()

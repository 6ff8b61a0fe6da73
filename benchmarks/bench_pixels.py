"""One CR of 2048 x 2048: decode native, render to 8 bits, PNG; and our PNG beside OpenCV's.

Then what decoding in another process costs, and how much memory one file takes. Run it from the
repository root: `python benchmarks/bench_pixels.py`. One core; the best of several rounds. The
bare-loop bound is what nothing can go below with these means: the table look-up and the deflation
of rows that are filtered already.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import jpeg_ls
import numpy as np
import openjpeg.utils
from isal import isal_zlib
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRLittleEndian

from foundation.errors import DecodeError
from imaging import isolation
from imaging.codecs import CODECS
from imaging.codestreams import read_codestream
from imaging.decoding import decode_frames
from imaging.encoded_frames import EncodedFrame
from imaging.frame_layout import read_frame_layout
from imaging.limits import Limits
from imaging.png import DEFLATE_LEVEL, decode_png, encode_png
from imaging.rendering import render, rendering_attributes
from imaging.samples import bundled_dicom_folder

SIZE = 2048
ROUNDS = 9
TARGET_MILLISECONDS = 60.0
TARGET_RATIO = 4.0
TARGET_MEMORY = 4.0
JPEG_2000, JPEG_LS = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80"


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
    bound = milliseconds(lambda: isal_zlib.compress(rows, DEFLATE_LEVEL))
    theirs, settings, ratio = fastest_opencv(picture)
    stored = milliseconds(lambda: cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 0]), 3)
    size = len(encoded) / picture.nbytes
    decoding = milliseconds(lambda: decode_png(encoded))
    print(f"{name}: encode {ours:.1f} ms at {size:.3f} of its size (bare deflate {bound:.1f} ms)")
    print(f"    OpenCV's fastest that compresses: {theirs:.1f} ms at {ratio:.3f} ({settings})")
    print(f"    ratio {theirs / ours:.1f} (target {TARGET_RATIO:.0f}); decode {decoding:.1f} ms")
    print(f"    OpenCV without compression: {stored:.1f} ms at 1.000, ratio {stored / ours:.1f}")


def compress(ds: Dataset, syntax: str) -> Dataset:
    """Return the data set with its pixels compressed."""
    values = np.frombuffer(ds.PixelData, np.uint16).reshape(ds.Rows, ds.Columns)
    if syntax == JPEG_2000:
        content = openjpeg.utils.encode_array(values, bits_stored=12, photometric_interpretation=2)
    else:
        content = jpeg_ls.encode(values).tobytes()
    compressed = deepcopy(ds)
    compressed.file_meta.TransferSyntaxUID = syntax
    compressed.PixelData = encapsulate([content])
    compressed["PixelData"].VR = "OB"
    compressed["PixelData"].is_undefined_length = True
    return compressed


def print_isolation(ds: Dataset) -> None:
    """Print what the process that decodes costs: to start, and a frame, beside the codec called here."""
    small = EncodedFrame(bytes(64), read_frame_layout(ds, limits=Limits()), None, "")

    def start() -> None:
        isolation._own.drop()
        ask()

    def ask() -> None:
        with suppress(DecodeError):
            isolation.decode_in_isolation("rle", small, seconds=5)

    print(
        f"decoder process: start {milliseconds(start, 3):.0f} ms, an empty request {milliseconds(ask):.2f} ms"
    )
    for name, syntax in (("openjpeg", JPEG_2000), ("jpeg_ls", JPEG_LS)):
        content = next(generate_frames(compress(ds, syntax).PixelData, number_of_frames=1))
        frame = EncodedFrame(content, small.layout, read_codestream(content), syntax)
        there = milliseconds(lambda: isolation.decode_in_isolation(name, frame, seconds=9), 5)  # noqa: B023
        here = milliseconds(lambda: CODECS[name](frame), 5)  # noqa: B023
        print(f"    {name}: {there:.1f} ms there, {here:.1f} ms here")


MEMORY = """
import sys
from pathlib import Path
from imaging import isolation
from imaging.pictures import read_picture_or_instance
from imaging.settings import ReadSettings

def status(word, process="self"):
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(word))

settings = ReadSettings(key=bytes(32))
read_picture_or_instance(Path(sys.argv[1]).read_bytes(), settings=settings)
processes = ["self"] + ([isolation._own._process._process.pid] if isolation._own._process else [])
for process in processes:
    Path(f"/proc/{process}/clear_refs").write_text("5")
before = [status("VmRSS", process) for process in processes]
read_picture_or_instance(Path(sys.argv[2]).read_bytes(), settings=settings)
peaks = [status("VmHWM", process) - first for process, first in zip(processes, before)]
print(*(f"{peak / int(sys.argv[3]):.1f}" for peak in peaks))
"""


def print_memory(ds: Dataset) -> None:
    """Print the peak of one file in multiples of its decoded size, its own bytes included."""
    large = deepcopy(ds)
    large.SOPClassUID, large.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3"
    signed = deepcopy(large)
    signed.PixelRepresentation = 1
    cases = {"native": large, "native, signed": signed}
    cases |= {"JPEG 2000": compress(large, JPEG_2000), "JPEG-LS": compress(large, JPEG_LS)}
    print(f"peak memory in multiples of the decoded size (target {TARGET_MEMORY:.0f}), the file included:")
    with tempfile.TemporaryDirectory() as folder:
        for name, case in cases.items():
            path = Path(folder) / "large.dcm"
            case.save_as(path, enforce_file_format=True)
            warm = Path(folder) / "small.dcm"
            sample = "MR_small_jp2klossless.dcm" if "JPEG" in name else "CT_small.dcm"
            warm.write_bytes((bundled_dicom_folder() / sample).read_bytes())
            arguments = [str(warm), str(path), str(2 * SIZE * SIZE)]
            done = subprocess.run(
                [sys.executable, "-c", MEMORY, *arguments], capture_output=True, text=True, check=True
            )
            here, *there = done.stdout.split()
            print(f"    {name}: {here}" + (f", and {there[0]} in the decoder process" if there else ""))


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
    bound = milliseconds(lambda: (cv2.LUT(frame, table), isal_zlib.compress(rows, DEFLATE_LEVEL)))
    print(f"decode native      {milliseconds(lambda: decode_frames(ds, limits=limits)):6.1f} ms")
    print(f"render, table kept {milliseconds(lambda: render(frame, attributes)):6.1f} ms")
    elapsed = milliseconds(whole)
    print(f"whole              {elapsed:6.1f} ms (target {TARGET_MILLISECONDS:.0f}; bound {bound:.1f})")
    print_encoding("16 bits", frame)
    print_encoding(" 8 bits", picture)
    print_isolation(ds)
    print_memory(ds)


if __name__ == "__main__":
    main()

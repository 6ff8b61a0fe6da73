"""Bad input: a reason within two seconds and 300 MB, whatever the bytes say."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openjpeg.utils
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

JPEG, LOSSLESS, JPEG_LS, J2K = (f"1.2.840.10008.1.2.4.{number}" for number in (50, 70, 80, 90))
RLE, NATIVE, DEFLATED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
NOISE = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
STREAM = openjpeg.utils.encode_array(NOISE, bits_stored=12, photometric_interpretation=2)
MOST_SECONDS, MOST_BYTES = 2.0, 300e6

READER = """
import json, sys, time
from pathlib import Path
from foundation.errors import ImagingError
from imaging import isolation
from imaging.pictures import read_picture_or_instance
from imaging.settings import ReadSettings

settings = ReadSettings(key=bytes(32))

def peak():
    child = isolation._own._process
    statuses = [Path("/proc/self/status")] + ([Path(f"/proc/{child._process.pid}/status")] if child else [])
    lines = [line for status in statuses for line in status.read_text().splitlines()]
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def read(path):
    start = time.perf_counter()
    try:
        read_picture_or_instance(Path(path).read_bytes(), settings=settings)
        reason = "read"
    except ImagingError as error:
        reason = error.reason_code
    return reason, time.perf_counter() - start

for path in sys.argv[1].split(","):
    read(path)  # what is imported is no fault of the files that follow
before = peak()
for path in sys.argv[2:]:
    reason, seconds = read(path)
    print(json.dumps([Path(path).stem, reason, seconds, peak() - before]), flush=True)
"""


def dicom(content: bytes, syntax: str = NATIVE, *, frames: int | str | None = None, **header: Any) -> bytes:
    """Return a DICOM file whose pixel data are the content as it is."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    ds.Rows, ds.Columns = 64, 64
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = content
    if syntax not in (NATIVE, DEFLATED):
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
    if frames is not None:
        ds.add_new("NumberOfFrames", "LO" if isinstance(frames, str) else "IS", frames)
    for keyword, value in header.items():
        setattr(ds, keyword, value)
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def many_windows() -> bytes:
    """Return a bare data set in implicit VR, whose lengths have 32 bits, with two million windows."""
    numbers = [(0x0002, 1), (0x0010, 1), (0x0011, 2), (0x0100, 8), (0x0101, 8), (0x0102, 7), (0x0103, 0)]
    elements = [(0x0028, tag, struct.pack("<H", number)) for tag, number in numbers]
    elements += [(0x0028, tag, b"1\\" * 2_000_000) for tag in (0x1050, 0x1051)]
    elements = [(0x0008, 0x0016, b"1.2.840.10008.5.1.4.1.1.7\x00"), *elements, (0x7FE0, 0x0010, b"ab")]
    return b"".join(struct.pack("<HHI", group, tag, len(value)) + value for group, tag, value in elements)


def jpeg_header(marker: int, height: int, width: int, *, components: int = 1) -> bytes:
    """Return the start of a JPEG and its frame header."""
    body = struct.pack(">BHHB", 8, height, width, components)
    body += b"".join(bytes((index + 1, 0x11, 0)) for index in range(components))
    return b"\xff\xd8" + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def j2k(*, size: int | None = None, tile: int | None = None) -> bytes:
    """Return a JPEG 2000 stream with another size or tile size than it has."""
    content = bytearray(STREAM)
    if size is not None:
        content[8:16] = struct.pack(">II", size, size)
    if tile is not None:
        content[24:32] = struct.pack(">II", tile, tile)
    return bytes(content)


def nested(depth: int) -> bytes:
    """Return a file of sequences in sequences, all of undefined length."""
    opening = b"\x08\x00\x15\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return bytes(128) + b"DICM" + opening * depth


def offset_table(*offsets: int) -> bytes:
    """Return one frame behind a table that says where frames begin."""
    table = struct.pack(f"<HHI{len(offsets)}I", 0xFFFE, 0xE000, 4 * len(offsets), *offsets)
    return table + encapsulate([STREAM])[8:]


def png(width: int, height: int, rows: bytes, *, bits: int = 8) -> bytes:
    """Return a PNG of any claimed size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def tiff(width: int, height: int) -> bytes:
    """Return a TIFF that declares a size and holds a few bytes, deflated."""
    content = zlib.compress(bytes(1 << 20))
    numbers = {
        256: width,
        257: height,
        258: 8,
        259: 8,
        262: 1,
        273: 8,
        277: 1,
        278: height,
        279: len(content),
    }
    fields = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items())
    start = 8 + len(content)
    return (
        b"II*\x00" + struct.pack("<I", start) + content + struct.pack("<H", len(numbers)) + fields + bytes(4)
    )


def many_scans() -> bytes:
    """Return a progressive JPEG that declares one empty scan after another."""
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00"
    return jpeg_header(0xC2, 4096, 4096) + scan * 5000 + b"\xff\xd9"


def bomb(content: bytes) -> bytes:
    """Return a deflated data set (PS3.5 A.5) whose body is the content."""
    head = dicom(bytes(8192), DEFLATED)
    deflater = zlib.compressobj(9, wbits=-15)
    start = head.index(b"1.2.840.10008.1.2.1.99") + 22
    return head[:start] + deflater.compress(content) + deflater.flush()


def giant_deflated() -> bytes:
    """Return 400 MB of zeros in a data set of 400 kB."""
    element = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 400_000_000)
    return bomb(b"\x08\x00\x60\x00CS\x02\x00CR" + element + bytes(400_000_000))


BAD: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "65535 x 65535": (lambda: dicom(b"ab" * 99, Rows=65535, Columns=65535), {"too_many_pixels"}),
    "10000 x 10000 run lengths": (
        lambda: dicom(encapsulate([bytes(99)]), RLE, Rows=10_000, Columns=10_000),
        {"suspicious_ratio"},
    ),
    "trillions in the codestream": (
        lambda: dicom(encapsulate([j2k(size=2_000_000)]), J2K),
        {"size_mismatch"},
    ),
    "trillions in codestream and header": (
        lambda: dicom(encapsulate([j2k(size=65_535)]), J2K, Rows=65_535, Columns=65_535),
        {"too_many_pixels"},
    ),
    "100 million pixels from 10 kB": (
        lambda: dicom(encapsulate([j2k(size=10_000)]), J2K, Rows=10_000, Columns=10_000),
        {"suspicious_ratio"},
    ),
    "a tile for each pixel": (lambda: dicom(encapsulate([j2k(tile=1)]), J2K), {"broken_codestream"}),
    "thousands of scans": (
        lambda: dicom(
            encapsulate([many_scans()]), JPEG, Rows=4096, Columns=4096, BitsAllocated=8, BitsStored=8
        ),
        {"broken_codestream"},
    ),
    "millions of windows": (many_windows, {"value_too_long"}),
    "millions of windows, cut": (lambda: many_windows()[:1_000_000], {"truncated_header"}),
    "nested 100000 deep": (lambda: nested(100_000), {"nested_too_deep"}),
    "nested 40 deep": (lambda: nested(40), {"nested_too_deep", "truncated_header", "unreadable_header"}),
    "fewer bytes than frames": (lambda: dicom(bytes(8192), frames=2), {"truncated_pixels"}),
    "a billion frames": (lambda: dicom(bytes(8192), frames=999_999_999), {"too_many_frames"}),
    "20000 frames of one": (lambda: dicom(encapsulate([STREAM]), J2K, frames=20_000), {"too_few_frames"}),
    "a billion compressed frames": (
        lambda: dicom(encapsulate([STREAM]), J2K, frames=999_999_999),
        {"too_many_frames"},
    ),
    "two frames declared as one": (
        lambda: dicom(encapsulate([STREAM] * 2), J2K, frames=1),
        {"more_frames_than_declared"},
    ),
    "three native frames declared as one": (
        lambda: dicom(bytes(3 * 8192), frames=1),
        {"more_frames_than_declared"},
    ),
    "frames in words": (lambda: dicom(bytes(8193), frames="many"), {"bad_pixel_description"}),
    "a fragment without bytes": (
        lambda: dicom(b"\xfe\xff\x00\xe0\x00\x00\x00\x00" * 2, J2K),
        {"too_few_frames", "broken_codestream"},
    ),
    "no fragment at all": (
        lambda: dicom(b"\xfe\xff\x00\xe0\x00\x00\x00\x00", J2K),
        {"broken_codestream", "too_few_frames"},
    ),
    "a million empty fragments": (
        lambda: dicom(b"\xfe\xff\x00\xe0\x00\x00\x00\x00" * 1_000_000, J2K),
        {"too_many_items"},
    ),
    "a million elements": (
        lambda: dicom(bytes(8192)) + b"\xff\x7f\x01\x00LO\x00\x00" * 1_000_000,
        {"too_many_elements"},
    ),
    "a fragment that is longer than the file": (
        lambda: dicom(b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\xff\xff\xff\x7f" + STREAM, J2K),
        {"read"},  # all of the frame is there
    ),
    "an offset table that points outside": (
        lambda: dicom(offset_table(0, 4_000_000_000), J2K, frames=2),
        {"broken_pixels", "too_few_frames"},
    ),
    "an offset table of nonsense": (
        lambda: dicom(offset_table(7, 3), J2K, frames=2),
        {"broken_pixels", "too_few_frames", "broken_codestream"},
    ),
    "run lengths that point outside": (
        lambda: dicom(encapsulate([struct.pack("<16I", 2, 64, 4_000_000_000, *[0] * 13) + bytes(99)]), RLE),
        {"truncated_pixels", "broken_codestream"},
    ),
    "a deflated data set of 400 MB": (giant_deflated, {"inflated_too_large"}),
    "JPEG that fills up with 0xFF": (
        lambda: dicom(encapsulate([b"\xff\xd8" + b"\xff" * 20_000_000]), JPEG),
        {"broken_codestream"},
    ),
    "JPEG that fills up with zeros": (
        lambda: dicom(encapsulate([b"\xff\xd8" + bytes(20_000_000)]), JPEG),
        {"broken_codestream"},
    ),
    "lossless JPEG without a scan": (
        lambda: dicom(encapsulate([jpeg_header(0xC3, 64, 64) + b"\xff\xd9"]), LOSSLESS),
        {"decoder_failed", "decoder_crashed", "broken_codestream"},
    ),
    "JPEG-LS without a scan": (
        lambda: dicom(encapsulate([jpeg_header(0xF7, 64, 64) + b"\xff\xd9"]), JPEG_LS),
        {"decoder_failed", "broken_codestream"},
    ),
    "PNG of 65535 x 65535": (lambda: png(65_535, 65_535, b"abc"), {"too_many_pixels"}),
    "PNG of 100 million pixels": (lambda: png(11_000, 11_000, bytes(11_000 * 11_001)), {"suspicious_ratio"}),
    "TIFF of 100 million pixels": (lambda: tiff(11_000, 11_000), {"suspicious_ratio"}),
    "TIFF of 16 million pixels": (lambda: tiff(4_000, 4_000), {"broken_picture"}),
    "JPEG of 60000 x 60000": (
        lambda: jpeg_header(0xC0, 60_000, 60_000) + b"\xff\xda\xff\xd9",
        {"too_many_pixels"},
    ),
    "JPEG of 100 million pixels": (
        lambda: jpeg_header(0xC0, 11_000, 11_000, components=3) + b"\xff\xda\xff\xd9",
        {"suspicious_ratio"},
    ),
    "JPEG of thousands of scans": (many_scans, {"broken_picture"}),
    "BMP of 60000 x 2000, run lengths": (
        lambda: (
            b"BM"
            + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 60_000, 2_000, 1, 8, 1, 9, 0, 0, 0, 0)
            + bytes(9)
        ),
        {"suspicious_ratio"},
    ),
}


@pytest.mark.slow
def test_every_bad_file_ends_in_time_and_in_little_memory(tmp_path: Path) -> None:
    """In a process of its own, with the memory of its decoder process counted to it."""
    good = []
    for number, content in enumerate(
        (dicom(bytes(8192)), dicom(encapsulate([STREAM]), J2K), png(9, 9, bytes(90)))
    ):
        good.append(tmp_path / f"good{number}")
        good[-1].write_bytes(content)
    paths = []
    for name, (build, _) in BAD.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(build())
    arguments = [",".join(map(str, good)), *map(str, paths)]
    done = subprocess.run(
        [sys.executable, "-c", READER, *arguments], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == ""
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [row for row in rows if row[1] not in BAD[row[0]][1]]
    slow = [row for row in rows if row[2] > MOST_SECONDS or row[3] > MOST_BYTES]
    assert (len(rows), wrong, slow) == (len(BAD), [], [])

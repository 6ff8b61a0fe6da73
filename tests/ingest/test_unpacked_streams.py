"""The bytes inside compressed files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from foundation.errors import RejectedFileError
from imaging.limits import Limits
from ingest.archive_kinds import PackedKind
from ingest.unpacked_streams import open_stream

CONTENT = random.Random(1).randbytes(300_000) + bytes(100_000)
PACKERS: dict[PackedKind, Callable[[bytes], bytes]] = {
    "tar": lambda content: content,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.mark.parametrize("kind", PACKERS)
def test_a_stream_gives_the_bytes_and_its_position(tmp_path: Path, kind: PackedKind) -> None:
    """Read and skipped in any portions; at the end there is no more. Several parts are one."""
    (tmp_path / "a").write_bytes(PACKERS[kind](CONTENT[:200_000]) + PACKERS[kind](CONTENT[200_000:]))
    file, stream = open_stream(tmp_path / "a", kind, Limits())
    with file:
        assert stream.read(700) == CONTENT[:700]
        stream.skip_to(150_000)
        assert stream.position == 150_000
        assert stream.read(100_000) == CONTENT[150_000:250_000]
        assert stream.read(1 << 20) == CONTENT[250_000:]
        assert (stream.read(10), stream.position) == (b"", len(CONTENT))
        stream.skip_to(1 << 30)
        assert stream.position == len(CONTENT)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_cut_file_says_so(tmp_path: Path, kind: PackedKind) -> None:
    """After what could still be read."""
    (tmp_path / "a").write_bytes(PACKERS[kind](CONTENT)[:-2000])
    file, stream = open_stream(tmp_path / "a", kind, Limits())
    with file, pytest.raises(RejectedFileError) as caught:
        stream.skip_to(len(CONTENT))
    assert caught.value.reason_code == "archive_truncated"


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_a_damaged_file_says_so(tmp_path: Path, kind: PackedKind) -> None:
    """Every format here has a checksum or a structure that a flipped byte breaks."""
    content = bytearray(PACKERS[kind](CONTENT))
    content[40:60] = bytes(20)
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(RejectedFileError) as caught:  # noqa: PT012 - some notice it when they are opened
        file, stream = open_stream(tmp_path / "a", kind, Limits())
        with file:
            stream.skip_to(len(CONTENT) + 1)
            stream.read(1)
    assert caught.value.reason_code in ("archive_damaged", "archive_truncated")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"])
def test_a_bomb_is_stopped_early(tmp_path: Path, kind: PackedKind) -> None:
    """At what the limits allow, long before its end; what is plain has no ratio."""
    (tmp_path / "a").write_bytes(PACKERS[kind](bytes(60 << 20)))
    file, stream = open_stream(tmp_path / "a", kind, Limits(inflated_bytes=4 << 20, inflated_ratio=50))
    with file, pytest.raises(RejectedFileError) as caught:
        stream.skip_to(60 << 20)
    assert caught.value.reason_code == "archive_bomb"
    assert stream.position < 30 << 20


def test_a_stream_that_wants_too_much_memory_is_refused(tmp_path: Path) -> None:
    """A window of more than 256 MiB."""
    packer = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=29, enable_ldm=True)
    )
    stream_packer = packer.compressobj()
    (tmp_path / "a").write_bytes(stream_packer.compress(b"abc") + stream_packer.flush())
    file, stream = open_stream(tmp_path / "a", "zst", Limits())
    with file, pytest.raises(RejectedFileError):
        stream.read(3)

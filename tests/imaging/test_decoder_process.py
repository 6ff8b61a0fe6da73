"""The decoder process from inside: requests in, answers out, through real pipes."""

from __future__ import annotations

import json
import os
import pickle
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from foundation.errors import DecodeError
from imaging import decoder_process
from imaging.decoder_process import LENGTH, READY, wall_seconds, write_all
from imaging.encoded_frames import EncodedFrame, RawFrame
from imaging.frame_layout import FrameLayout

LAYOUT = FrameLayout(2, 3, 1, 1, 8, 8, 7, False, False, "MONOCHROME2", False, "PixelData")
FRAME = EncodedFrame(b"", LAYOUT, None, "1.2.840.10008.1.2.5")


def give(frame: EncodedFrame) -> RawFrame:
    """Return the content as pixels."""
    return RawFrame(np.frombuffer(frame.content, np.uint8).reshape(frame.layout.shape))


def refuse(frame: EncodedFrame) -> RawFrame:
    """Fail in words of ours."""
    raise DecodeError("size_mismatch", "Too small.")


def fail(frame: EncodedFrame) -> RawFrame:
    """Fail in words of the file."""
    raise SystemError(frame.content)


CODECS = {"give": give, "refuse": refuse, "fail": fail}


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Give the two ends of a pipe."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):  # a test may have closed it
            os.close(end)


def answer(name: str, content: bytes = b"abcdef") -> tuple[dict[str, Any], bytes]:
    """Return header and pixels of one answer."""
    request = pickle.dumps((name, 5.0, FRAME))
    header, pixels = decoder_process._answer(request, content, CODECS)
    return json.loads(header), bytes(pixels)


def test_an_answer_is_a_header_and_pixels() -> None:
    """Numbers and words only, so that nothing of the decoder's is run on the other side."""
    header, pixels = answer("give")
    assert header == {"shape": [2, 3], "dtype": "|u1", "is_rgb": False}
    assert pixels == b"abcdef"


def test_a_refusal_is_in_our_words() -> None:
    """A codec's reason is passed on; whatever else leaves it is not quoted."""
    assert answer("refuse")[0] == {"reason_code": "size_mismatch", "detail": "Too small."}
    header, pixels = answer("fail", b"PATIENT")
    assert header["reason_code"] == "decoder_failed"
    assert "PATIENT" not in header["detail"]
    assert pixels == b""
    assert answer("no such codec")[0]["reason_code"] == "decoder_failed"


def test_no_clock_runs_between_frames() -> None:
    """A process that waits is not ended."""
    answer("give")
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_parts_are_read_whole(pipe: tuple[int, int]) -> None:
    """A part has its length before it; a closed pipe is no part."""
    reading, writing = pipe
    write_all(writing, memoryview(LENGTH.pack(3) + b"abc" + LENGTH.pack(9) + b"cut"))
    os.close(writing)
    assert decoder_process._read_part(reading) == b"abc"
    assert decoder_process._read_part(reading) == b""
    assert decoder_process._read_part(reading) == b""


def test_a_process_serves_until_its_pipe_is_closed(pipe: tuple[int, int]) -> None:
    """Ready, an answer, and the end: in a forked process, as its parent would start it."""
    requests, to_child = os.pipe()
    from_child, responses = pipe
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        os.dup2(requests, 0)
        os.dup2(responses, 1)
        os.closerange(3, 1 << 16)  # a worker of pytest may hold many
        decoder_process.serve()
    os.close(requests)
    os.close(responses)
    assert os.read(from_child, len(READY)) == READY
    request = pickle.dumps(("rle", 5.0, FRAME))
    for part in (request, b"no run lengths"):
        write_all(to_child, memoryview(LENGTH.pack(len(part)) + part))
    header = json.loads(decoder_process._read_part(from_child))
    assert header["reason_code"] == "truncated_pixels"
    os.close(to_child)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_clock_allows_for_a_busy_machine() -> None:
    """Wall time is a last resort: processor time decides."""
    assert wall_seconds(1.5) > 10 * 1.5

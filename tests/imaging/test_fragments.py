"""Which fragments make a frame, with and without tables, and when counts lie."""

from __future__ import annotations

import struct

import pytest

from foundation.errors import DecodeError
from imaging.fragments import iterate_encoded_frames

FRAMES = [b"\xff\xd8\xff\xc0" + bytes([number]) * 20 + b"\xff\xd9" for number in range(3)]
HALVES = [part for frame in FRAMES for part in (frame[:12], frame[12:])]
RLE_HEADER = struct.pack("<16I", 1, 64, *[0] * 14)


def encapsulated(fragments: list[bytes], *offsets: int) -> bytes:
    """Return pixel data with a Basic Offset Table of these offsets."""
    table = struct.pack(f"<{len(offsets)}I", *offsets)
    items = b"".join(
        b"\xfe\xff\x00\xe0" + struct.pack("<I", len(part)) + part for part in (table, *fragments)
    )
    return items + b"\xfe\xff\xdd\xe0" + bytes(4)


def frames(content: bytes, num_frames: int | None) -> list[bytes]:
    """Return the frames."""
    return list(iterate_encoded_frames(content, num_frames=num_frames))


def reason(content: bytes, num_frames: int | None) -> str:
    """Return why there are none."""
    with pytest.raises(DecodeError) as caught:
        frames(content, num_frames)
    return caught.value.reason_code


@pytest.mark.parametrize(
    "offsets",
    [(), (0, 34, 68), (0, 12, 24), (0, 10**6, 2 * 10**6), (0,), (7, 3, 1)],
    ids=["none", "right", "inside fragments", "outside", "too short", "nonsense"],
)
def test_a_fragment_a_frame_needs_no_table(offsets: tuple[int, ...]) -> None:
    """Nor does it suffer from a wrong one."""
    assert frames(encapsulated(FRAMES, *offsets), 3) == FRAMES


@pytest.mark.parametrize("offsets", [(), (0, 42, 84), (0, 10**6, 2 * 10**6)])
def test_fragments_are_joined(offsets: tuple[int, ...]) -> None:
    """By the table, and without one by how frames begin and end."""
    assert frames(encapsulated(HALVES, *offsets), 3) == FRAMES
    assert frames(encapsulated(HALVES, *offsets), None) == FRAMES


def test_fragments_of_one_frame_are_joined() -> None:
    """Also where nothing tells what it is, and where an empty fragment pads."""
    assert frames(encapsulated(HALVES[:2]), 1) == FRAMES[:1]
    assert frames(encapsulated([b"deflated", b" frame"]), 1) == [b"deflated frame"]
    assert frames(encapsulated([FRAMES[0], b""]), 1) == FRAMES[:1]


def test_frames_that_begin_with_nothing_known_are_a_fragment_each() -> None:
    """Deflated frames, say."""
    assert frames(encapsulated([b"one", b"two", b"three"]), 3) == [b"one", b"two", b"three"]


@pytest.mark.parametrize("num_frames", [1, 2])
@pytest.mark.parametrize("offsets", [(), (0, 34, 68)])
def test_frames_more_than_declared_are_told(offsets: tuple[int, ...], num_frames: int) -> None:
    """One declared of three would lose two without a word."""
    assert reason(encapsulated(FRAMES, *offsets), num_frames) == "more_frames_than_declared"
    assert reason(encapsulated(HALVES), num_frames) == "more_frames_than_declared"


def test_run_lengths_more_than_declared_are_told() -> None:
    """They have no end marker; their header tells."""
    assert (
        reason(encapsulated([RLE_HEADER + b"\x00a", RLE_HEADER + b"\x00b"]), 1) == "more_frames_than_declared"
    )


@pytest.mark.parametrize("fragments", [FRAMES, HALVES, [b"a", b"b", b"c"], []])
def test_frames_fewer_than_declared_are_told(fragments: list[bytes]) -> None:
    """Whatever they are made of."""
    assert reason(encapsulated(fragments), 7) == "too_few_frames"


def test_no_fragment_is_no_frame() -> None:
    """Also where nothing was declared."""
    assert reason(encapsulated([]), None) == "too_few_frames"
    assert reason(b"", 1) == "too_few_frames"


def test_items_that_do_not_follow_one_another_are_broken() -> None:
    """A length that leads into the middle of a frame."""
    assert (
        reason(encapsulated(FRAMES).replace(b"\x1a\x00\x00\x00", b"\x10\x00\x00\x00"), 3) == "broken_pixels"
    )


def test_a_fragment_that_the_file_cuts_is_what_is_there() -> None:
    """Whether that is a frame is the decoder's to judge."""
    assert frames(encapsulated(FRAMES[:1])[:-12], 1) == [FRAMES[0][:-4]]

"""Encapsulated pixel data to frames: which fragments belong together (PS3.5 A.4).

A fragment a frame needs no table. Otherwise the Basic Offset Table is believed where it points at
fragments; where it does not, a frame begins at a fragment that begins like one behind a fragment
that ends like one. The Extended Offset Table is for frames of one fragment each (PS3.3 C.7.6.3.1.8).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from foundation.errors import DecodeError

_ITEM, _SEQUENCE_DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_ITEM_HEADER_BYTES = 8
_FIRST_BYTES = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")  # JPEG, JPEG 2000, JP2
_END_MARKER, _TAIL_BYTES = b"\xff\xd9", 10
_RLE_HEADER_BYTES, _MOST_RLE_SEGMENTS = 64, 15


def iterate_encoded_frames(content: bytes, *, num_frames: int | None) -> Iterator[bytes]:
    r"""Yield the bytes of each frame, its fragments joined.

    Args:
        content: the value of encapsulated pixel data, from its Basic Offset Table on.
        num_frames: as declared; None takes what is there.

    Raises:
        DecodeError: `too_few_frames`, `more_frames_than_declared`, or `broken_pixels` where items do
            not follow one another.

    Example:
        >>> table, one = _ITEM + bytes(4), _ITEM + b"\x02\x00\x00\x00ab"
        >>> list(iterate_encoded_frames(table + one + one, num_frames=2))
        [b'ab', b'ab']
    """
    items = list(_iterate_items(content))
    table, fragments = items[:1], items[1:]
    starts = _frame_starts(table, fragments, num_frames)
    declared = len(starts) if num_frames is None else num_frames
    if len(starts) != declared or not starts:
        raise DecodeError(
            "more_frames_than_declared" if len(starts) > declared else "too_few_frames",
            f"{max(1, declared)} frame(s) are declared; the pixel data holds {len(starts)}.",
        )
    for first, end in zip(starts, [*starts[1:], len(fragments)], strict=True):
        yield b"".join(part for _, part in fragments[first:end])


def _iterate_items(content: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield where each item starts, and its value; a value that the file cuts off is what is there."""
    view, position = memoryview(content), 0
    while position + _ITEM_HEADER_BYTES <= len(content):
        tag, length = (
            content[position : position + 4],
            int.from_bytes(content[position + 4 : position + 8], "little"),
        )
        if tag == _SEQUENCE_DELIMITER:
            return
        if tag != _ITEM:
            raise DecodeError("broken_pixels", "The pixel data's fragments do not follow one another.")
        end = position + _ITEM_HEADER_BYTES + length
        yield position, view[position + _ITEM_HEADER_BYTES : end]
        position = end


def _frame_starts(
    table: list[tuple[int, memoryview]], fragments: list[tuple[int, memoryview]], num_frames: int | None
) -> list[int]:
    """Return the index of each frame's first fragment."""
    by_table = _starts_by_table(table[0][1], fragments) if table else []
    if by_table and len(by_table) == num_frames:
        return by_table
    each = list(range(len(fragments)))
    if not fragments or _begins_frame(fragments[0][1]):
        by_content = _starts_by_content([part for _, part in fragments])
    else:  # deflated, say: where one begins cannot be seen
        by_content = each[:1] if num_frames == 1 else each
    for starts in (by_content, each):
        if len(starts) == num_frames:
            return starts
    return by_table or by_content


def _starts_by_table(table: memoryview, fragments: list[tuple[int, memoryview]]) -> list[int]:
    """Return the frames that a Basic Offset Table names; none when it is empty or cannot be."""
    offsets = [offset for (offset,) in struct.iter_unpack("<I", table[: len(table) // 4 * 4])]
    if not fragments or not offsets:
        return []
    indices = {position - fragments[0][0]: index for index, (position, _) in enumerate(fragments)}
    if offsets[0] != 0 or not all(offset in indices for offset in offsets):
        return []
    starts = [indices[offset] for offset in offsets]
    return starts if starts == sorted(set(starts)) else []


def _starts_by_content(fragments: list[memoryview]) -> list[int]:
    """Return the fragments that begin like a frame behind one that ends like one."""
    starts = [0] if fragments else []
    for index in range(1, len(fragments)):
        has_ended = _END_MARKER in bytes(fragments[index - 1][-_TAIL_BYTES:])
        if _is_run_lengths(fragments[index]) or (has_ended and _begins_frame(fragments[index])):
            starts.append(index)
    return starts


def _begins_frame(fragment: memoryview) -> bool:
    return bytes(fragment[:12]).startswith(_FIRST_BYTES) or _is_run_lengths(fragment)


def _is_run_lengths(fragment: memoryview) -> bool:
    """Say whether a fragment begins with an RLE header (PS3.5 G.5), unused offsets being 0."""
    if len(fragment) < _RLE_HEADER_BYTES:
        return False
    count, first, *offsets = struct.unpack_from("<16I", fragment)
    if not 1 <= count <= _MOST_RLE_SEGMENTS or first != _RLE_HEADER_BYTES:
        return False
    return not any(offsets[count - 1 :]) and offsets[: count - 1] == sorted(offsets[: count - 1])

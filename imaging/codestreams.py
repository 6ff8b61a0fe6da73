"""What a compressed frame says about itself, read before any decoder is given it.

A codestream of two hundred bytes may declare trillions of pixels, or another size than the header
does. So width, height, components and precision are read here, by our own few lines, and compared
with the header before a library allocates anything.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from foundation.errors import DecodeError

CodestreamKind = Literal["jpeg", "jpeg_lossless", "jpeg_ls", "jpeg_2000", "htj2k"]

MOST_SCANS = 200  # each costs a pass over the whole picture
_SOI = b"\xff\xd8"
_END = b"\xff\xd9"  # EOI of JPEG and JPEG-LS, EOC of JPEG 2000
_SOC_SIZ = b"\xff\x4f\xff\x51"
_SOT, _COMMENT = b"\xff\x90\x00\x0a", b"\xff\x64"
_MAIN_HEADER_BYTES = 1 << 16
_JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
_JP2_SEARCH_BYTES = 1 << 16
_TAIL_BYTES = 1024
_SOF_MARKERS = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7})
_PROGRESSIVE_SOF = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_LOSSLESS_SOF = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_MARKER = re.compile(rb"\xff[\x01-\xfe]")  # T.81 B.1.1.2: any number of fill bytes may stand before
_STANDALONE = frozenset({0x01, *range(0xD0, 0xDA)})


@dataclass(frozen=True)
class Codestream:
    """The facts in a codestream's first segments.

    Args:
        kind: which family of coding it is.
        width, height: in pixels.
        num_components: 1 for grey, 3 for colour.
        precision: bits of a component.
        signed: whether the components are signed (only JPEG 2000 can say so).
        colour: what its own markers say the components are, or None where they are silent.
        multi_component_transform: whether the decoder undoes a colour transform (JPEG 2000).
        num_tiles: into how many tiles the picture is cut (JPEG 2000).
        num_scans: how many scans follow each other; more than one only where progressive.
    """

    kind: CodestreamKind
    width: int
    height: int
    num_components: int
    precision: int
    signed: bool = False
    colour: Literal["RGB", "YBR_FULL"] | None = None
    multi_component_transform: bool = False
    num_tiles: int = 1
    num_scans: int = 1


def read_codestream(content: bytes) -> Codestream | None:
    r"""Return what a compressed frame declares, or None when it is no JPEG of any family.

    Args:
        content: one frame's bytes.

    Raises:
        DecodeError: it begins like a JPEG and its first segments are broken.

    Example:
        >>> head = b"\xff\xd8\xff\xc0" + bytes([0, 11, 8, 0, 2, 0, 3, 1, 1, 0x11, 0])
        >>> read_codestream(head).width
        3
    """
    try:
        if content.startswith(_SOI):
            return _read_jpeg(content)
        if content.startswith(_SOC_SIZ):
            return _read_jpeg_2000(content, 0)
        if content.startswith(_JP2_SIGNATURE):
            start = content.find(_SOC_SIZ, 0, _JP2_SEARCH_BYTES)
            return None if start < 0 else _read_jpeg_2000(content, start)
    except (struct.error, IndexError) as error:
        raise DecodeError(
            "broken_codestream",
            "The compressed frame ends inside its first segments; it was cut or overwritten.",
        ) from error
    return None


def has_end_marker(content: bytes) -> bool:
    r"""Say whether a JPEG-family codestream reaches its end marker.

    Neither family lets the marker's two bytes occur inside entropy-coded bytes, so a frame without
    it near its end was cut. A few bytes of padding or garbage after it are common and harmless.

    Example:
        >>> has_end_marker(b"\xff\xd8 ... \xff\xd9\x00")
        True
    """
    return _END in content.rstrip(b"\x00")[-_TAIL_BYTES:]


def iterate_segments(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield marker, payload and end of each segment of a JPEG, up to its first start of scan.

    Args:
        content: a JPEG of any family but JPEG 2000, from its start of image.
    """
    position = 2
    while (found := _MARKER.search(content, position)) is not None:
        marker, position = content[found.end() - 1], found.end()
        if marker in _STANDALONE:
            continue
        if position + 2 > len(content):
            return
        (length,) = struct.unpack_from(">H", content, position)
        end = position + max(length, 2)
        yield marker, content[position + 2 : end], end
        if marker == 0xDA:
            return
        position = end


def _read_jpeg(content: bytes) -> Codestream:
    frame_header: tuple[int, bytes] | None = None
    jfif = False
    adobe_transform: int | None = None
    for marker, payload, _ in iterate_segments(content):
        if marker in _SOF_MARKERS and frame_header is None:
            frame_header = marker, payload
        elif marker == 0xE0 and payload.startswith(b"JFIF"):
            jfif = True
        elif marker == 0xEE and payload.startswith(b"Adobe") and len(payload) >= 12:
            adobe_transform = payload[11]
    if frame_header is None:
        raise DecodeError("broken_codestream", "The compressed frame has no frame header before its scan.")
    marker, payload = frame_header
    is_progressive = marker in _PROGRESSIVE_SOF
    precision, height, width, num_components = struct.unpack_from(">BHHB", payload)
    component_ids = bytes(payload[6 + 3 * i] for i in range(num_components))
    return Codestream(
        kind="jpeg_ls" if marker == 0xF7 else "jpeg_lossless" if marker in _LOSSLESS_SOF else "jpeg",
        width=width,
        height=height,
        num_components=num_components,
        precision=precision,
        colour=_jpeg_colour(component_ids, jfif=jfif, adobe_transform=adobe_transform),
        num_scans=content.count(b"\xff\xda") if is_progressive else 1,
    )


def _jpeg_colour(
    component_ids: bytes, *, jfif: bool, adobe_transform: int | None
) -> Literal["RGB", "YBR_FULL"] | None:
    """Return what the markers of a three-component JPEG prove about its colours."""
    if len(component_ids) != 3:
        return None
    if component_ids.upper() == b"RGB":
        return "RGB"
    if adobe_transform is not None:
        return "RGB" if adobe_transform == 0 else "YBR_FULL"
    return "YBR_FULL" if jfif else None  # JFIF 1.02: three components are YCbCr


def _read_jpeg_2000(content: bytes, start: int) -> Codestream:
    # ITU-T T.800 A.5.1: SIZ follows SOC; sizes count from the reference grid's origin.
    (length,) = struct.unpack_from(">H", content, start + 4)
    x, y, x_origin, y_origin, tile_width, tile_height, tile_x, tile_y = struct.unpack_from(
        ">8I", content, start + 8
    )
    (num_components,) = struct.unpack_from(">H", content, start + 40)
    first_precision = content[start + 42]
    markers = _main_header_markers(content, start + 4 + length)
    return Codestream(
        kind="htj2k" if 0x50 in markers else "jpeg_2000",
        width=max(0, x - x_origin),
        height=max(0, y - y_origin),
        num_components=num_components,
        precision=(first_precision & 0x7F) + 1,
        signed=bool(first_precision & 0x80),
        multi_component_transform=markers.get(0x52, b"\x00" * 5)[4:5] == b"\x01",  # A.6.1, SGcod
        num_tiles=_count_steps(x - tile_x, tile_width) * _count_steps(y - tile_y, tile_height),
    )


def _count_steps(length: int, step: int) -> int:
    return -(-length // step) if step else 1


def drop_trailing_segments(content: bytes) -> bytes:
    r"""Return a JPEG 2000 codestream without marker segments that stand behind its last tile-part.

    Some writers pad there with a comment (against ITU-T T.800 A.3), which OpenJPEG takes for a tile
    that was cut. Anything else comes back as it is.

    Example:
        >>> head = b"\xff\x4f\xff\x51\x00\x02"
        >>> tile = b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 14, 0, 1) + b"\xff\x93"
        >>> drop_trailing_segments(head + tile + b"\xff\x64\x00\x04  \xff\xd9") == head + tile + b"\xff\xd9"
        True
    """
    position = content.find(_SOT, 0, _MAIN_HEADER_BYTES) if content.startswith(_SOC_SIZ) else -1
    if position < 0:
        return content
    while content.startswith(_SOT, position) and position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position + 6)  # A.4.2: Psot, 0 where it reaches the end
        if length < 12:
            return content
        position += length
    if not content.startswith(_COMMENT, position):
        return content
    return content[:position] + _END


def _main_header_markers(content: bytes, position: int) -> dict[int, bytes]:
    """Return the payloads, by marker, of the segments between SIZ and the first tile."""
    markers: dict[int, bytes] = {}
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker in (0x90, 0x93):  # SOT, SOD
            break
        (length,) = struct.unpack_from(">H", content, position + 2)
        markers.setdefault(marker, content[position + 4 : position + 2 + length])
        position += 2 + max(length, 2)
    return markers

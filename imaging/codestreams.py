"""What a compressed frame says about itself, read before any decoder is given it.

A codestream of two hundred bytes may declare trillions of pixels, or another size than the header
does. So width, height, components and precision are read here, by our own few lines, and compared
with the header before a library allocates anything.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from foundation.errors import DecodeError

CodestreamKind = Literal["jpeg", "jpeg_lossless", "jpeg_ls", "jpeg_2000", "htj2k"]

_SOI = b"\xff\xd8"
_END = b"\xff\xd9"  # EOI of JPEG and JPEG-LS, EOC of JPEG 2000
_SOC_SIZ = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
_JP2_SEARCH_BYTES = 1 << 16
_TAIL_BYTES = 1024
_SOF_MARKERS = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7})
_LOSSLESS_SOF = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
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
    """

    kind: CodestreamKind
    width: int
    height: int
    num_components: int
    precision: int
    signed: bool = False
    colour: Literal["RGB", "YBR_FULL"] | None = None
    multi_component_transform: bool = False


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


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and payload of each segment up to the start of scan."""
    position = 2
    while position + 4 <= len(content):
        if content[position] != 0xFF:
            position += 1
            continue
        marker = content[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _STANDALONE:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", content, position + 2)
        yield marker, content[position + 4 : position + 2 + length]
        if marker == 0xDA:
            return
        position += 2 + max(length, 2)


def _read_jpeg(content: bytes) -> Codestream:
    frame_header: tuple[int, bytes] | None = None
    jfif = False
    adobe_transform: int | None = None
    for marker, payload in _segments(content):
        if marker in _SOF_MARKERS and frame_header is None:
            frame_header = marker, payload
        elif marker == 0xE0 and payload.startswith(b"JFIF"):
            jfif = True
        elif marker == 0xEE and payload.startswith(b"Adobe") and len(payload) >= 12:
            adobe_transform = payload[11]
    if frame_header is None:
        raise DecodeError("broken_codestream", "The compressed frame has no frame header before its scan.")
    marker, payload = frame_header
    precision, height, width, num_components = struct.unpack_from(">BHHB", payload)
    component_ids = bytes(payload[6 + 3 * i] for i in range(num_components))
    return Codestream(
        kind="jpeg_ls" if marker == 0xF7 else "jpeg_lossless" if marker in _LOSSLESS_SOF else "jpeg",
        width=width,
        height=height,
        num_components=num_components,
        precision=precision,
        colour=_jpeg_colour(component_ids, jfif=jfif, adobe_transform=adobe_transform),
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
    x, y, x_origin, y_origin = struct.unpack_from(">IIII", content, start + 8)
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
    )


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

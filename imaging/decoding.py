"""Pixels of a data set: every frame as stored values, or one reason why not.

What comes back is what the standard calls stored values: masked to Bits Stored, sign applied.
Colour comes back as RGB, converted once, palettes included. Nothing is ever filled with zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset

from foundation.errors import DecodeError, ImagingError
from imaging.bit_fields import cut_stored_values
from imaging.codestreams import (
    MOST_SCANS,
    Codestream,
    drop_trailing_segments,
    has_end_marker,
    read_codestream,
)
from imaging.colour import components_after_decoding, to_rgb
from imaging.decoders import DECODER_ORDER, decode_encoded_frame, is_coded, syntax_to_decode
from imaging.encoded_frames import EncodedFrame
from imaging.fragments import iterate_encoded_frames
from imaging.frame_layout import FrameLayout, read_frame_layout
from imaging.limits import Limits
from imaging.native_frames import NativeFrames
from imaging.palettes import apply_palette, read_palette
from imaging.quiet import quiet_pydicom

NATIVE_SYNTAXES = frozenset(
    {
        "1.2.840.10008.1.2",  # Implicit VR Little Endian
        "1.2.840.10008.1.2.1",  # Explicit VR Little Endian
        "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian
        "1.2.840.10008.1.2.2",  # Explicit VR Big Endian
    }
)
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_GE_BIG_ENDIAN_PIXELS = "1.2.840.113619.5.2"  # a private syntax that occurs: implicit VR, big-endian pixels
_RLE = "1.2.840.10008.1.2.5"
_MOST_TILES, _FEWEST_TILE_PIXELS = 1024, 1024  # each costs kilobytes, whatever its size
_ITEM_TAG = b"\xfe\xff\x00\xe0"


@dataclass(frozen=True)
class DecodedFrame:
    """One frame.

    Args:
        stored_values: height x width, or height x width x 3 as RGB.
        photometric_interpretation: after decoding: MONOCHROME1, MONOCHROME2 or RGB.
        bits_stored: bits of a stored value, after decoding.
        decoder: which package decoded it, with its version; "native" for frames stored as they are.
        transfer_syntax_uid: the syntax it was decoded as.
        transfer_syntax_guessed: whether the header's was missing or contradicted by the bytes.
    """

    stored_values: NDArray[Any]
    photometric_interpretation: str
    bits_stored: int
    decoder: str
    transfer_syntax_uid: str
    transfer_syntax_guessed: bool


@dataclass(frozen=True)
class DecodedFrames:
    """All frames of an instance; the fields are those of `DecodedFrame`, equal for all frames."""

    frames: tuple[NDArray[Any], ...]
    photometric_interpretation: str
    bits_stored: int
    decoder: str
    transfer_syntax_uid: str
    transfer_syntax_guessed: bool


def decode_frames(ds: Dataset, *, limits: Limits) -> DecodedFrames:
    """Return every frame of a data set as stored values.

    Args:
        ds: a parsed data set; it is not changed.
        limits: bounds, checked before memory is taken.

    Raises:
        NotAnImageError: it holds no pixels.
        DecodeError: the pixels cannot be had, with a reason code and a sentence of ours.

    Example:
        >>> ds = Dataset()
        >>> ds.Rows, ds.Columns, ds.BitsAllocated, ds.PixelData = 1, 2, 8, b"ab"
        >>> decode_frames(ds, limits=Limits()).frames[0].tolist()
        [[97, 98]]
    """
    decoded = list(iterate_frames(ds, limits=limits))
    first = decoded[0]
    labels = dict.fromkeys(frame.decoder for frame in decoded)
    return DecodedFrames(
        frames=tuple(frame.stored_values for frame in decoded),
        photometric_interpretation=first.photometric_interpretation,
        bits_stored=first.bits_stored,
        decoder=", ".join(labels),
        transfer_syntax_uid=first.transfer_syntax_uid,
        transfer_syntax_guessed=first.transfer_syntax_guessed,
    )


def iterate_frames(ds: Dataset, *, limits: Limits) -> Iterator[DecodedFrame]:
    """Yield the frames of a data set one by one, so that only one need be held.

    Raises:
        NotAnImageError, DecodeError: as `decode_frames`, when the frame in question is asked for.
    """
    pixels = _quietly(lambda: _open_pixels(ds, limits))
    containers = _encapsulated(pixels, limits) if pixels.encapsulated else _native(pixels)
    palette = _quietly(lambda: _palette_of(ds, pixels))
    while (part := _quietly(lambda: next(containers, None))) is not None:
        yield _quietly(lambda part=part: _finish(part, pixels, palette))  # type: ignore[misc]


@dataclass(frozen=True)
class _Containers:
    """One frame before its bits are cut and its colours converted."""

    values: NDArray[Any]
    decoder: str
    syntax: str | None = None
    codestream: Codestream | None = None
    is_rgb: bool = False


def _quietly(action: Callable[[], Any]) -> Any:
    """Run something of pydicom's without its warnings, and with every failure in our own words."""
    try:
        with quiet_pydicom():
            return action()
    except ImagingError:
        raise
    except MemoryError as error:
        raise DecodeError("out_of_memory", "The frame needs more memory than there is.") from error
    except Exception as error:
        # A broken header can fail anywhere in pydicom, in any way; it is that file's reason.
        raise DecodeError(
            "broken_pixels", "The pixel data or its description is broken; the file may be damaged."
        ) from error


@dataclass(frozen=True)
class _Pixels:
    """The pixel attribute of one data set, opened.

    Args:
        content: its bytes.
        layout: how frames lie in them.
        syntax: the transfer syntax, declared or guessed.
        guessed: which of the two.
        encapsulated: whether the bytes are items of fragments.
        words: whether they are 16-bit words (VR OW).
    """

    content: bytes
    layout: FrameLayout
    syntax: str
    guessed: bool
    encapsulated: bool
    words: bool


def _open_pixels(ds: Dataset, limits: Limits) -> _Pixels:
    layout = read_frame_layout(ds, limits=limits)
    element = ds[layout.keyword]
    content = element.value
    if not isinstance(content, bytes | bytearray) or not content:
        raise DecodeError("no_pixel_bytes", "The pixel data attribute is empty.")
    declared = str(getattr(getattr(ds, "file_meta", None), "TransferSyntaxUID", "") or "")
    # A native value may begin like an item by chance; a native syntax is doubted only where the
    # length was left open as well.
    encapsulated = content[:4] == _ITEM_TAG and (
        declared not in NATIVE_SYNTAXES or bool(element.is_undefined_length)
    )
    fits = declared in (DECODER_ORDER if encapsulated else NATIVE_SYNTAXES)
    syntax = declared if fits else _guess_syntax(ds, declared, encapsulated=encapsulated)
    return _Pixels(bytes(content), layout, syntax, not fits, encapsulated, words=element.VR == "OW")


def _guess_syntax(ds: Dataset, declared: str, *, encapsulated: bool) -> str:
    if encapsulated:
        # A JPEG of any family is known by its own first bytes; without a word, what is none is RLE.
        return _RLE if not declared or declared in NATIVE_SYNTAXES else declared
    if declared == _GE_BIG_ENDIAN_PIXELS:
        return _BIG_ENDIAN
    little_endian = getattr(ds, "original_encoding", (None, True))[1]
    return _BIG_ENDIAN if little_endian is False else _LITTLE_ENDIAN


def _native(pixels: _Pixels) -> Iterator[_Containers]:
    native = NativeFrames(
        pixels.content, pixels.layout, big_endian=pixels.syntax == _BIG_ENDIAN, words=pixels.words
    )
    for index in range(native.num_frames):
        yield _Containers(native.frame(index), decoder="native")


def _encapsulated(pixels: _Pixels, limits: Limits) -> Iterator[_Containers]:
    for frame_bytes in iterate_encoded_frames(pixels.content, num_frames=pixels.layout.num_frames):
        yield _decode_one(frame_bytes, pixels.layout, pixels.syntax, limits)


def _decode_one(content: bytes, layout: FrameLayout, syntax: str, limits: Limits) -> _Containers:
    codestream = read_codestream(content)
    if codestream is not None:
        _check_codestream(codestream, layout, content)
        content = drop_trailing_segments(content)
    elif is_coded(syntax):
        raise DecodeError(
            "broken_codestream",
            "The compressed frame does not begin like any JPEG; expected one by its syntax.",
        )
    _check_ratio(layout, len(content), limits)
    actual = syntax_to_decode(syntax, codestream.kind if codestream else None)
    frame = EncodedFrame(content, layout, codestream, actual)
    raw, label = decode_encoded_frame(frame, limits=limits)
    return _Containers(raw.values, label, syntax=actual, codestream=codestream, is_rgb=raw.is_rgb)


def _check_codestream(codestream: Codestream, layout: FrameLayout, content: bytes) -> None:
    declared = (layout.height, layout.width, layout.samples_per_pixel)
    coded = (codestream.height, codestream.width, codestream.num_components)
    if declared != coded:
        raise DecodeError(
            "size_mismatch",
            "The compressed frame is {} x {} with {} components;".format(*coded)
            + " the header declares {} x {} with {}.".format(*declared),
        )
    if not 1 <= codestream.precision <= 32:
        raise DecodeError("broken_codestream", "The compressed frame declares an impossible precision.")
    if codestream.num_scans > MOST_SCANS or codestream.num_tiles > max(
        _MOST_TILES, layout.height * layout.width // _FEWEST_TILE_PIXELS
    ):
        raise DecodeError(
            "broken_codestream", "The compressed frame declares more tiles or scans than make sense."
        )
    if not has_end_marker(content):
        raise DecodeError("truncated_pixels", "The compressed frame ends without its end marker; it was cut.")


def _check_ratio(layout: FrameLayout, num_bytes: int, limits: Limits) -> None:
    pixels = layout.height * layout.width
    if limits.is_suspicious_ratio(num_pixels=pixels, num_samples=layout.num_samples, num_bytes=num_bytes):
        raise DecodeError(
            "suspicious_ratio",
            f"{num_bytes} compressed bytes for {pixels} pixels are too few to be a picture.",
        )


def _palette_of(ds: Dataset, pixels: _Pixels) -> tuple[NDArray[Any], int] | None:
    if pixels.layout.photometric_interpretation != "PALETTE COLOR":
        return None
    return read_palette(ds, big_endian=pixels.syntax == _BIG_ENDIAN)


def _finish(part: _Containers, pixels: _Pixels, palette: tuple[NDArray[Any], int] | None) -> DecodedFrame:
    """Return a frame with its bits cut, its sign applied and its colours as RGB."""
    layout = pixels.layout
    values, bits_stored = _stored_values(part, layout)
    photometric = layout.photometric_interpretation
    if palette is not None:
        colours, first_value = palette
        values = apply_palette(values, colours, first_value=first_value)
        photometric, bits_stored = "RGB", 8 * colours.dtype.itemsize
    elif layout.samples_per_pixel == 3:
        components = "RGB" if part.is_rgb else components_after_decoding(photometric, part.codestream)
        values, photometric = to_rgb(values, components, bits_stored=bits_stored), "RGB"
    syntax = part.syntax or pixels.syntax
    return DecodedFrame(
        stored_values=values,
        photometric_interpretation=photometric,
        bits_stored=bits_stored,
        decoder=part.decoder,
        transfer_syntax_uid=syntax,
        transfer_syntax_guessed=pixels.guessed or syntax != pixels.syntax,
    )


def _stored_values(part: _Containers, layout: FrameLayout) -> tuple[NDArray[Any], int]:
    """Return the values with their bits cut and their sign, in the header's dtype; and bits stored."""
    if layout.is_float or layout.bits_allocated == 1:
        return part.values, layout.bits_stored
    precision = part.codestream.precision if part.codestream else layout.bits_allocated
    bits_stored = layout.bits_stored if precision <= layout.bits_allocated else precision
    # A codestream is right-aligned, and its own highest bit is the sign where the two disagree.
    bits = min(bits_stored, precision)
    high_bit = layout.high_bit if precision > layout.high_bit >= bits else bits - 1
    values = cut_stored_values(part.values, bits_stored=bits, high_bit=high_bit, signed=layout.signed)
    if values.dtype.itemsize < layout.dtype.itemsize:
        values = values.astype(layout.dtype)
    return values, bits_stored

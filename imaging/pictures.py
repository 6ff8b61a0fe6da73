"""The door of this room: the bytes of one file in, everything that is kept of it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset

from foundation.errors import DecodeError, ImagingError, RejectedFileError
from foundation.fingerprints import sha256_of_bytes
from imaging.decoding import DecodedFrame, iterate_frames
from imaging.foreign_files import describe_foreign_file
from imaging.header import Header, attributes_sha256, read_header
from imaging.image_objects import check_is_image
from imaging.perceptual_hash import hash_frame
from imaging.pixel_hashes import hash_pixels
from imaging.plain_pictures import read_plain_picture
from imaging.pseudonyms import Pseudonymiser
from imaging.quiet import quiet_pydicom
from imaging.reading import check_size, parse_dicom
from imaging.rendering import (
    RenderingAttributes,
    Window,
    frame_rendering_attributes,
    rendering_attributes,
)
from imaging.settings import ReadSettings
from imaging.sniffing import sniff
from imaging.stored_values import EncodedPixels, encode_stored_values

__all__ = [
    "Header",
    "ReadFrame",
    "ReadInstance",
    "ReadSettings",
    "read_header_only",
    "read_picture_or_instance",
]

_PLAIN_DECODER = "plain picture"


@dataclass(frozen=True)
class ReadFrame:
    """One frame.

    Args:
        frame_number: counted from 1.
        encoded: its stored values, lossless.
        stored_values_sha256: over shape, dtype and bytes.
        rendering: where it differs from that of the instance, else None.
        perceptual_hash: of how it looks.
    """

    frame_number: int
    encoded: EncodedPixels
    stored_values_sha256: str
    rendering: Mapping[str, Any] | None = None
    perceptual_hash: int | None = None


@dataclass(frozen=True)
class ReadInstance:
    """One file, read.

    Args:
        header: what is kept besides the pixels.
        frames: in order.
        stored_values_sha256: over those of the frames, in order.
        attributes_sha256: over what is kept of the header, whatever the file's encoding.
    """

    header: Header
    frames: tuple[ReadFrame, ...]
    stored_values_sha256: str
    attributes_sha256: str


def read_picture_or_instance(content: bytes, *, settings: ReadSettings) -> ReadInstance:
    """Read the bytes of one file, DICOM or plain picture, with all its frames.

    Args:
        content: the whole file.
        settings: key, profile and limits.

    Raises:
        NotAnImageError: a sound object without a picture; the reason code says which.
        RejectedFileError: neither DICOM nor a picture, or broken.
        DecodeError: its pixels cannot be decoded.

    Example:
        >>> import numpy as np
        >>> from imaging.png import encode_png
        >>> picture = encode_png(np.zeros((4, 6), np.uint8))
        >>> read_picture_or_instance(picture, settings=ReadSettings(key=bytes(32))).header.width
        6
    """
    kind = _find_kind(content, settings)
    try:
        if kind == "dicom":
            with quiet_pydicom():  # once a file: within it, every further one costs next to nothing
                return _read_instance(content, settings)
        return _read_picture(content, settings)
    except ImagingError:
        raise
    except MemoryError as error:
        raise DecodeError("out_of_memory", "There is not enough memory for the pixels.") from error


def read_header_only(content: bytes, *, settings: ReadSettings) -> Header:
    """Read the header of one DICOM file, without decoding its pixels.

    Raises:
        NotAnImageError, RejectedFileError: as `read_picture_or_instance`, and when it is no DICOM file.
    """
    parsed = parse_dicom(content, limits=settings.limits)
    check_is_image(parsed.ds, parsed.sop_class_uid)
    return read_header(parsed, settings=settings, content=content)


def _find_kind(content: bytes, settings: ReadSettings) -> str:
    check_size(content, settings.limits)
    kind = sniff(content)
    if kind is None:
        raise RejectedFileError("not_dicom_nor_picture", describe_foreign_file(content))
    return kind


def _read_instance(content: bytes, settings: ReadSettings) -> ReadInstance:
    parsed = parse_dicom(content, limits=settings.limits)
    check_is_image(parsed.ds, parsed.sop_class_uid)
    declared = read_header(parsed, settings=settings, content=content)
    rendering = _read_rendering(lambda: rendering_attributes(parsed.ds))
    frames, first, decoders = _read_frames(parsed.ds, rendering, settings)
    header = replace(
        _describe(declared, first.stored_values, len(frames)),
        bits_stored=first.bits_stored,
        photometric_interpretation=first.photometric_interpretation,
        decoder=", ".join(decoders),
        rendering=_to_json(rendering),
    )
    return _assemble(header, frames)


def _read_rendering(read: Callable[[], RenderingAttributes]) -> RenderingAttributes:
    try:
        return read()
    except (ImagingError, MemoryError):
        raise
    except Exception as error:
        # A damaged header may hold any number at any place; one bad file is data.
        raise DecodeError(
            "bad_pixel_description",
            "The attributes that rendering needs hold what cannot be; the file may be damaged.",
        ) from error


def _read_frames(
    ds: Dataset, rendering: RenderingAttributes, settings: ReadSettings
) -> tuple[tuple[ReadFrame, ...], DecodedFrame, list[str]]:
    """Decode, encode and hash frame by frame, so that one is held in memory at a time."""
    frames: list[ReadFrame] = []
    decoders: dict[str, None] = {}
    first: DecodedFrame | None = None
    for number, decoded in enumerate(iterate_frames(ds, limits=settings.limits), start=1):
        first = first or decoded
        decoders[decoded.decoder] = None
        override = _find_override(ds, number, rendering)
        frames.append(_read_frame(number, decoded.stored_values, rendering, override))
    if first is None:
        raise DecodeError("no_frames", "The pixel data hold no frame.")
    return tuple(frames), first, list(decoders)


def _find_override(ds: Dataset, number: int, rendering: RenderingAttributes) -> RenderingAttributes | None:
    if "PerFrameFunctionalGroupsSequence" not in ds:
        return None
    own = _read_rendering(lambda: frame_rendering_attributes(ds, number))
    return None if own == rendering else own


def _read_frame(
    number: int,
    stored_values: NDArray[Any],
    shared: RenderingAttributes,
    override: RenderingAttributes | None = None,
) -> ReadFrame:
    try:
        encoded = encode_stored_values(stored_values)
    except ValueError as error:
        raise DecodeError(
            "unkept_dtype", "The stored values have a type or shape that is not kept."
        ) from error
    rendering = _to_json(override) if override is not None else None
    looks = hash_frame(stored_values, override or shared)
    return ReadFrame(number, encoded, hash_pixels(stored_values), rendering, looks)


def _read_picture(content: bytes, settings: ReadSettings) -> ReadInstance:
    picture = read_plain_picture(content, limits=settings.limits)
    bits = 8 * picture.dtype.itemsize
    # A plain picture is rendered already: PS3.3 C.11.2.1.2 with this window changes no 8-bit value.
    whole_range = Window(center=1 << (bits - 1), width=1 << bits)
    rendering = RenderingAttributes(
        photometric_interpretation="RGB" if picture.ndim == 3 else "MONOCHROME2",
        samples_per_pixel=3 if picture.ndim == 3 else 1,
        bits_stored=bits,
        windows=(whole_range,),
    )
    uid = Pseudonymiser(settings.key).content_uid(sha256_of_bytes(content))
    header = replace(
        _describe(Header(sop_instance_uid=uid, kind="picture", burned_in_risk="unknown"), picture, 1),
        bits_stored=bits,
        photometric_interpretation=rendering.photometric_interpretation,
        rendering=_to_json(rendering),
        body_part_rule="unknown",
        body_part_confidence=0.0,
        decoder=_PLAIN_DECODER,
    )
    return _assemble(header, (_read_frame(1, picture, rendering),))


def _describe(header: Header, stored_values: NDArray[Any], num_frames: int) -> Header:
    """Return the header with what the decoded frames are, which the declared figures may contradict."""
    height, width = stored_values.shape[:2]
    return replace(
        header,
        height=height,
        width=width,
        number_of_frames=num_frames,
        samples_per_pixel=stored_values.shape[2] if stored_values.ndim == 3 else 1,
        pixel_representation=int(stored_values.dtype.kind == "i"),
    )


def _assemble(header: Header, frames: tuple[ReadFrame, ...]) -> ReadInstance:
    return ReadInstance(
        header=header,
        frames=frames,
        stored_values_sha256=_hash_all(frame.stored_values_sha256 for frame in frames),
        attributes_sha256=attributes_sha256(header, tuple(frame.rendering for frame in frames)),
    )


def _hash_all(digests: Iterable[str]) -> str:
    return sha256_of_bytes("\n".join(digests).encode())


def _to_json(rendering: RenderingAttributes) -> dict[str, Any]:
    return rendering.model_dump(mode="json")

"""The compiled decoders, each behind one small function of the same form.

A codec takes one `EncodedFrame` and returns a `RawFrame`; it imports its library inside, so that a
missing one is told when it is needed. It may fail in any way: `imaging.decoders` turns whatever
leaves it into a `DecodeError` in our own words.
"""

from __future__ import annotations

import io
import logging
import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from foundation.errors import DecodeError
from imaging.bit_fields import unpack_bits
from imaging.codestreams import Codestream
from imaging.colour import components_after_decoding
from imaging.frame_layout import FrameLayout
from imaging.opencv_reading import read_by_opencv
from imaging.run_lengths import decode_run_lengths, read_segment_starts

_ADOBE_NO_TRANSFORM = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


@dataclass(frozen=True)
class EncodedFrame:
    """One compressed frame, with what is known about it.

    Args:
        content: its bytes, fragments joined.
        layout: what the header says.
        codestream: what the bytes themselves say; None for RLE and deflate.
        transfer_syntax_uid: the syntax it is decoded as.
    """

    content: bytes
    layout: FrameLayout
    codestream: Codestream | None
    transfer_syntax_uid: str

    @property
    def precision(self) -> int:
        """Bits of a component as coded."""
        return self.codestream.precision if self.codestream else self.layout.bits_allocated


@dataclass(frozen=True)
class RawFrame:
    """Decoded containers, before masking, sign and colour.

    Args:
        values: height x width, or height x width x 3.
        is_rgb: whether the codec has already converted the colours.
    """

    values: NDArray[Any]
    is_rgb: bool = False


def decode_by_openjpeg(frame: EncodedFrame) -> RawFrame:
    """Decode JPEG 2000 and HTJ2K by OpenJPEG (package pylibjpeg-openjpeg)."""
    from openjpeg.utils import decode_pixel_data  # noqa: PLC0415 - a missing codec is told when it is needed

    logging.getLogger("openjpeg").propagate = False  # its words may come from the file
    content = decode_pixel_data(frame.content, version=2)
    dtype = _container(frame.precision)
    return RawFrame(_shaped(content, dtype, frame.layout, planar=False))


def decode_by_jpeg_ls(frame: EncodedFrame) -> RawFrame:
    """Decode JPEG-LS by CharLS (package pyjpegls)."""
    import jpeg_ls  # noqa: PLC0415 - a missing codec is told when it is needed

    content, facts = jpeg_ls.decode_pixel_data(frame.content)
    planar = facts["components"] > 1 and facts["interleave_mode"] == 0
    return RawFrame(_shaped(content, _container(frame.precision), frame.layout, planar=planar))


def decode_by_rle(frame: EncodedFrame) -> RawFrame:
    """Decode run lengths by pylibjpeg-rle, which gives colour plane by plane."""
    from rle.utils import decode_pixel_data  # noqa: PLC0415 - a missing codec is told when it is needed

    layout = frame.layout
    num_segments = len(read_segment_starts(frame.content))
    if num_segments != layout.samples_per_pixel * (layout.bits_allocated // 8):
        raise DecodeError("broken_codestream", "The RLE frame has another number of planes than its header.")
    content = decode_pixel_data(
        frame.content,
        version=2,
        rows=layout.height,
        columns=layout.width,
        bits_allocated=layout.bits_allocated,
    )
    return RawFrame(_shaped(content, _container(layout.bits_allocated), layout, planar=True))


def decode_by_own_rle(frame: EncodedFrame) -> RawFrame:
    """Decode run lengths by our own few lines, single bits included."""
    layout = frame.layout
    num_pixels = layout.height * layout.width
    if layout.bits_allocated == 1:
        (packed,) = decode_run_lengths(frame.content, segment_bytes=-(-num_pixels // 8))
        bits = unpack_bits(np.frombuffer(packed, np.uint8), start=0, count=num_pixels)
        return RawFrame(bits.reshape(layout.shape))
    planes = decode_run_lengths(frame.content, segment_bytes=num_pixels)
    # PS3.5 G.2: the highest byte of each sample comes first.
    size = layout.bits_allocated // 8
    samples = [
        np.stack([np.frombuffer(plane, np.uint8) for plane in planes[first : first + size]], axis=-1)
        for first in range(0, len(planes), size)
    ]
    content = np.stack(samples).reshape(-1, size).view(f">u{size}").astype(f"u{size}")
    return RawFrame(_shaped(content.tobytes(), _container(layout.bits_allocated), layout, planar=True))


def decode_by_inflate(frame: EncodedFrame) -> RawFrame:
    """Decode a deflated frame (PS3.5 A.4.14) or one that was encapsulated as it is (A.4.11)."""
    layout = frame.layout
    expected = -(-layout.num_samples * layout.bits_allocated // 8)
    content = frame.content
    if frame.transfer_syntax_uid == "1.2.840.10008.1.2.8.1":
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, expected + 1)
    if len(content) < expected:
        raise DecodeError("truncated_pixels", f"The frame gives {len(content)} bytes; expected {expected}.")
    if layout.bits_allocated == 1:
        bits = unpack_bits(np.frombuffer(content, np.uint8), start=0, count=layout.num_samples)
        return RawFrame(bits.reshape(layout.shape))
    return RawFrame(_shaped(content, _container(layout.bits_allocated), layout, planar=layout.planar))


def decode_by_gdcm(frame: EncodedFrame) -> RawFrame:
    """Decode by GDCM (package python-gdcm), which leaves YBR components as they are."""
    import gdcm  # noqa: PLC0415 - a missing codec is told when it is needed

    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    layout, size = frame.layout, _container(frame.precision).itemsize
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame.content)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout.width, layout.height, 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(layout.photometric_interpretation)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    interleaved = frame.codestream is not None and frame.codestream.kind != "jpeg_lossless"
    planar = layout.planar and not interleaved
    if layout.samples_per_pixel > 1:
        image.SetPlanarConfiguration(int(planar))
    syntax = gdcm.TransferSyntax.GetTSType(frame.transfer_syntax_uid)
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    precision = frame.precision
    image.SetPixelFormat(
        gdcm.PixelFormat(layout.samples_per_pixel, 8 * size, precision, precision - 1, int(layout.signed))
    )
    buffer = image.GetBuffer()
    if buffer is None:
        raise DecodeError("decoder_failed", "GDCM returned nothing for the frame.")
    content = buffer.encode("utf-8", "surrogateescape")  # GDCM returns its bytes as text
    return RawFrame(_shaped(content, _container(precision), layout, planar=planar))


def decode_by_dicomsdl(frame: EncodedFrame) -> RawFrame:
    """Decode by dicomsdl: JPEG of up to 16 bits, lossless colour included."""
    import dicomsdl  # noqa: PLC0415 - a missing codec is told when it is needed

    is_lossless = frame.codestream is not None and frame.codestream.kind == "jpeg_lossless"
    if frame.layout.samples_per_pixel != 1 and not is_lossless:
        raise DecodeError("decoder_failed", "dicomsdl is used for grey and for lossless colour only.")
    dicomsdl.set_loglevel(dicomsdl.LogLevel.ERROR)
    opened = dicomsdl.open_memory(_as_file(frame))
    values = np.zeros(frame.layout.shape, dtype=np.uint16 if frame.precision > 8 else np.uint8)
    opened.copyFrameData(0, values)
    return RawFrame(values)


def decode_by_opencv(frame: EncodedFrame) -> RawFrame:
    """Decode 8-bit JPEG by OpenCV (libjpeg-turbo), which returns YBR as RGB."""
    layout, content = frame.layout, frame.content
    if frame.precision != 8:
        raise DecodeError("decoder_failed", "OpenCV decodes 8-bit JPEG only.")
    if layout.samples_per_pixel == 1:
        values = read_by_opencv(content, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
        return RawFrame(_checked_shape(values, layout))
    components = components_after_decoding(layout.photometric_interpretation, frame.codestream)
    if components != "YBR_FULL":
        # libjpeg takes unmarked components, and all in a JFIF file, for YBR; these are to stay.
        content = content[:2] + _ADOBE_NO_TRANSFORM + content[2:].replace(b"JFIF\x00", b"none\x00", 1)
    values = read_by_opencv(content, cv2.IMREAD_COLOR_BGR | cv2.IMREAD_IGNORE_ORIENTATION)
    rgb = np.ascontiguousarray(_checked_shape(values, layout)[..., ::-1])
    return RawFrame(rgb, is_rgb=components == "YBR_FULL")


def _container(precision: int) -> np.dtype[Any]:
    size = 1 if precision <= 8 else 2 if precision <= 16 else 4
    return np.dtype(f"<u{size}")


def _checked_shape(values: Any, layout: FrameLayout) -> NDArray[Any]:
    if values is None or values.shape != layout.shape:
        raise DecodeError("size_mismatch", "The decoder returned another size than the header declares.")
    return np.asarray(values)


def _shaped(content: Any, dtype: np.dtype[Any], layout: FrameLayout, *, planar: bool) -> NDArray[Any]:
    expected = layout.num_samples * dtype.itemsize
    if not expected <= len(content) <= expected + 1:  # one byte may pad to an even length
        raise DecodeError("size_mismatch", f"The decoder returned {len(content)} bytes; expected {expected}.")
    values = np.frombuffer(content, dtype, count=layout.num_samples)
    if layout.samples_per_pixel > 1 and planar:
        planes = values.reshape(layout.samples_per_pixel, layout.height, layout.width)
        return np.ascontiguousarray(planes.transpose(1, 2, 0))
    return values.reshape(layout.shape)


def _as_file(frame: EncodedFrame) -> bytes:
    """Return the frame as a smallest DICOM file, for a library that takes files only."""
    layout = frame.layout
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.7"), UID("2.25.1")
    ds.Rows, ds.Columns = layout.height, layout.width
    ds.SamplesPerPixel, ds.PlanarConfiguration = layout.samples_per_pixel, 0
    # Called RGB whatever it is, so that nothing is converted.
    ds.PhotometricInterpretation = "MONOCHROME2" if layout.samples_per_pixel == 1 else "RGB"
    ds.BitsAllocated = 16 if frame.precision > 8 else 8
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = frame.precision, frame.precision - 1, 0
    ds.PixelData = encapsulate([frame.content])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(frame.transfer_syntax_uid)
    stream = io.BytesIO()
    dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()

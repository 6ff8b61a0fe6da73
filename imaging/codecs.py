"""The compiled decoders, each behind one small function of the same form.

A codec takes one `EncodedFrame` and returns a `RawFrame`. It may fail in any way and say on standard
error what it likes, so all of them run in a process of their own (`imaging.isolation`): GDCM aborts on
damaged JPEG, dicomsdl sometimes waits for ever when the interpreter ends. That process starts with
this module, so a codec imports its library inside; a missing one is told when it is needed.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import logging
import struct
from collections.abc import Callable

import numpy as np

from foundation.errors import DecodeError
from imaging.colour import components_after_decoding
from imaging.encoded_frames import EncodedFrame, RawFrame, container_dtype, shape_samples
from imaging.run_lengths import read_segment_starts

_ADOBE_NO_TRANSFORM = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
_SECONDARY_CAPTURE = b"1.2.840.10008.5.1.4.1.1.7\x00"


def decode_by_openjpeg(frame: EncodedFrame) -> RawFrame:
    """Decode JPEG 2000 and HTJ2K by OpenJPEG (package pylibjpeg-openjpeg)."""
    from openjpeg.utils import decode_pixel_data

    logging.getLogger("openjpeg").propagate = False  # its words may come from the file
    content = decode_pixel_data(frame.content, version=2)
    return RawFrame(shape_samples(content, container_dtype(frame.precision), frame.layout, planar=False))


def decode_by_jpeg_ls(frame: EncodedFrame) -> RawFrame:
    """Decode JPEG-LS by CharLS (package pyjpegls)."""
    import jpeg_ls

    content, facts = jpeg_ls.decode_pixel_data(frame.content)
    planar = facts["components"] > 1 and facts["interleave_mode"] == 0
    return RawFrame(shape_samples(content, container_dtype(frame.precision), frame.layout, planar=planar))


def decode_by_rle(frame: EncodedFrame) -> RawFrame:
    """Decode run lengths by pylibjpeg-rle, which gives colour plane by plane."""
    from rle.utils import decode_pixel_data

    layout = frame.layout
    num_segments = len(read_segment_starts(frame.content))
    if num_segments != layout.samples_per_pixel * (layout.bits_allocated // 8):
        raise DecodeError("decoder_failed", "pylibjpeg-rle does not know RLE frames of this many planes.")
    content = decode_pixel_data(
        frame.content,
        version=2,
        rows=layout.height,
        columns=layout.width,
        bits_allocated=layout.bits_allocated,
    )
    return RawFrame(shape_samples(content, container_dtype(layout.bits_allocated), layout, planar=True))


def decode_by_opencv(frame: EncodedFrame) -> RawFrame:
    """Decode 8-bit JPEG by OpenCV (libjpeg-turbo), which returns YBR as RGB."""
    import cv2

    from imaging.opencv_reading import decode_by_imdecode

    layout, content = frame.layout, frame.content
    if frame.precision != 8:
        raise DecodeError("decoder_failed", "OpenCV decodes 8-bit JPEG only.")
    is_grey = layout.samples_per_pixel == 1
    components = components_after_decoding(layout.photometric_interpretation, frame.codestream)
    if not is_grey and components != "YBR_FULL":
        # libjpeg takes unmarked components, and all in a JFIF file, for YBR; these are to stay.
        content = content[:2] + _ADOBE_NO_TRANSFORM + content[2:].replace(b"JFIF\x00", b"none\x00", 1)
    colour = cv2.IMREAD_GRAYSCALE if is_grey else cv2.IMREAD_COLOR_BGR
    values = decode_by_imdecode(content, colour | cv2.IMREAD_IGNORE_ORIENTATION)
    if values is None:
        raise DecodeError("decoder_failed", "OpenCV could not decode the JPEG; it is broken or unusual.")
    if values.shape != layout.shape:
        raise DecodeError("size_mismatch", "The decoder returned another size than the header declares.")
    if is_grey:
        return RawFrame(values)
    return RawFrame(np.ascontiguousarray(values[..., ::-1]), is_rgb=components == "YBR_FULL")


def decode_by_gdcm(frame: EncodedFrame) -> RawFrame:
    """Decode by GDCM (package python-gdcm), which leaves YBR components as they are."""
    import gdcm

    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    layout, dtype = frame.layout, container_dtype(frame.precision)
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
    bits, precision = 8 * dtype.itemsize, frame.precision
    samples, signed = layout.samples_per_pixel, int(layout.signed)
    image.SetPixelFormat(gdcm.PixelFormat(samples, bits, precision, precision - 1, signed))
    buffer = image.GetBuffer()
    if buffer is None:
        raise DecodeError("decoder_failed", "GDCM returned nothing for the frame.")
    content = buffer.encode("utf-8", "surrogateescape")  # GDCM returns its bytes as text
    return RawFrame(shape_samples(content, dtype, layout, planar=planar))


def decode_by_dicomsdl(frame: EncodedFrame) -> RawFrame:
    """Decode lossless JPEG of up to 16 bits by dicomsdl, which does not notice damage."""
    import dicomsdl

    if frame.codestream is None or frame.codestream.kind != "jpeg_lossless":
        raise DecodeError("decoder_failed", "dicomsdl is used for lossless JPEG only.")
    dicomsdl.set_loglevel(dicomsdl.LogLevel.ERROR)
    opened = dicomsdl.open_memory(wrap_as_file(frame))
    values = np.zeros(frame.layout.shape, dtype=container_dtype(frame.precision))
    opened.copyFrameData(0, values)
    return RawFrame(values)


CODECS: dict[str, Callable[[EncodedFrame], RawFrame]] = {
    "dicomsdl": decode_by_dicomsdl,
    "gdcm": decode_by_gdcm,
    "jpeg_ls": decode_by_jpeg_ls,
    "opencv": decode_by_opencv,
    "openjpeg": decode_by_openjpeg,
    "rle": decode_by_rle,
}


def wrap_as_file(frame: EncodedFrame) -> bytes:
    """Return the frame as a smallest DICOM file, for a library that takes files only.

    Colour is called RGB whatever it is, so that nothing is converted.
    """
    layout, precision = frame.layout, frame.precision
    is_colour = layout.samples_per_pixel > 1
    syntax = frame.transfer_syntax_uid.encode()
    meta = _element(0x0002, 0x0010, b"UI", syntax + b"\x00" * (len(syntax) % 2))
    numbers = [
        (0x0002, layout.samples_per_pixel),
        (0x0006, 0),
        (0x0010, layout.height),
        (0x0011, layout.width),
        (0x0100, 8 * container_dtype(precision).itemsize),
        (0x0101, precision),
        (0x0102, precision - 1),
        (0x0103, 0),
    ]
    image = [(tag, _element(0x0028, tag, b"US", struct.pack("<H", value))) for tag, value in numbers]
    image.append((0x0004, _element(0x0028, 0x0004, b"CS", b"RGB " if is_colour else b"MONOCHROME2 ")))
    content = frame.content + b"\x00" * (len(frame.content) % 2)
    return b"".join(
        (
            bytes(128) + b"DICM",
            _element(0x0002, 0x0000, b"UL", struct.pack("<I", len(meta))),
            meta,
            _element(0x0008, 0x0016, b"UI", _SECONDARY_CAPTURE),
            *(part for _, part in sorted(image)),
            struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF),
            struct.pack("<HHI", 0xFFFE, 0xE000, 0),  # an empty offset table (PS3.5 A.4)
            struct.pack("<HHI", 0xFFFE, 0xE000, len(content)),
            content,
            struct.pack("<HHI", 0xFFFE, 0xE0DD, 0),
        )
    )


def _element(group: int, element: int, vr: bytes, value: bytes) -> bytes:
    """Return an element in explicit VR little endian with a short length (PS3.5 7.1.2)."""
    return struct.pack("<HH2sH", group, element, vr, len(value)) + value

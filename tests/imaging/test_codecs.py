"""Codecs: each compiled decoder alone gives the same pixels as its fellows."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any

import cv2
import jpeg_ls
import numpy as np
import openjpeg.utils
import pytest
import rle.utils
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames

from foundation.errors import DecodeError
from imaging import codecs
from imaging.codestreams import read_codestream
from imaging.encoded_frames import EncodedFrame
from imaging.frame_layout import FrameLayout, read_frame_layout
from imaging.limits import Limits
from imaging.own_codecs import decode_by_own_rle

GREY = FrameLayout(40, 36, 1, 1, 8, 8, 7, False, False, "MONOCHROME2", False, "PixelData")
WIDE = replace(GREY, bits_allocated=16, bits_stored=16, high_bit=15)
COLOUR = replace(GREY, samples_per_pixel=3, photometric_interpretation="RGB")
NOISE = np.random.default_rng(0).integers(0, 256, (40, 36)).astype(np.uint8)
NOISE_RGB = np.random.default_rng(1).integers(0, 256, (40, 36, 3)).astype(np.uint8)
BASELINE, EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
LS, J2K, RLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"


def encoded(content: bytes, layout: FrameLayout, syntax: str) -> EncodedFrame:
    """Return an encoded frame with what its bytes declare."""
    return EncodedFrame(content, layout, read_codestream(content), syntax)


def bundled(name: str) -> EncodedFrame:
    """Return the first frame of one of pydicom's files."""
    path = get_testdata_file(name)
    assert isinstance(path, str)
    ds = dcmread(path)
    layout = read_frame_layout(ds, limits=Limits())
    content = next(generate_frames(ds.PixelData, number_of_frames=layout.num_frames))
    return encoded(content, layout, str(ds.file_meta.TransferSyntaxUID))


@pytest.mark.parametrize("decode", [codecs.decode_by_openjpeg, codecs.decode_by_gdcm])
def test_jpeg_2000_by_either(decode: Any) -> None:
    """OpenJPEG and GDCM agree on grey and colour."""
    grey = openjpeg.utils.encode_array(NOISE, photometric_interpretation=2)
    assert np.array_equal(decode(encoded(grey, GREY, J2K)).values, NOISE)
    colour = openjpeg.utils.encode_array(NOISE_RGB, photometric_interpretation=1, use_mct=True)
    layout = replace(COLOUR, photometric_interpretation="YBR_RCT")
    assert np.array_equal(decode(encoded(colour, layout, J2K)).values, NOISE_RGB)


@pytest.mark.parametrize("decode", [codecs.decode_by_jpeg_ls, codecs.decode_by_gdcm])
def test_jpeg_ls_by_either(decode: Any) -> None:
    """CharLS by pyjpegls and by GDCM agree on grey and colour, whatever the interleaving."""
    assert np.array_equal(decode(encoded(jpeg_ls.encode(NOISE).tobytes(), GREY, LS)).values, NOISE)
    content = jpeg_ls.encode(NOISE_RGB, interleave_mode=2).tobytes()
    assert np.array_equal(decode(encoded(content, COLOUR, LS)).values, NOISE_RGB)


@pytest.mark.parametrize("values", [NOISE, NOISE_RGB, NOISE.astype(np.uint16) * 257])
def test_run_lengths_by_either(values: np.ndarray[Any, Any]) -> None:
    """The compiled decoder and our own agree."""
    layout = COLOUR if values.ndim == 3 else WIDE if values.itemsize == 2 else GREY
    content = rle.utils.encode_pixel_data(
        values.tobytes(),
        rows=40,
        columns=36,
        samples_per_pixel=layout.samples_per_pixel,
        bits_allocated=layout.bits_allocated,
        number_of_frames=1,
        byteorder="<",
    )
    frame = encoded(content, layout, RLE)
    assert np.array_equal(codecs.decode_by_rle(frame).values, values)
    assert np.array_equal(decode_by_own_rle(frame).values, values)


def test_twelve_bit_jpeg() -> None:
    """JPEG Extended of 12 bits gives the values that pydicom's table of this file names."""
    values = codecs.decode_by_gdcm(bundled("JPGExtended.dcm")).values
    assert (values.max(), values.dtype) == (264, np.uint16)


def test_eight_bit_jpeg_by_either() -> None:
    """GDCM leaves YBR, OpenCV converts and says so; grey is within the freedom of the cosine transform."""
    smooth = cv2.GaussianBlur(NOISE, (0, 0), 4)
    frame = encoded(cv2.imencode(".jpg", smooth)[1].tobytes(), GREY, BASELINE)
    one, other = codecs.decode_by_gdcm(frame).values, codecs.decode_by_opencv(frame).values
    assert np.abs(one.astype(int) - other).max() <= 2
    red = np.zeros((40, 36, 3), np.uint8)
    red[..., 2] = 255
    frame = encoded(
        cv2.imencode(".jpg", red)[1].tobytes(),
        replace(COLOUR, photometric_interpretation="YBR_FULL"),
        BASELINE,
    )
    raw = codecs.decode_by_opencv(frame)
    assert raw.is_rgb
    assert np.abs(raw.values[5, 5].astype(int) - [255, 0, 0]).max() <= 2
    assert not codecs.decode_by_gdcm(frame).is_rgb


@pytest.mark.parametrize("decode", [codecs.decode_by_dicomsdl, codecs.decode_by_gdcm])
def test_lossless_jpeg_by_either(decode: Any) -> None:
    """The colour bars of a lossless JPEG are exact."""
    values = decode(bundled("SC_rgb_jpeg_gdcm.dcm")).values
    assert values[5, 50].tolist() == [255, 0, 0]


@pytest.mark.parametrize("marker", [b"NONE", b"JFIF"])
def test_components_that_are_rgb_stay(marker: bytes) -> None:
    """Where the components are RGB, unmarked or named so by their ids, OpenCV is kept from converting."""
    content = cv2.imencode(".jpg", NOISE_RGB)[1].tobytes().replace(b"JFIF", marker)
    if marker == b"JFIF":
        start = content.index(b"\xff\xc0") + 10
        for offset, name in zip((0, 3, 6), b"RGB", strict=True):
            content = content[: start + offset] + bytes([name]) + content[start + offset + 1 :]
        scan = content.index(b"\xff\xda") + 5
        for offset, name in zip((0, 2, 4), b"RGB", strict=True):
            content = content[: scan + offset] + bytes([name]) + content[scan + offset + 1 :]
    frame = encoded(content, COLOUR, BASELINE)
    raw = codecs.decode_by_opencv(frame)
    assert not raw.is_rgb
    assert np.array_equal(raw.values, codecs.decode_by_gdcm(frame).values)


def test_codecs_refuse_what_they_would_do_wrong() -> None:
    """OpenCV takes no 12 bits, dicomsdl no lossy JPEG, GDCM's silence is an error."""
    unmarked = cv2.imencode(".jpg", NOISE_RGB)[1].tobytes().replace(b"JFIF", b"NONE")
    with pytest.raises(DecodeError, match="8-bit"):
        codecs.decode_by_opencv(bundled("JPGExtended.dcm"))
    with pytest.raises(DecodeError, match="lossless"):
        codecs.decode_by_dicomsdl(encoded(unmarked, COLOUR, EXTENDED))
    broken = b"\xff\xd8\xff\xc0" + bytes([0, 11, 8, 0, 40, 0, 36, 1, 1, 0x11, 0]) + bytes(40)
    with pytest.raises(DecodeError, match="nothing"):
        codecs.decode_by_gdcm(encoded(b"", WIDE, J2K))
    with pytest.raises(DecodeError, match="could not decode"):
        codecs.decode_by_opencv(encoded(broken, GREY, BASELINE))
    small = replace(GREY, height=8)
    with pytest.raises(DecodeError, match="another size"):
        codecs.decode_by_opencv(encoded(cv2.imencode(".jpg", NOISE)[1].tobytes(), small, BASELINE))
    with pytest.raises(DecodeError, match="expected 288"):
        codecs.decode_by_jpeg_ls(encoded(jpeg_ls.encode(NOISE).tobytes(), small, LS))


def test_run_lengths_of_single_bits_are_left_to_ours() -> None:
    """The compiled decoder does not know them."""
    bits = replace(GREY, bits_allocated=1, bits_stored=1, high_bit=0)
    content = struct.pack("<16I", 1, 64, *[0] * 14) + bytes([0, 5])
    with pytest.raises(DecodeError, match="does not know"):
        codecs.decode_by_rle(encoded(content, bits, RLE))


def test_the_smallest_file_is_a_file() -> None:
    """What dicomsdl is given reads back as the frame it was made of."""
    frame = bundled("SC_rgb_jpeg_gdcm.dcm")
    ds = dcmread(io.BytesIO(codecs.wrap_as_file(frame)))
    assert (ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.BitsStored) == (100, 100, 3, 8)
    assert ds.file_meta.TransferSyntaxUID == frame.transfer_syntax_uid
    content = next(generate_frames(ds.PixelData, number_of_frames=1))
    assert content.rstrip(b"\0") == frame.content.rstrip(b"\0")

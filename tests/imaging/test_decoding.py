"""Decoding: stored values from every encoding, and a reason for everything that gives none."""

from __future__ import annotations

from typing import Any

import cv2
import jpeg_ls
import numpy as np
import openjpeg.utils
import pytest
import rle.utils
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames

from foundation.errors import DecodeError, ImagingError, NotAnImageError
from imaging.decoding import decode_frames, iterate_frames
from imaging.limits import Limits

LIMITS = Limits()
JPEG, JPEG_LS, J2K = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"
RLE, BIG_ENDIAN = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.2"


def data_set(
    content: bytes,
    shape: tuple[int, ...],
    *,
    bits: int = 8,
    syntax: str = "1.2.840.10008.1.2.1",
    **header: Any,
) -> Dataset:
    """Return a data set of the content as it is."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.Rows, ds.Columns = shape[:2]
    ds.SamplesPerPixel = 3 if len(shape) == 3 else 1
    ds.PhotometricInterpretation = "RGB" if len(shape) == 3 else "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, bits, bits - 1
    ds.PixelRepresentation, ds.PlanarConfiguration = 0, 0
    ds.PixelData = content
    for keyword, value in header.items():
        setattr(ds, keyword, value)
    return ds


def compressed(frames: list[bytes], shape: tuple[int, ...], syntax: str, **header: Any) -> Dataset:
    """Return a data set of encapsulated frames."""
    ds = data_set(encapsulate(frames), shape, syntax=syntax, NumberOfFrames=len(frames), **header)
    ds["PixelData"].is_undefined_length = True
    return ds


def reason(ds: Dataset, limits: Limits = LIMITS) -> str:
    """Return the reason code that decoding ends with."""
    with pytest.raises(ImagingError) as caught:
        decode_frames(ds, limits=limits)
    return caught.value.reason_code


@pytest.fixture
def noise() -> np.ndarray[Any, Any]:
    """Give 40 x 36 values of 12 bits."""
    return np.random.default_rng(7).integers(0, 4096, (40, 36)).astype(np.uint16)


def test_native_frames_are_cut_in_order() -> None:
    """Three frames of two pixels come out one after the other, in words of either byte order."""
    values = np.arange(6, dtype=np.uint16).reshape(3, 1, 2)
    for order, syntax in (("<", "1.2.840.10008.1.2"), (">", BIG_ENDIAN)):
        ds = data_set(values.astype(f"{order}u2").tobytes(), (1, 2), bits=16, syntax=syntax, NumberOfFrames=3)
        decoded = decode_frames(ds, limits=LIMITS)
        assert np.array_equal(np.stack(decoded.frames), values)
        assert decoded.frames[0].dtype == np.uint16
        assert (decoded.decoder, decoded.transfer_syntax_guessed) == ("native", False)


def test_big_endian_words_of_bytes_are_swapped() -> None:
    """Eight-bit pixels in OW words stand in swapped pairs in Explicit VR Big Endian."""
    ds = data_set(b"\x02\x01\x04\x03", (1, 4), syntax=BIG_ENDIAN)
    ds["PixelData"].VR = "OW"
    assert decode_frames(ds, limits=LIMITS).frames[0].tolist() == [[1, 2, 3, 4]]
    ds["PixelData"].VR = "OB"
    assert decode_frames(ds, limits=LIMITS).frames[0].tolist() == [[2, 1, 4, 3]]


def test_single_bits_run_on_between_frames() -> None:
    """Frames of three bits follow each other without a gap."""
    ds = data_set(b"\x2b\x00", (1, 3), bits=1, NumberOfFrames=2)  # bits, lowest first: 110 101
    frames = decode_frames(ds, limits=LIMITS).frames
    assert [frame.tolist() for frame in frames] == [[[1, 1, 0]], [[1, 0, 1]]]


@pytest.mark.parametrize("signed", [False, True])
def test_jpeg_2000_gives_back_its_values(noise: Any, signed: bool) -> None:
    """JPEG 2000 round trip, 12 bits, signed and not."""
    values = noise.astype(np.int16) - 2048 if signed else noise
    content = openjpeg.utils.encode_array(values, bits_stored=12, photometric_interpretation=2)
    ds = compressed(
        [content], (40, 36), J2K, bits=16, BitsStored=12, HighBit=11, PixelRepresentation=int(signed)
    )
    decoded = decode_frames(ds, limits=LIMITS)
    assert np.array_equal(decoded.frames[0], values)
    assert decoded.frames[0].dtype == values.dtype
    assert decoded.decoder.startswith("pylibjpeg-openjpeg ")


def test_a_sign_that_contradicts_the_codestream_follows_the_header(noise: Any) -> None:
    """The codestream's bits are read as Pixel Representation says, whichever of the two is signed."""
    as_signed = np.where(noise > 2047, noise.astype(np.int32) - 4096, noise).astype(np.int16)
    unsigned_stream = openjpeg.utils.encode_array(noise, bits_stored=12, photometric_interpretation=2)
    signed_stream = openjpeg.utils.encode_array(as_signed, bits_stored=12, photometric_interpretation=2)
    header = {"bits": 16, "BitsStored": 12, "HighBit": 11}
    ds = compressed([unsigned_stream], (40, 36), J2K, PixelRepresentation=1, **header)
    assert np.array_equal(decode_frames(ds, limits=LIMITS).frames[0], as_signed)
    ds = compressed([signed_stream], (40, 36), J2K, PixelRepresentation=0, **header)
    assert np.array_equal(decode_frames(ds, limits=LIMITS).frames[0], noise)


def test_a_transform_in_the_codestream_proves_rgb() -> None:
    """Colour by a JPEG 2000 transform comes out as RGB once, even where the header says YBR_FULL."""
    values = np.random.default_rng(1).integers(0, 256, (48, 44, 3)).astype(np.uint8)
    content = openjpeg.utils.encode_array(values, photometric_interpretation=1, use_mct=True)
    for label in ("YBR_RCT", "RGB", "YBR_FULL"):
        ds = compressed([content], (48, 44, 3), J2K, PhotometricInterpretation=label)
        decoded = decode_frames(ds, limits=LIMITS)
        assert np.array_equal(decoded.frames[0], values)
        assert decoded.photometric_interpretation == "RGB"


def test_jpeg_ls_gives_back_its_values(noise: Any) -> None:
    """JPEG-LS round trip, and a wrong transfer syntax is found out and told."""
    content = jpeg_ls.encode(noise).tobytes()
    decoded = decode_frames(compressed([content], (40, 36), JPEG_LS, bits=16, BitsStored=12), limits=LIMITS)
    assert np.array_equal(decoded.frames[0], noise)
    wrong = compressed([content], (40, 36), J2K, bits=16, BitsStored=12)
    decoded = decode_frames(wrong, limits=LIMITS)
    assert np.array_equal(decoded.frames[0], noise)
    assert decoded.transfer_syntax_guessed
    assert decoded.transfer_syntax_uid == "1.2.840.10008.1.2.4.81"


def test_run_lengths_give_back_their_values(noise: Any) -> None:
    """RLE round trip of 16-bit grey and 8-bit colour in two frames."""
    content = rle.utils.encode_pixel_data(
        noise.tobytes(),
        rows=40,
        columns=36,
        samples_per_pixel=1,
        bits_allocated=16,
        number_of_frames=1,
        byteorder="<",
    )
    ds = compressed([content, content], (40, 36), RLE, bits=16)
    assert np.array_equal(np.stack(decode_frames(ds, limits=LIMITS).frames), np.stack([noise, noise]))


@pytest.mark.parametrize("label", ["YBR_FULL_422", "RGB"])
def test_jpeg_colour_follows_its_markers(label: str) -> None:
    """A JFIF file holds YBR and comes out as RGB once, whatever the header calls it."""
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 2] = 255  # OpenCV's order
    content = cv2.imencode(".jpg", red, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    decoded = decode_frames(
        compressed([content], (16, 16, 3), JPEG, PhotometricInterpretation=label), limits=LIMITS
    )
    pixel = decoded.frames[0][5, 5].astype(int)
    assert abs(pixel - [255, 0, 0]).max() <= 2
    assert decoded.photometric_interpretation == "RGB"


def test_missing_syntax_is_guessed_and_told(noise: Any) -> None:
    """Without a transfer syntax, native and compressed pixels are read as what they are."""
    native = data_set(noise.tobytes(), (40, 36), bits=16)
    del native.file_meta
    decoded = decode_frames(native, limits=LIMITS)
    assert np.array_equal(decoded.frames[0], noise)
    assert decoded.transfer_syntax_guessed
    content = openjpeg.utils.encode_array(noise, bits_stored=12, photometric_interpretation=2)
    ds = compressed([content], (40, 36), "1.2.840.10008.1.2.1", bits=16, BitsStored=12)
    decoded = decode_frames(ds, limits=LIMITS)
    assert np.array_equal(decoded.frames[0], noise)
    assert decoded.transfer_syntax_guessed


def test_the_icon_is_never_taken_for_the_picture() -> None:
    """A data set whose only pixels lie in an icon holds no picture."""
    ds = Dataset()
    ds.IconImageSequence = [data_set(b"ab", (1, 2))]
    with pytest.raises(NotAnImageError):
        decode_frames(ds, limits=LIMITS)


def test_truncated_pixels_are_never_zeros(noise: Any) -> None:
    """A cut anywhere is told as truncated, native and compressed alike."""
    assert reason(data_set(noise.tobytes()[:-2], (40, 36), bits=16)) == "truncated_pixels"
    stream = openjpeg.utils.encode_array(noise, bits_stored=12, photometric_interpretation=2)
    lossless = jpeg_ls.encode(noise).tobytes()
    for content, syntax in ((stream, J2K), (lossless, JPEG_LS)):
        for length in (len(content) // 2, len(content) - 9):
            ds = compressed([content[:length]], (40, 36), syntax, bits=16, BitsStored=12)
            assert reason(ds) == "truncated_pixels"
    short = rle.utils.encode_pixel_data(
        noise.tobytes(),
        rows=40,
        columns=36,
        samples_per_pixel=1,
        bits_allocated=16,
        number_of_frames=1,
        byteorder="<",
    )[:-200]
    assert reason(compressed([short], (40, 36), RLE, bits=16)) == "truncated_pixels"


def test_a_frame_of_one_value_from_many_bytes_is_refused() -> None:
    """A stream whose entropy-coded bytes were lost gives a constant; it is not taken for a picture."""
    noisy = np.random.default_rng(3).integers(0, 256, (256, 256)).astype(np.uint8)
    content = rle.utils.encode_pixel_data(
        noisy.tobytes(),
        rows=256,
        columns=256,
        samples_per_pixel=1,
        bits_allocated=8,
        number_of_frames=1,
        byteorder="<",
    )
    constant = np.zeros((256, 256), np.uint8)
    small = rle.utils.encode_pixel_data(
        constant.tobytes(),
        rows=256,
        columns=256,
        samples_per_pixel=1,
        bits_allocated=8,
        number_of_frames=1,
        byteorder="<",
    )
    assert not decode_frames(compressed([small], (256, 256), RLE), limits=LIMITS).frames[0].any()
    assert reason(compressed([small + content], (256, 256), RLE)) == "constant_frame"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"Rows": 65535, "Columns": 65535}, "too_many_pixels"),
        ({"NumberOfFrames": "99999999"}, "too_many_frames"),
        ({"NumberOfFrames": "2"}, "truncated_pixels"),
        ({"Rows": 0}, "bad_pixel_description"),
        ({"Rows": None}, "bad_pixel_description"),
        ({"BitsAllocated": 24}, "bad_pixel_description"),
        ({"BitsStored": 9}, "bad_pixel_description"),
        ({"SamplesPerPixel": 4}, "bad_pixel_description"),
        ({"PhotometricInterpretation": "CMYK"}, "unsupported_photometric"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "bad_palette"),
        ({"PixelData": b""}, "no_pixel_bytes"),
    ],
)
def test_every_bad_description_has_its_reason(header: dict[str, Any], code: str) -> None:
    """What the header says wrongly is a reason code, before memory is taken."""
    assert reason(data_set(b"abcd", (2, 2), **header)) == code


def test_a_codestream_that_declares_trillions_is_not_handed_over(noise: Any) -> None:
    """Sizes inside a codestream are compared with the header's first."""
    content = bytearray(openjpeg.utils.encode_array(noise, bits_stored=12, photometric_interpretation=2))
    content[8:16] = (2_000_000).to_bytes(4, "big") * 2
    assert reason(compressed([bytes(content)], (40, 36), J2K, bits=16, BitsStored=12)) == "size_mismatch"
    large = compressed([b"x" * 99], (10_000, 10_000), RLE)
    assert reason(large) == "suspicious_ratio"


def test_frames_that_are_not_there_are_told(noise: Any) -> None:
    """Number of Frames above what the fragments hold is no silent short count."""
    content = openjpeg.utils.encode_array(noise, bits_stored=12, photometric_interpretation=2)
    ds = compressed([content, content], (40, 36), J2K, bits=16, BitsStored=12)
    ds.NumberOfFrames = 5
    assert reason(ds) in {"too_few_frames", "broken_pixels"}
    ds.NumberOfFrames = 1
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    ds.PixelData = encapsulate([b"\x00\x00\x01\xb3" * 9])
    ds["PixelData"].is_undefined_length = True
    assert reason(ds) == "unsupported_transfer_syntax"


def test_number_of_frames_that_is_no_number_is_taken_from_the_length() -> None:
    """Whole frames in the pixel bytes say how many there are."""
    ds = data_set(bytes(range(8)), (2, 2))
    ds.add_new("NumberOfFrames", "LO", "1A")
    assert len(decode_frames(ds, limits=LIMITS).frames) == 2
    ds.PixelData = bytes(11)
    assert reason(ds) == "bad_pixel_description"


def test_garbage_gives_our_words_only() -> None:
    """A broken stream ends as a DecodeError whose detail holds nothing of the decoder's."""
    head = b"\xff\xd8\xff\xc0" + bytes([0, 11, 8, 0, 4, 0, 4, 1, 1, 0x11, 0])
    ds = compressed([head + b"\x00" * 40 + b"\xff\xd9"], (4, 4), JPEG)
    with pytest.raises(DecodeError) as caught:
        decode_frames(ds, limits=LIMITS)
    assert "marker" not in caught.value.detail
    assert "NoneType" not in caught.value.detail


def test_frames_are_decoded_when_asked_for() -> None:
    """The first frame of a series comes before the second's damage is met."""
    good = rle.utils.encode_pixel_data(
        bytes(range(64)),
        rows=8,
        columns=8,
        samples_per_pixel=1,
        bits_allocated=8,
        number_of_frames=1,
        byteorder="<",
    )
    frames = iterate_frames(compressed([good, b"x" * 70], (8, 8), RLE), limits=LIMITS)
    assert next(frames).stored_values[0, 1] == 1
    with pytest.raises(DecodeError):
        next(frames)


# pydicom's bundled files: shape and dtype of a frame, number of frames.
BUNDLED: dict[str, tuple[tuple[int, ...], str, int]] = {
    "CT_small.dcm": ((128, 128), "int16", 1),
    "ExplVR_BigEnd.dcm": ((60, 80, 3), "uint8", 1),
    "J2K_pixelrep_mismatch.dcm": ((512, 512), "int16", 1),
    "JPEG2000.dcm": ((1024, 256), "int16", 1),
    "JPEG-lossy.dcm": ((1024, 256), "uint16", 1),
    "JPGExtended.dcm": ((1024, 256), "uint16", 1),
    "MR_small.dcm": ((64, 64), "int16", 1),
    "MR_small_RLE.dcm": ((64, 64), "int16", 1),
    "MR_small_bigendian.dcm": ((64, 64), "int16", 1),
    "MR_small_jp2klossless.dcm": ((64, 64), "int16", 1),
    "MR_small_jpeg_ls_lossless.dcm": ((64, 64), "int16", 1),
    "SC_rgb_jpeg_dcmtk.dcm": ((100, 100, 3), "uint8", 1),
    "SC_rgb_rle_2frame.dcm": ((100, 100, 3), "uint8", 2),
    "SC_rgb_rle_16bit.dcm": ((100, 100, 3), "uint16", 1),
    "SC_ybr_full_422_uncompressed.dcm": ((100, 100, 3), "uint8", 1),
    "examples_palette.dcm": ((350, 800, 3), "uint16", 1),
    "image_dfl.dcm": ((512, 512), "uint8", 1),
    "liver_1frame.dcm": ((512, 512), "uint8", 1),
    "rtdose.dcm": ((10, 10), "uint32", 15),
    "rtdose_rle.dcm": ((10, 10), "uint32", 15),
}


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_files_have_their_shape(name: str) -> None:
    """Each of pydicom's bundled files decodes to the shape, dtype and count its header promises."""
    shape, dtype, num_frames = BUNDLED[name]
    frames = decode_frames(_bundled(name), limits=LIMITS).frames
    assert (frames[0].shape, frames[0].dtype.name, len(frames)) == (shape, dtype, num_frames)


def test_one_picture_in_seven_encodings_is_one_picture() -> None:
    """The small MR is the same in every lossless encoding; so is the dose."""
    names = ("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_expb.dcm")
    names += ("MR_small_implicit.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm")
    pictures = [decode_frames(_bundled(name), limits=LIMITS).frames[0] for name in names]
    assert all(np.array_equal(pictures[0], other) for other in pictures[1:])
    assert [int(pictures[0][at]) for at in ((0, 0), (32, 32), (-1, -1))] == [905, 182, 862]


def test_the_colour_bars_come_out_as_they_were_drawn() -> None:
    """The bars of pydicom's colour test file come out red, blue and white, whichever way they are coded."""
    for name in (
        "SC_rgb_rle.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
        "SC_rgb_gdcm_KY.dcm",
    ):
        frame = decode_frames(_bundled(name), limits=LIMITS).frames[0].astype(int)
        assert abs(frame[5, 50] - [255, 0, 0]).max() <= 2, name
        assert abs(frame[45, 50] - [0, 0, 255]).max() <= 2, name
        assert abs(frame[95, 50] - [255, 255, 255]).max() <= 2, name


def _bundled(name: str) -> Dataset:
    path = get_testdata_file(name)
    assert isinstance(path, str)
    return dcmread(path)


@pytest.mark.parametrize(
    "name", ["SC_rgb_jpeg_dcmtk.dcm", "JPGExtended.dcm", "SC_rgb_jpeg_gdcm.dcm", "MR_small_jp2klossless.dcm"]
)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.97])
def test_a_frame_with_a_hole_is_damaged_also_with_its_end(name: str, kept: float) -> None:
    """A fragment that was lost, with the end marker still there: no decoder's filling is believed."""
    ds = _bundled(name)
    content = next(generate_frames(ds.PixelData, number_of_frames=1))
    ds.PixelData = encapsulate([content[: int(len(content) * kept)] + b"\xff\xd9"])
    assert reason(ds) in {"broken_codestream", "decoder_failed", "decoder_crashed", "truncated_pixels"}


def test_bytes_that_are_no_codestream_are_told() -> None:
    """A frame of zeros under a JPEG syntax."""
    assert reason(compressed([bytes(99)], (4, 4), JPEG)) == "broken_codestream"

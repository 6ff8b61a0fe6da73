"""Golden pictures: values computed by hand from PS3.3 C.7.6.3 and C.11, from header to picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from imaging.decoding import decode_frames
from imaging.limits import Limits
from imaging.rendering import frame_rendering_attributes, render, rendering_attributes


def grey(values: list[int], *, bits: int = 16, **header: Any) -> Dataset:
    """Return a data set of one row of grey containers."""
    return _data_set(np.array([values], f"u{bits // 8}").tobytes(), len(values), bits, header)


def _data_set(content: bytes, width: int, bits: int, header: dict[str, Any]) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = 1, width
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0
    if "FloatPixelData" not in header and "DoubleFloatPixelData" not in header:
        ds.PixelData = content
    for keyword, value in header.items():
        setattr(ds, keyword, value)
    return ds


def lut(entries: list[int], *, first: int = 0, bits: int = 8) -> Sequence:
    """Return a LUT sequence of one item."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US" if first >= 0 else "SS", [len(entries), first, bits])
    item.add_new("LUTData", "US", entries)
    return Sequence([item])


def packed_lut(entries: list[int]) -> Sequence:
    """Return a LUT sequence whose 8-bit entries lie two to a word, the first in the low byte."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), 0, 8])
    item.add_new("LUTData", "OW", bytes(entries))
    return Sequence([item])


def exact(center: str, width: str) -> dict[str, str]:
    """Return a window of the LINEAR_EXACT function."""
    return {"WindowCenter": center, "WindowWidth": width, "VOILUTFunction": "LINEAR_EXACT"}


def linear(center: Any, width: Any) -> dict[str, Any]:
    """Return a window without a function, which is LINEAR."""
    return {"WindowCenter": center, "WindowWidth": width}


M1 = {"PhotometricInterpretation": "MONOCHROME1"}
SIGNED = {"PixelRepresentation": 1}
RAMP = [0, 1, 2, 3]

# name: data set, expected grey levels of its one row
GOLDEN: dict[str, tuple[Dataset, list[int]]] = {
    # thirds of 255
    "no window is minimum to maximum": (grey(RAMP), [0, 85, 170, 255]),
    "MONOCHROME1 without window": (grey(RAMP, **M1), [255, 170, 85, 0]),
    # c - 0.5 = 1.5, w - 1 = 2: 0.25 * 255 = 63.75, 0.75 * 255 = 191.25
    "LINEAR": (grey(RAMP, **linear("2", "3")), [0, 64, 191, 255]),
    # 255 - 63.75 = 191.25, 255 - 191.25 = 63.75
    "LINEAR in MONOCHROME1": (grey(RAMP, **linear("2", "3"), **M1), [255, 191, 64, 0]),
    # (x - 2) / 4 + 0.5: 0, .25, .5, .75, 1 of 255; 127.5 rounds up
    "LINEAR_EXACT": (grey([0, 1, 2, 3, 4], **exact("2", "4")), [0, 64, 128, 191, 255]),
    "half rounds up after polarity": (grey([0, 2, 4], **exact("2", "4"), **M1), [255, 128, 0]),
    # 255 / (1 + e^-4) = 250.41 and 255 / (1 + e^4) = 4.59
    "SIGMOID": (
        grey([2, 6, 0xFFFE], **linear("2", "4"), VOILUTFunction="SIGMOID", **SIGNED),
        [128, 250, 5],
    ),
    # HU -161, -160, 40, 239, 240; low -160 is still black, 40 is (0.5 / 399 + 0.5) * 255 = 127.82
    "CT soft tissue after rescale": (
        grey([863, 864, 1064, 1263, 1264], RescaleSlope="1", RescaleIntercept="-1024", **linear("40", "400")),
        [0, 0, 128, 255, 255],
    ),
    # 100 - x: 100, 75, 50, 0 in 0..100
    "negative slope": (
        grey([0, 25, 50, 100], RescaleSlope="-1", RescaleIntercept="100", **exact("50", "100")),
        [255, 191, 128, 0],
    ),
    # the frame's extremes change places: modality -3..0
    "negative slope without window": (grey(RAMP, RescaleSlope="-1", RescaleIntercept="0"), [255, 170, 85, 0]),
    "fractional slope": (
        grey([0, 1, 2, 3, 4], RescaleSlope="0.5", RescaleIntercept="0", **exact("1", "2")),
        [0, 64, 128, 191, 255],
    ),
    "slope without intercept": (grey(RAMP, RescaleSlope="2", **exact("3", "6")), [0, 85, 170, 255]),
    "slope of zero counts as unset": (grey(RAMP, RescaleSlope="0", RescaleIntercept="0"), [0, 85, 170, 255]),
    "the first of several windows": (grey(RAMP, **linear(["2", "100"], ["3", "9"])), [0, 64, 191, 255]),
    "an empty window": (grey(RAMP, **linear("", "")), [0, 85, 170, 255]),
    "a centre without width": (grey(RAMP, WindowCenter="2"), [0, 85, 170, 255]),
    "width 0 is illegal": (grey(RAMP, **linear("2", "0")), [0, 85, 170, 255]),
    "negative width is illegal": (grey(RAMP, **linear("2", "-4")), [0, 85, 170, 255]),
    "width below 1 is illegal in LINEAR": (grey(RAMP, **linear("2", "0.5")), [0, 85, 170, 255]),
    # x <= c - 0.5 is black, all above white
    "width 1 in LINEAR is a threshold": (grey(RAMP, **linear("2", "1")), [0, 0, 255, 255]),
    "width below 1 is legal in LINEAR_EXACT": (grey(RAMP, **exact("2", "0.5")), [0, 0, 128, 255]),
    "width 0 is illegal in LINEAR_EXACT": (grey(RAMP, **exact("2", "0")), [0, 85, 170, 255]),
    "an unknown function is LINEAR": (
        grey(RAMP, **linear("2", "3"), VOILUTFunction="CUBIC"),
        [0, 64, 191, 255],
    ),
    "VOI LUT goes before the window": (
        grey(RAMP, VOILUTSequence=lut([255, 170, 85, 0]), **linear("2", "3")),
        [255, 170, 85, 0],
    ),
    # 32768 / 65535 * 255 = 127.502
    "VOI LUT of 16 bits": (
        grey([0, 1, 2], VOILUTSequence=lut([0, 32768, 65535], bits=16)),
        [0, 128, 255],
    ),
    # 2048 / 4095 * 255 = 127.53
    "VOI LUT of 12 bits": (grey([0, 1, 2], VOILUTSequence=lut([0, 2048, 4095], bits=12)), [0, 128, 255]),
    "VOI LUT's first value, ends repeated": (
        grey([0, 2, 3, 9], VOILUTSequence=lut([10, 20], first=2)),
        [10, 10, 20, 20],
    ),
    "VOI LUT's first value is signed after rescale": (
        grey([0, 1, 2], RescaleIntercept="-10", RescaleSlope="1", VOILUTSequence=lut([7, 8, 9], first=-10)),
        [7, 8, 9],
    ),
    # 65526 as unsigned lies beyond every input; read as -10 it meets them
    "VOI LUT's signed first value written as unsigned": (
        grey(
            [0, 1, 2],
            bits=8,
            RescaleIntercept="-10",
            RescaleSlope="1",
            VOILUTSequence=lut([7, 8, 9], first=65526),
        ),
        [7, 8, 9],
    ),
    "VOI LUT in MONOCHROME1": (
        grey(RAMP, VOILUTSequence=lut([0, 85, 170, 255]), **M1),
        [255, 170, 85, 0],
    ),
    # 0, 10, 20, 30 in 0..30
    "Modality LUT": (
        grey(RAMP, ModalityLUTSequence=lut([0, 10, 20, 30], bits=16), **exact("15", "30")),
        [0, 85, 170, 255],
    ),
    "Modality LUT goes before rescale": (
        grey(RAMP, ModalityLUTSequence=lut([30, 20, 10, 0], bits=16), RescaleSlope="5", **exact("15", "30")),
        [255, 170, 85, 0],
    ),
    # modality values 0, 40, 10, 20: the extremes are not at the ends
    "Modality LUT without window": (
        grey(RAMP, ModalityLUTSequence=lut([0, 40, 10, 20], bits=16)),
        [0, 255, 64, 128],
    ),
    "DX: MONOCHROME1 with INVERSE inverts once": (
        grey(RAMP, PresentationLUTShape="INVERSE", **M1),
        [255, 170, 85, 0],
    ),
    "IDENTITY leaves MONOCHROME2": (grey(RAMP, PresentationLUTShape="IDENTITY"), [0, 85, 170, 255]),
    # 10..30 without the padding; inverted 20 is 127.5
    "padding is black in MONOCHROME1": (
        grey([0, 10, 20, 30], PixelPaddingValue=0, **M1),
        [0, 255, 128, 0],
    ),
    # -2000 written as US 63536
    "signed padding written as unsigned": (
        grey([0xF830, 0, 100, 200], PixelPaddingValue=63536, **SIGNED),
        [0, 0, 128, 255],
    ),
    "padding range": (
        grey([0, 5, 6, 106], PixelPaddingValue=0, PixelPaddingRangeLimit=5),
        [0, 0, 0, 255],
    ),
    "padding range counted downwards": (
        grey([0, 5, 6, 106], PixelPaddingValue=5, PixelPaddingRangeLimit=0),
        [0, 0, 0, 255],
    ),
    "padding under a window": (grey([3, 1, 2], PixelPaddingValue=3, **linear("2", "3")), [0, 64, 191]),
    "nothing but padding": (grey([7, 7], PixelPaddingValue=7, **M1), [0, 0]),
    "one value": (grey([9, 9]), [0, 0]),
    "one value in MONOCHROME1": (grey([9, 9], **M1), [255, 255]),
    # -2048, 0, 2047: 2048 / 4095 * 255 = 127.53
    "signed 12 bits": (
        grey([0x800, 0, 0x7FF], BitsStored=12, HighBit=11, **SIGNED),
        [0, 128, 255],
    ),
    "overlay bits above Bits Stored": (
        grey([0xF000, 0xF001, 0x0002, 0x8003], BitsStored=12, HighBit=11),
        [0, 85, 170, 255],
    ),
    "high bit not Bits Stored - 1": (
        grey([0x000F, 0x0010, 0x0020, 0x0030], BitsStored=12, HighBit=15),
        [0, 85, 170, 255],
    ),
    "8 bits": (grey([0, 51, 255], bits=8, **exact("127.5", "255")), [0, 51, 255]),
    # 2^31 / (2^32 - 1) * 255 = 127.50000003
    "32 bits": (grey([0, 1 << 31, (1 << 32) - 1], bits=32), [0, 128, 255]),
    "float, NaN black": (
        _data_set(b"", 4, 32, {"FloatPixelData": np.array([0, 0.5, 1, np.nan], "<f4").tobytes()}),
        [0, 128, 255, 0],
    ),
    "double float, infinity white": (
        _data_set(b"", 4, 64, {"DoubleFloatPixelData": np.array([-1, 0, 1, np.inf], "<f8").tobytes()}),
        [0, 128, 255, 255],
    ),
    "single bits, lowest first": (
        _data_set(b"\x05\x00", 4, 1, {"BitsStored": 1, "HighBit": 0}),
        [255, 0, 255, 0],
    ),
    # one step above the low end: (1 / 399) * 255 = 0.64; the high end 239 is exactly white
    "LINEAR's ends": (
        grey([864, 865, 1262, 1263], RescaleSlope="1", RescaleIntercept="-1024", **linear("40", "400")),
        [0, 1, 254, 255],
    ),
    # low 0 is black, high 4 is white by the line itself; 1/4 of 255 = 63.75
    "LINEAR_EXACT's ends": (grey([0, 1, 4, 5], **exact("2", "4")), [0, 64, 255, 255]),
    # width 1: black up to 1.5, white above 2.5, half way at 2: 127.5 rounds up
    "LINEAR_EXACT of width 1": (grey(RAMP, **exact("2", "1")), [0, 0, 128, 255]),
    # the line goes through 0 at 12.5 - 25.5 + 0.5: (x + 13) / 50 of 255, x = 2: 76.5 rounds up
    "a half is a half": (grey([2, 12], **linear("12.5", "51")), [77, 128]),
    # 0.1 has no exact binary form: 3 * 0.1 is 0.3 of 0..1, that is 76.5, which rounds up
    "a half after a decimal slope": (
        grey([3, 5], RescaleSlope="0.1", RescaleIntercept="0", **exact("0.5", "1")),
        [77, 128],
    ),
    # 255 / (1 + e^(-4 * 1 / 2)) = 224.60; at -1: 30.40; inverted
    "SIGMOID in MONOCHROME1": (
        grey([1, 2, 3], **linear("2", "2"), VOILUTFunction="SIGMOID", **M1),
        [225, 128, 30],
    ),
    "SIGMOID of width 0 is illegal": (
        grey(RAMP, **linear("2", "0"), VOILUTFunction="SIGMOID"),
        [0, 85, 170, 255],
    ),
    "VOI LUT's first value negative, signed 16 bits": (
        grey([0xFFFB, 0xFFFC, 0xFFFD, 5], VOILUTSequence=lut([10, 20, 30], first=-4), **SIGNED),
        [10, 10, 20, 30],
    ),
    "VOI LUT of 8 bits in 16-bit words": (
        grey([0, 1, 2], VOILUTSequence=lut([0, 128, 255], bits=8)),
        [0, 128, 255],
    ),
    "VOI LUT of 8 bits packed two to a word": (
        grey([0, 1, 2, 3], VOILUTSequence=packed_lut([1, 2, 3, 4])),
        [1, 2, 3, 4],
    ),
    # entries of 12 bits under a descriptor of 8: 2048 / 4095 * 255 = 127.53, 4095 is white
    "VOI LUT with more bits than it says": (
        grey([0, 1, 2], VOILUTSequence=lut([0, 2048, 4095], bits=8)),
        [0, 128, 255],
    ),
    # modality -1000..-998, 0 and 1000 are looked up: values 0, 1 then the repeated end
    "rescale, then VOI LUT": (
        grey(
            [0, 1, 1000],
            RescaleSlope="2",
            RescaleIntercept="-1000",
            VOILUTSequence=lut([5, 6, 7, 8], first=-1001),
        ),
        [6, 8, 8],
    ),
    # modality 100, 50, 0: c - 0.5 = 49.5, w - 1 = 100: (x - 49.5) / 100 + 0.5 is 1.005, 0.505, 0.005
    "Modality LUT, then LINEAR": (
        grey([0, 1, 2], ModalityLUTSequence=lut([100, 50, 0], bits=16), **linear("50", "101")),
        [255, 129, 1],
    ),
    # modality 7, 8, 9 are the VOI LUT's inputs
    "Modality LUT, then VOI LUT": (
        grey(
            [0, 1, 2], ModalityLUTSequence=lut([9, 8, 7], bits=16), VOILUTSequence=lut([30, 20, 10], first=7)
        ),
        [10, 20, 30],
    ),
    # masked to 12 bits, sign from bit 11: -1, 1, -2048, 2047
    "signed 12 bits under overlay bits": (
        grey([0x3FFF, 0xF001, 0x1800, 0x87FF], BitsStored=12, HighBit=11, **SIGNED, **exact("0", "4")),
        [64, 191, 0, 255],
    ),
    # 100 - 2 x: 100, 90, 60 in c - 0.5 = 79.5, w - 1 = 40: 1.0125, 0.7625, 0.0125
    "negative slope under LINEAR": (
        grey([0, 5, 20], RescaleSlope="-2", RescaleIntercept="100", **linear("80", "41")),
        [255, 194, 3],
    ),
    "negative slope in MONOCHROME1": (
        grey(RAMP, RescaleSlope="-1", RescaleIntercept="0", **M1),
        [0, 85, 170, 255],
    ),
    "padding range under a VOI LUT": (
        grey([0, 1, 2], PixelPaddingValue=0, PixelPaddingRangeLimit=1, VOILUTSequence=lut([50, 60, 70])),
        [0, 0, 70],
    ),
    # -2000..-1000 written as US; 0 and 100 span the frame
    "signed padding range": (
        grey([0xF830, 0xFC18, 0, 100], PixelPaddingValue=63536, PixelPaddingRangeLimit=64536, **SIGNED),
        [0, 0, 0, 255],
    ),
    "an empty second window is no matter": (grey(RAMP, **linear(["2", ""], ["3", ""])), [0, 64, 191, 255]),
    # values packed in 12 bits: 0x000, 0xFFF
    "12 bits packed": (_data_set(b"\x00\xf0\xff\x00", 2, 12, {}), [0, 255]),
}


def colour(values: list[Any], *, photometric: str = "RGB", bits: int = 8, **header: Any) -> Dataset:
    """Return a data set of one row of colour pixels."""
    content = np.array([values], f"u{bits // 8}").tobytes()
    known = {"SamplesPerPixel": 3, "PhotometricInterpretation": photometric, "PlanarConfiguration": 0}
    return _data_set(content, header.pop("Columns", len(values)), bits, known | header)


def palette(
    words: list[list[int]], *, bits: int, first: int = 0, values: list[int], **header: Any
) -> Dataset:
    """Return a data set of palette indices."""
    ds = grey(values, bits=8, PhotometricInterpretation="PALETTE COLOR", **header)
    for name, entries in zip(("Red", "Green", "Blue"), words, strict=True):
        keyword = f"{name}PaletteColorLookupTable"
        ds.add_new(f"{keyword}Descriptor", "US", [len(entries), first, bits])
        ds.add_new(f"{keyword}Data", "OW", np.array(entries, "<u2" if bits == 16 else "u1").tobytes())
    return ds


# name: data set, expected RGB of its one row
GOLDEN_COLOUR: dict[str, tuple[Dataset, list[list[int]]]] = {
    "RGB passes through": (colour([[1, 2, 3], [4, 5, 6]]), [[1, 2, 3], [4, 5, 6]]),
    "planes": (
        colour([[1, 4, 2], [5, 3, 6]], PlanarConfiguration=1),
        [[1, 2, 3], [4, 5, 6]],
    ),
    # 32768 / 65535 * 255 = 127.502
    "16 bits are scaled": (colour([[65535, 32768, 0]], bits=16), [[255, 128, 0]]),
    # 76 + 1.402 * 127 = 254.05; 76 + 14.80 - 90.70 = 0.10; 76 - 1.772 * 43 = -0.20
    "YBR_FULL": (colour([[76, 85, 255]], photometric="YBR_FULL"), [[254, 0, 0]]),
    # Y 100 and 200 share Cb 128, Cr 128: grey
    "YBR_FULL_422": (
        _data_set(
            bytes([100, 200, 128, 128]),
            2,
            8,
            {"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422", "PlanarConfiguration": 0},
        ),
        [[100, 100, 100], [200, 200, 200]],
    ),
    "YBR_FULL_422 that is not subsampled": (
        colour([[100, 128, 128], [200, 128, 128]], photometric="YBR_FULL_422"),
        [[100, 100, 100], [200, 200, 200]],
    ),
    # black is 16; (235 - 16) * 255 / 219 = 255
    "YBR_PARTIAL_422": (
        _data_set(
            bytes([16, 235, 128, 128]),
            2,
            8,
            {"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_PARTIAL_422", "PlanarConfiguration": 0},
        ),
        [[0, 0, 0], [255, 255, 255]],
    ),
    "palette of 8 bits": (
        palette([[1, 2], [3, 4], [5, 6]], bits=8, values=[1, 0, 9]),
        [[2, 4, 6], [1, 3, 5], [2, 4, 6]],
    ),
    "palette of 16 bits": (
        palette([[0, 65535], [0, 32768], [65535, 0]], bits=16, values=[0, 1]),
        [[0, 0, 255], [255, 128, 0]],
    ),
    "palette under a window": (
        palette([[1, 2], [3, 4], [5, 6]], bits=8, values=[0, 1], **linear("0", "1")),
        [[1, 3, 5], [2, 4, 6]],
    ),
    # 1024 / 4095 * 255 = 63.77
    "colour of 12 bits": (
        colour([[4095, 1024, 0]], bits=16, BitsStored=12, HighBit=11),
        [[255, 64, 0]],
    ),
    "palette's first value": (
        palette([[1, 2], [3, 4], [5, 6]], bits=8, first=10, values=[10, 11]),
        [[1, 3, 5], [2, 4, 6]],
    ),
}


def picture(ds: Dataset, **options: Any) -> np.ndarray[Any, Any]:
    """Return the picture of a data set's first frame."""
    frame = decode_frames(ds, limits=Limits()).frames[0]
    return render(frame, rendering_attributes(ds), **options)


@pytest.mark.parametrize("name", GOLDEN)
def test_grey_is_as_computed_by_hand(name: str) -> None:
    """Every grey case gives exactly the levels worked out from the standard."""
    ds, expected = GOLDEN[name]
    assert picture(ds).tolist() == [expected]


@pytest.mark.parametrize("name", GOLDEN_COLOUR)
def test_colour_is_as_computed_by_hand(name: str) -> None:
    """Every colour case gives exactly the colours worked out from the standard."""
    ds, expected = GOLDEN_COLOUR[name]
    assert picture(ds).tolist() == [expected]


def test_each_pet_frame_has_its_own_slope() -> None:
    """PET series and enhanced objects rescale frame by frame: 10 * 5 = 50 is half, 10 * 10 = 100 white."""
    ds = grey([0, 10, 20], **exact("50", "100"))
    ds.PerFrameFunctionalGroupsSequence = [_slope_group("5"), _slope_group("10")]
    frame = decode_frames(ds, limits=Limits()).frames[0]
    assert render(frame, frame_rendering_attributes(ds, 1)).tolist() == [[0, 128, 255]]
    assert render(frame, frame_rendering_attributes(ds, 2)).tolist() == [[0, 255, 255]]


def _slope_group(slope: str) -> Dataset:
    item, value = Dataset(), Dataset()
    value.RescaleSlope, value.RescaleIntercept, value.RescaleType = slope, "0", "BQML"
    item.PixelValueTransformationSequence = [value]
    return item


# values of 0..65535 in 16 bits: a quarter of 65535 is 16383.75, a half 32767.5
GOLDEN_16_BITS: dict[str, tuple[Dataset, str, list[int]]] = {
    "LINEAR": (grey(RAMP, **linear("2", "3")), "window@16", [0, 16384, 49151, 65535]),
    "LINEAR_EXACT in MONOCHROME1": (grey([0, 2, 4], **exact("2", "4"), **M1), "window@16", [65535, 32768, 0]),
    "VOI LUT of 8 bits": (grey([0, 1], VOILUTSequence=lut([1, 255])), "window@16", [257, 65535]),
    "full": (grey(RAMP, **linear("2", "3")), "full@16", [0, 21845, 43690, 65535]),
    "a window asked for": (grey(RAMP), "window:2,3@16", [0, 16384, 49151, 65535]),
}


@pytest.mark.parametrize("name", GOLDEN_16_BITS)
def test_sixteen_bits_are_as_computed_by_hand(name: str) -> None:
    """A picture of 16 bits is the same chain up to 65535."""
    ds, rendering, expected = GOLDEN_16_BITS[name]
    assert picture(ds, rendering=rendering).tolist() == [expected]

"""Rendering attributes: read from the header, whatever state it is in."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from imaging.rendering_attributes import (
    RenderingAttributes,
    frame_rendering_attributes,
    rendering_attributes,
)
from imaging.windows import Window


def header(**attributes: Any) -> Dataset:
    """Return a grey header."""
    ds = Dataset()
    ds.PhotometricInterpretation, ds.BitsStored, ds.SamplesPerPixel = "MONOCHROME2", 12, 1
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def macro(**attributes: Any) -> Sequence:
    """Return a functional group sequence of one item."""
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return Sequence([item])


def test_defaults_are_the_identity() -> None:
    """An empty data set gives the attributes that change nothing."""
    assert rendering_attributes(Dataset()) == RenderingAttributes()


def test_colour_keeps_no_grey_transformations() -> None:
    """Palette and YBR are RGB after decoding; windows do not apply to them."""
    for label in ("PALETTE COLOR", "YBR_FULL_422", "RGB"):
        found = rendering_attributes(
            header(PhotometricInterpretation=label, WindowCenter="1", WindowWidth="2")
        )
        assert (found.photometric_interpretation, found.samples_per_pixel, found.windows) == ("RGB", 3, ())


def test_json_holds_everything() -> None:
    """Attributes, tables included, survive the trip through JSON and remain hashable."""
    item = macro(LUTDescriptor=[2, 0, 8])
    item[0].add_new("LUTData", "US", [1, 2])
    found = rendering_attributes(
        header(VOILUTSequence=item, PixelPaddingValue=3, WindowCenter=["1", "2"], WindowWidth=["3", "4"])
    )
    assert found.voi_lut is not None
    assert found.windows == (Window(center=1, width=3), Window(center=2, width=4))
    assert RenderingAttributes.model_validate_json(found.model_dump_json()) == found
    assert hash(found) == hash(found.model_copy())


@pytest.mark.parametrize(
    ("keyword", "value", "vr"),
    [
        ("WindowCenter", "abc", "LO"),
        ("RescaleSlope", "1,5,2", "LO"),
        ("RescaleSlope", "nan", "LO"),
        ("VOILUTFunction", "", "CS"),
        ("VOILUTSequence", "no sequence", "LO"),
        ("PixelPaddingValue", "", "LO"),
        ("PresentationLUTShape", "ROUND", "CS"),
    ],
)
def test_what_is_unreadable_counts_as_absent(keyword: str, value: str, vr: str) -> None:
    """A broken attribute is no error and no warning; the rest is read."""
    ds = header(RescaleIntercept="-1024")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.add_new(keyword, vr, value)
    found = rendering_attributes(ds)
    assert found == RenderingAttributes(bits_stored=12, rescale_intercept=-1024)


def test_numbers_are_read_as_the_rest_of_the_header_is() -> None:
    """A decimal comma, blanks, more digits than allowed, half-filled values: the picture rests on them."""
    ds = header()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.add_new("RescaleSlope", "LO", "1,5")
        ds.add_new("RescaleIntercept", "LO", " -1.02400000000000000000E3 ")
        ds.add_new("WindowCenter", "LO", "40\\")
        ds.add_new("WindowWidth", "LO", "400,5\\300")
    found = rendering_attributes(ds)
    assert (found.rescale_slope, found.rescale_intercept) == (1.5, -1024)
    assert found.windows == (Window(center=40, width=400.5),)


def test_padding_has_the_pixels_sign() -> None:
    """US 63536 beside signed pixels is -2000; SS -1 beside unsigned ones is 65535; bytes are read too."""
    assert rendering_attributes(header(PixelRepresentation=1, PixelPaddingValue=63536)).padding_value == -2000
    ds = header()
    ds.add_new("PixelPaddingValue", "SS", -1)
    assert rendering_attributes(ds).padding_value == 65535
    ds = header(PixelRepresentation=1)
    ds.add_new("PixelPaddingValue", "OB", b"\x30\xf8")
    assert rendering_attributes(ds).padding_range == (-2000, -2000)
    floats = {"FloatPixelPaddingValue": -1.5, "FloatPixelPaddingRangeLimit": -9.0}
    assert rendering_attributes(header(BitsAllocated=32, **floats)).padding_range == (-9.0, -1.5)


@pytest.mark.parametrize("little", [True, False])
def test_padding_of_implicit_vr_is_a_number_though_its_bytes_are_digits(little: bool) -> None:
    """12345 lies there as the characters 90; no VR says that they are none."""
    value = (12345).to_bytes(2, "little" if little else "big")
    tag = BaseTag(0x00280120)
    ds = header()
    ds[tag] = RawDataElement(tag, None, 2, value, 0, True, little)
    assert rendering_attributes(ds).padding_value == 12345


def test_padding_that_no_pixel_can_have_is_not_kept() -> None:
    """It changes no picture, and could be any number, such as that of a telephone."""
    floats = {"DoubleFloatPixelPaddingValue": 834959557.0}
    assert rendering_attributes(header(BitsAllocated=16, **floats)).padding_value is None
    ds = header(BitsAllocated=16)
    ds.add_new("PixelPaddingValue", "DS", "834959557")
    assert rendering_attributes(ds).padding_value is None
    ds = header(BitsAllocated=16, PixelPaddingValue=7)
    ds.add_new("PixelPaddingRangeLimit", "DS", "834959557")
    assert rendering_attributes(ds).padding_range == (7, 7)


def test_frames_look_in_their_own_groups_first_then_in_the_shared() -> None:
    """Per-frame, then shared, then the top of the data set; each of slope and window on its own."""
    ds = header(RescaleSlope="7", WindowCenter="70", WindowWidth="7")
    ds.SharedFunctionalGroupsSequence = macro(
        PixelValueTransformationSequence=macro(RescaleSlope="2", RescaleIntercept="5")
    )
    ds.PerFrameFunctionalGroupsSequence = Sequence(
        [
            macro(FrameVOILUTSequence=macro(WindowCenter="1", WindowWidth="2"))[0],
            macro(PixelValueTransformationSequence=macro(RescaleSlope="3", RescaleIntercept="0"))[0],
        ]
    )
    whole = rendering_attributes(ds)
    assert (whole.rescale_slope, whole.rescale_intercept, whole.windows[0].center) == (2, 5, 70)
    first, second = frame_rendering_attributes(ds, 1), frame_rendering_attributes(ds, 2)
    assert (first.rescale_slope, first.windows) == (2, (Window(center=1, width=2),))
    assert (second.rescale_slope, second.windows[0].center) == (3, 70)
    assert frame_rendering_attributes(ds, 3) == whole


def test_unusable_tables_leave_the_window() -> None:
    """A VOI LUT without entries does not hide the window behind it."""
    found = rendering_attributes(
        header(VOILUTSequence=macro(LUTDescriptor=[2, 0, 8]), WindowCenter="1", WindowWidth="2")
    )
    assert found.voi_lut is None
    assert len(found.windows) == 1

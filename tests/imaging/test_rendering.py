"""Rendering: the named ways, per-frame attributes, records and limits (values: test_golden_pictures)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from foundation.errors import ConfigError, RenderError, UnknownNameError
from imaging.decoding import decode_frames
from imaging.limits import Limits
from imaging.pixel_hashes import hash_pixels
from imaging.rendering import (
    RENDERINGS,
    FrameOrigin,
    RenderingAttributes,
    Window,
    frame_rendering_attributes,
    render,
    render_with_record,
    rendering_attributes,
)


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


def linear(center: Any, width: Any) -> dict[str, Any]:
    """Return a window without a function, which is LINEAR."""
    return {"WindowCenter": center, "WindowWidth": width}


M1 = {"PhotometricInterpretation": "MONOCHROME1"}
SIGNED = {"PixelRepresentation": 1}
RAMP = [0, 1, 2, 3]


def colour(values: list[Any], *, photometric: str = "RGB", bits: int = 8, **header: Any) -> Dataset:
    """Return a data set of one row of colour pixels."""
    content = np.array([values], f"u{bits // 8}").tobytes()
    known = {"SamplesPerPixel": 3, "PhotometricInterpretation": photometric, "PlanarConfiguration": 0}
    return _data_set(content, header.pop("Columns", len(values)), bits, known | header)


def picture(ds: Dataset, **options: Any) -> np.ndarray[Any, Any]:
    """Return the picture of a data set's first frame."""
    frame = decode_frames(ds, limits=Limits()).frames[0]
    return render(frame, rendering_attributes(ds), **options)


def test_per_frame_functional_groups_go_first() -> None:
    """A frame's own slope and window count before the shared ones."""
    ds = grey([0, 10, 20])
    ds.PerFrameFunctionalGroupsSequence = [
        _functional_group("1", "10", "20"),
        _functional_group("2", "20", "40"),
    ]
    frame = np.array([[0, 10, 20]], np.uint16)
    assert render(frame, frame_rendering_attributes(ds, 1)).tolist() == [[0, 128, 255]]
    # modality values 0, 20, 40 in the window 0..40
    assert render(frame, frame_rendering_attributes(ds, 2)).tolist() == [[0, 128, 255]]
    assert frame_rendering_attributes(ds, 2).rescale_slope == 2.0


def _functional_group(slope: str, center: str, width: str) -> Dataset:
    item, value, voi = Dataset(), Dataset(), Dataset()
    value.RescaleSlope, value.RescaleIntercept, value.RescaleType = slope, "0", "US"
    voi.WindowCenter, voi.WindowWidth, voi.VOILUTFunction = center, width, "LINEAR_EXACT"
    item.PixelValueTransformationSequence, item.FrameVOILUTSequence = [value], [voi]
    return item


def test_sixteen_bit_output_spans_its_range() -> None:
    """A 16-bit picture is the same chain to 65535: 0.25 * 65535 = 16383.75."""
    ds = grey(RAMP, **linear("2", "3"))
    assert picture(ds, rendering="window@16").tolist() == [[0, 16384, 49151, 65535]]
    assert picture(ds, rendering="dynamic16").tolist() == [[0, 21845, 43690, 65535]]
    assert picture(ds, rendering="medicalcv@16").dtype == np.uint16
    assert picture(colour([[255, 1, 0]]), rendering="window@16").tolist() == [[[65535, 257, 0]]]


def test_full_ignores_the_window_and_percentile_cuts_the_tails() -> None:
    """`full` spans the frame; `percentile` spans its middle 99 per cent."""
    ds = grey(RAMP, **linear("2", "3"))
    assert picture(ds, rendering="full").tolist() == [[0, 85, 170, 255]]
    # 0..200 evenly: percentiles 0.5 and 99.5 are 1 and 199
    values = np.arange(201, dtype=np.uint16)[None]
    cut = render(values, RenderingAttributes(), rendering="percentile")[0]
    assert cut[[0, 1, 100, 199, 200]].tolist() == [0, 0, 128, 255, 255]
    padded = RenderingAttributes(padding_value=0, padding_limit=200)
    assert not render(values, padded, rendering="percentile").any()


def test_medicalcv_is_the_original_formula() -> None:
    """Negatives to 0, by the maximum, times 255, truncated; polarity and window ignored; zeros stay."""
    ds = grey([0xFFFB, 0, 50, 99, 100], **linear("2", "3"), **SIGNED, **M1)
    # 50 / 100 * 255 = 127.5; 99 / 100 * 255 = 252.45
    assert picture(ds, rendering="medicalcv").tolist() == [[0, 0, 127, 252, 255]]
    assert not picture(grey([0, 0]), rendering="medicalcv").any()
    floats = np.array([[-1.0, 0.5, 1.0]])
    assert render(floats, RenderingAttributes(), rendering="medicalcv").tolist() == [[0, 127, 255]]


def test_published_recipes_equalise_the_histogram() -> None:
    """Four levels of equal weight are spread over 0, 85, 170, 255, whichever way up."""
    ds = grey([10, 20, 30, 40])
    inverted = grey([10, 20, 30, 40], **M1)
    for name in ("chexpert", "mimic-cxr-jpg"):
        assert picture(ds, rendering=name).tolist() == [[0, 85, 170, 255]]
        assert picture(inverted, rendering=name).tolist() == [[255, 170, 85, 0]]


def test_a_window_asked_for_takes_the_place_of_the_headers() -> None:
    """A window or preset by the user counts before the header's VOI, in modality values."""
    ds = grey([0, 1, 2, 3, 1064], VOILUTSequence=lut([9]), RescaleIntercept="-1024", RescaleSlope="1")
    given = picture(ds, rendering="window:40,400")
    assert given[0, -1] == 128
    assert np.array_equal(given, picture(ds, rendering="window:soft_tissue"))
    # it is LINEAR, whatever the header's own windows mean
    sigmoid = grey(RAMP, **linear("9", "9"), VOILUTFunction="SIGMOID")
    assert picture(sigmoid, rendering="window:2,3").tolist() == [[0, 64, 191, 255]]
    # polarity and padding stay the header's
    inverted = grey(RAMP, PixelPaddingValue=3, **M1)
    assert picture(inverted, rendering="window:2,3").tolist() == [[255, 191, 64, 0]]


def test_the_record_says_how_a_picture_was_made() -> None:
    """Path, window and why, polarity, range, origin and both hashes are in the record, as JSON values."""
    values = np.array([[0, 3]], np.uint16)
    origin = FrameOrigin(frame_number=2, decoder="native", transfer_syntax_uid="1.2.840.10008.1.2.1")
    made, record = render_with_record(values, rendering_attributes(grey(RAMP, **M1)), origin=origin)
    assert record.plain() == {
        "rendering": "window",
        "frame_number": 2,
        "decoder": "native",
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "bits": 8,
        "modality": "rescale",
        "rescale": [1.0, 0.0],
        "voi": "range",
        "why": "no window in the header",
        "scaled_range": [0.0, 3.0],
        "polarity": "inverted",
        "input_sha256": hash_pixels(values),
        "output_sha256": hash_pixels(made),
    }


@pytest.mark.parametrize(
    ("ds", "rendering", "expected"),
    [
        (
            grey(RAMP, **linear("2", "3"), PixelPaddingValue=3),
            "window",
            {"why": "first window in the header", "window": (2.0, 3.0), "padding": (3.0, 3.0)},
        ),
        (grey(RAMP, **linear("2", "0")), "window", {"voi": "range", "why": "illegal window in the header"}),
        (grey(RAMP, VOILUTSequence=lut([1, 2])), "window", {"voi": "voi_lut", "window": None}),
        (grey(RAMP, ModalityLUTSequence=lut([1, 2])), "window", {"modality": "lut", "rescale": None}),
        (grey(RAMP), "window:lung@16", {"rendering": "window:lung@16", "why": "asked for", "bits": 16}),
        (grey(RAMP), "window:40,400@8", {"rendering": "window:40,400", "window": (40.0, 400.0)}),
        (grey(RAMP, **M1), "chexpert", {"voi": "published", "polarity": "inverted", "modality": "ignored"}),
        (grey(RAMP, **M1), "medicalcv", {"voi": "published", "polarity": "as stored"}),
        (colour([[1, 2, 3]]), "full", {"voi": "colour", "polarity": "as stored", "window": None}),
    ],
)
def test_every_path_is_told(ds: Dataset, rendering: str, expected: dict[str, Any]) -> None:
    """What decided the picture, and only that, is in its record."""
    frame = decode_frames(ds, limits=Limits()).frames[0]
    _, record = render_with_record(frame, rendering_attributes(ds), rendering=rendering)
    assert {name: getattr(record, name) for name in expected} == expected


@pytest.mark.parametrize("name", RENDERINGS)
def test_every_rendering_takes_every_dtype(name: str) -> None:
    """Each registered rendering gives a picture of its bits and the frame's size for all stored dtypes."""
    for dtype in ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"):
        made = render(np.arange(12).reshape(3, 4).astype(dtype), RenderingAttributes(), rendering=name)
        assert made.shape == (3, 4)
        assert made.dtype == (np.uint16 if RENDERINGS[name].bits == 16 else np.uint8)
        assert made.max() > made.min()


def test_unusable_values_are_refused() -> None:
    """A frame without pixels or with other dimensions, and odd bits, are told."""
    with pytest.raises(RenderError, match="height x width"):
        render(np.zeros((0, 2), np.uint8), RenderingAttributes())
    with pytest.raises(RenderError, match="height x width"):
        render(np.zeros((1, 2, 4), np.uint8), RenderingAttributes())
    with pytest.raises(ConfigError, match="8 or 16"):
        render(np.zeros((1, 2), np.uint8), RenderingAttributes(), rendering="window@12")
    with pytest.raises(UnknownNameError, match="window"):
        render(np.zeros((1, 2), np.uint8), RenderingAttributes(), rendering="windw")


@settings(max_examples=40, deadline=None)
@given(
    frame=hnp.arrays(np.int16, (3, 5)),
    slope=st.sampled_from([1.0, -2.0, 0.25]),
    center=st.floats(-500, 500),
    width=st.floats(1, 3000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    photometric=st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
)
def test_the_folded_table_is_the_plain_chain(
    *, frame: Any, slope: float, center: float, width: float, function: Any, photometric: Any
) -> None:
    """Integers by table and the same values as floats by the chain give the same picture."""
    attributes = RenderingAttributes(
        rescale_slope=slope,
        windows=(Window(center=center, width=width),),
        voi_lut_function=function,
        photometric_interpretation=photometric,
        padding_value=3,
    )
    by_table = render(frame, attributes)
    assert np.array_equal(by_table, render(frame.astype(np.float64), attributes))
    assert np.array_equal(
        by_table, render(frame, RenderingAttributes.model_validate_json(attributes.model_dump_json()))
    )


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads /proc, which is Linux")
@pytest.mark.parametrize("rendering", ["window", "percentile", "chexpert", "window@16"])
@pytest.mark.parametrize(
    ("dtype", "shape"), [("f4", (2000, 1500)), ("u4", (2000, 1500)), ("u2", (1200, 900, 3))]
)
def test_a_rendering_takes_at_most_four_times_the_frame(dtype: str, shape: Any, rendering: str) -> None:
    """Floats, 32-bit integers and deep colour too: the arithmetic in doubles is done in strips."""
    values = (np.arange(np.prod(shape)) % 4000).astype(dtype).reshape(shape)
    attributes = RenderingAttributes(
        photometric_interpretation="RGB" if len(shape) == 3 else "MONOCHROME2",
        samples_per_pixel=len(shape) - 2,
    )
    render(values[:9, :9], attributes, rendering=rendering)
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    render(values, attributes, rendering=rendering)
    assert memory("VmHWM") - before <= 3 * values.nbytes + (1 << 20)  # four with the frame itself


def memory(name: str) -> int:
    """Return a figure of this process in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))

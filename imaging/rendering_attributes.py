"""What a rendering needs from the header: small, JSON-able, kept with the row."""

from __future__ import annotations

from typing import Any, Literal

from pydicom.dataset import Dataset

from foundation.contracts import Config
from imaging.cleaning import read_numbers
from imaging.elements import drop_long_values
from imaging.lookup_tables import LookupTable, read_lookup_table
from imaging.quiet import quiet_pydicom
from imaging.windows import VoiLutFunction, Window

_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_FUNCTIONS: tuple[VoiLutFunction, ...] = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_WORD_BITS = 16
_PADDING = (
    ("PixelPaddingValue", "PixelPaddingRangeLimit"),
    ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
)


class RenderingAttributes(Config):
    """The attributes between stored values and a picture, after decoding.

    Args:
        photometric_interpretation: MONOCHROME1, MONOCHROME2 or RGB.
        samples_per_pixel: 1 or 3.
        bits_stored, pixel_representation: of a stored value.
        presentation_lut_shape: kept for the record. It repeats what MONOCHROME1 says (PS3.3 C.8.11.3)
            and so never inverts a second time.
        rescale_slope, rescale_intercept: stored to modality values, unless there is a modality LUT.
        modality_lut, voi_lut: the first usable table of each sequence.
        windows: in the header's order.
        voi_lut_function: what the windows mean.
        padding_value, padding_limit: the range of stored values that are no measurement.

    Example:
        >>> RenderingAttributes(rescale_intercept=-1024).rescale_slope
        1.0
    """

    photometric_interpretation: Literal["MONOCHROME1", "MONOCHROME2", "RGB"] = "MONOCHROME2"
    samples_per_pixel: int = 1
    bits_stored: int = 16
    pixel_representation: int = 0
    presentation_lut_shape: str | None = None
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    modality_lut: LookupTable | None = None
    voi_lut: LookupTable | None = None
    windows: tuple[Window, ...] = ()
    voi_lut_function: VoiLutFunction = "LINEAR"
    padding_value: float | None = None
    padding_limit: float | None = None

    @property
    def is_inverted(self) -> bool:
        """Whether the smallest value is white (PS3.3 C.7.6.3.1.2)."""
        return self.photometric_interpretation == "MONOCHROME1"

    @property
    def padding_range(self) -> tuple[float, float] | None:
        """Lowest and highest stored value that are padding (PS3.3 C.7.5.1.1.2), or None."""
        if self.padding_value is None:
            return None
        other = self.padding_value if self.padding_limit is None else self.padding_limit
        return min(self.padding_value, other), max(self.padding_value, other)


def rendering_attributes(ds: Dataset) -> RenderingAttributes:
    """Return what a rendering of any frame needs; shared functional groups count, per-frame ones do not.

    Args:
        ds: a parsed data set. What is unreadable in it counts as absent.

    Example:
        >>> ds = Dataset()
        >>> ds.WindowCenter, ds.WindowWidth = "40", "400"
        >>> rendering_attributes(ds).windows
        (Window(center=40.0, width=400.0),)
    """
    with quiet_pydicom():
        return _attributes(ds, _functional_groups(ds, None))


def frame_rendering_attributes(ds: Dataset, frame_number: int) -> RenderingAttributes:
    """Return what a rendering of one frame needs, its own functional groups before all else.

    Args:
        ds: a parsed data set.
        frame_number: counted from 1, as DICOM does.
    """
    with quiet_pydicom():
        return _attributes(ds, _functional_groups(ds, frame_number))


def _attributes(ds: Dataset, groups: list[Dataset]) -> RenderingAttributes:
    photometric = str(_value(ds, "PhotometricInterpretation") or "MONOCHROME2").strip().upper()
    is_grey = photometric in ("MONOCHROME1", "MONOCHROME2") and _number(ds, "SamplesPerPixel", 1) == 1
    representation = 1 if _number(ds, "PixelRepresentation", 0) == 1 else 0
    bits_stored = int(_number(ds, "BitsStored", _number(ds, "BitsAllocated", 16)))
    if photometric == "PALETTE COLOR":
        bits_stored = 16  # of the palette's colours; eight-bit ones tell by their dtype
    transformed: dict[str, Any] = {
        "photometric_interpretation": photometric if is_grey else "RGB",
        "samples_per_pixel": 1 if is_grey else 3,
        "bits_stored": bits_stored,
        "pixel_representation": representation,
        "presentation_lut_shape": _shape(ds),
    }
    if not is_grey:
        return RenderingAttributes(**transformed)
    lowest, highest = _stored_range(bits_stored, representation)
    transformed |= _modality(groups, lowest, highest, big_endian=_is_big_endian(ds))
    transformed |= _padding(ds, signed=representation == 1)
    transformed |= _voi(groups, RenderingAttributes(**transformed), big_endian=_is_big_endian(ds))
    return RenderingAttributes(**transformed)


def _functional_groups(ds: Dataset, frame_number: int | None) -> list[Dataset]:
    """Return where to look for transformations, the nearest to the frame first (PS3.3 C.7.6.16)."""
    items: list[Dataset] = []
    if frame_number is not None:
        per_frame = _items(ds, "PerFrameFunctionalGroupsSequence")
        items += per_frame[frame_number - 1 : frame_number]
    items += _items(ds, "SharedFunctionalGroupsSequence")[:1]
    groups = [
        macro
        for item in items
        for keyword in ("PixelValueTransformationSequence", "FrameVOILUTSequence")
        for macro in _items(item, keyword)[:1]
    ]
    return [*groups, ds]


def _modality(groups: list[Dataset], lowest: float, highest: float, *, big_endian: bool) -> dict[str, Any]:
    for group in groups:
        for item in _items(group, "ModalityLUTSequence")[:1]:
            table = _table(item, lowest, highest, big_endian=big_endian)
            if table is not None:
                return {"modality_lut": table}
        slope, intercept = _number(group, "RescaleSlope", None), _number(group, "RescaleIntercept", None)
        if slope is not None or intercept is not None:
            # A slope of 0 would make every value one; it stands for a slope that was never set.
            return {"rescale_slope": slope or 1.0, "rescale_intercept": intercept or 0.0}
    return {}


def _voi(groups: list[Dataset], attributes: RenderingAttributes, *, big_endian: bool) -> dict[str, Any]:
    lowest, highest = _modality_range(attributes)
    for group in groups:
        found: dict[str, Any] = {}
        for item in _items(group, "VOILUTSequence")[:1]:
            table = _table(item, lowest, highest, big_endian=big_endian)
            if table is not None:
                found["voi_lut"] = table
        pairs = zip(_numbers(group, "WindowCenter"), _numbers(group, "WindowWidth"), strict=False)
        windows = tuple(Window(center=center, width=width) for center, width in pairs)
        function = str(_value(group, "VOILUTFunction") or "LINEAR").strip().upper()
        if windows:
            found["windows"] = windows
            found["voi_lut_function"] = function if function in _FUNCTIONS else "LINEAR"
        if found:
            return found
    return {}


def _padding(ds: Dataset, *, signed: bool) -> dict[str, Any]:
    is_wide = _number(ds, "BitsAllocated", 16) > _WORD_BITS
    for value_keyword, limit_keyword in _PADDING if is_wide else _PADDING[:1]:
        value, limit = _number(ds, value_keyword, None), _number(ds, limit_keyword, None)
        if value is None:
            continue
        if value_keyword == "PixelPaddingValue":
            value, limit = _with_sign(value, signed=signed), _with_sign(limit, signed=signed)
        if not is_wide and not _fits_a_word(value):
            return {}  # no pixel can have it: it is a number of another kind
        return {"padding_value": value, "padding_limit": limit if is_wide or _fits_a_word(limit) else None}
    return {}


def _fits_a_word(value: float | None) -> bool:
    return value is not None and -(1 << _WORD_BITS - 1) <= value < 1 << _WORD_BITS


def _with_sign(value: float | None, *, signed: bool) -> float | None:
    """Return a 16-bit value read as the pixels are, whatever VR the file gave it."""
    if value is None or not _fits_a_word(value):
        return value
    if signed:
        return value - (1 << 16) if value >= 1 << 15 else value
    return value + (1 << 16) if value < 0 else value


def _stored_range(bits_stored: int, representation: int) -> tuple[float, float]:
    if representation == 1:
        return -float(1 << bits_stored - 1), float((1 << bits_stored - 1) - 1)
    return 0.0, float((1 << bits_stored) - 1)


def _modality_range(attributes: RenderingAttributes) -> tuple[float, float]:
    if attributes.modality_lut is not None:
        values = attributes.modality_lut.values()
        return float(values.min()), float(values.max())
    ends = _stored_range(attributes.bits_stored, attributes.pixel_representation)
    low, high = (end * attributes.rescale_slope + attributes.rescale_intercept for end in ends)
    return min(low, high), max(low, high)


def _table(item: Dataset, lowest: float, highest: float, *, big_endian: bool) -> LookupTable | None:
    try:
        return read_lookup_table(item, lowest_input=lowest, highest_input=highest, big_endian=big_endian)
    except (TypeError, ValueError, KeyError, AttributeError):
        return None  # an unreadable table counts as absent; the render record says what was used


def _shape(ds: Dataset) -> str | None:
    text = str(_value(ds, "PresentationLUTShape") or "").strip().upper()
    return text if text in ("IDENTITY", "INVERSE") else None


def _is_big_endian(ds: Dataset) -> bool:
    return str(getattr(getattr(ds, "file_meta", None), "TransferSyntaxUID", "")) == _BIG_ENDIAN


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    value = _value(ds, keyword)
    if value is None or isinstance(value, str | bytes):
        return []
    items = [item for item in value if isinstance(item, Dataset)]
    for item in items:
        drop_long_values(item)
    return items


def _numbers(ds: Dataset, keyword: str) -> list[float]:
    """Return an attribute's finite numbers, however they are written; an unreadable one ends the list."""
    numbers: list[float] = []
    for number in read_numbers(ds, keyword):
        if number is None:
            break
        numbers.append(number)
    return numbers


def _number(ds: Dataset, keyword: str, default: Any) -> Any:
    numbers = _numbers(ds, keyword)
    return numbers[0] if numbers else default


def _value(ds: Dataset, keyword: str) -> Any:
    try:
        return ds.get(keyword)
    except Exception:  # noqa: BLE001 - pydicom raises whatever a broken value makes it raise
        return None

"""Values come out typed, whatever way they went in."""

from __future__ import annotations

import datetime as dt
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from imaging.cleaning import (
    parse_date,
    parse_number,
    read_date,
    read_integer,
    read_items,
    read_number,
    read_numbers,
    read_text,
    read_texts,
)

# What MedicalCV unmasked from bytes (its int and str lists, sequences left out).
ORIGINAL_INTEGERS = [
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
]
ORIGINAL_NUMBER_STRINGS = [
    "RescaleIntercept",
    "RescaleSlope",
    "ImagerPixelSpacing",
    "PixelSpacing",
    "SeriesNumber",
    "AcquisitionNumber",
    "InstanceNumber",
    "WindowCenter",
    "WindowWidth",
]
ORIGINAL_DATES = ["StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "PatientBirthDate"]
ORIGINAL_TEXTS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyTime",
    "SeriesTime",
    "AcquisitionTime",
    "ContentTime",
    "AccessionNumber",
    "Modality",
    "Manufacturer",
    "InstitutionName",
    "StationName",
    "DerivationDescription",
    "PatientName",
    "PatientID",
    "PatientBirthTime",
    "PatientSex",
    "BodyPartExamined",
    "PlateID",
    "AcquisitionDeviceProcessingDescription",
    "AcquisitionDeviceProcessingCode",
    "PositionerType",
    "PhotometricInterpretation",
    "RescaleType",
    "LossyImageCompression",
    "RequestingPhysician",
    "RequestingService",
    "PerformedProcedureStepID",
    "PerformedProcedureStepDescription",
    "ImageDisplayFormat",
    "AnnotationDisplayFormatID",
    "FilmOrientation",
    "BorderDensity",
    "Trim",
]


def _raw(keyword: str, value: bytes, *, vr: str | None = "UN", little: bool = True) -> Dataset:
    tag = tag_for_keyword(keyword)
    assert tag is not None
    element = RawDataElement(BaseTag(tag), vr, len(value), value, 0, False, little)
    return Dataset({BaseTag(tag): element})


@pytest.mark.parametrize("keyword", ORIGINAL_INTEGERS)
def test_integers_masked_to_bytes_are_recovered(keyword: str) -> None:
    """The original read them as little-endian."""
    assert read_integer(_raw(keyword, struct.pack("<H", 513)), keyword) == 513


@pytest.mark.parametrize("keyword", ORIGINAL_NUMBER_STRINGS)
def test_number_strings_masked_to_bytes_are_recovered(keyword: str) -> None:
    """The original lost every image that had a valid slope."""
    assert read_number(_raw(keyword, b"12 "), keyword) == 12.0


@pytest.mark.parametrize("keyword", ORIGINAL_DATES)
def test_dates_masked_to_bytes_are_recovered(keyword: str) -> None:
    """Eight digits are a date whatever the file calls them."""
    assert read_date(_raw(keyword, b"20200131"), keyword) == dt.date(2020, 1, 31)


@pytest.mark.parametrize("keyword", ORIGINAL_TEXTS)
def test_texts_masked_to_bytes_are_recovered(keyword: str) -> None:
    """Trailing blanks and NULs are padding."""
    assert read_text(_raw(keyword, b"CHEST \x00"), keyword) == "CHEST"


def test_the_lists_of_the_original_are_covered() -> None:
    """11 and 45 attributes, two of the 11 being sequences; RescaleSlope and -Intercept are in the 11."""
    assert len(ORIGINAL_INTEGERS) + len(ORIGINAL_NUMBER_STRINGS[:2]) + 2 == 11
    assert len(ORIGINAL_TEXTS) + len(ORIGINAL_DATES) + len(ORIGINAL_NUMBER_STRINGS[2:]) == 45


@pytest.mark.parametrize("keyword", ["ReferencedStudySequence", "RequestAttributesSequence"])
def test_a_sequence_masked_to_bytes_is_a_sequence(keyword: str) -> None:
    """It is not an integer, as the original took it for."""
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 16) + struct.pack("<HHL", 8, 0x1155, 8) + b"1.2.3.4\x00"
    items = read_items(_raw(keyword, item), keyword)
    assert [read_text(each, "ReferencedSOPInstanceUID") for each in items] == ["1.2.3.4"]


def test_a_broken_sequence_has_no_items() -> None:
    """The rest of the header stands."""
    assert read_items(_raw("ReferencedStudySequence", b"\x01\x02\x03"), "ReferencedStudySequence") == ()


@pytest.mark.parametrize(
    ("value", "number"),
    [(b"1A", None), (b" 7\x00", 7.0), (b"", None), (b"nan", None), (b"1e400", None), (b"-1.5E2", -150.0)],
)
def test_a_wrong_decimal_string_is_none(value: bytes, number: float | None) -> None:
    """It must not cost the file."""
    assert read_number(_raw("RescaleSlope", value, vr="DS"), "RescaleSlope") == number


def test_the_files_own_vr_and_byte_order_count() -> None:
    """Big-endian files, and writers who put another VR than the dictionary's."""
    assert read_integer(_raw("Rows", b"\x02\x01", vr="US", little=False), "Rows") == 513
    assert read_integer(_raw("Rows", b"\x01\x02\x00\x00", vr="UL"), "Rows") == 513
    assert read_integer(_raw("Rows", b"512 0", vr="LO"), "Rows") is None
    assert read_integer(_raw("Rows", b"512", vr="IS"), "Rows") == 512


def test_values_of_a_data_set_made_in_memory_are_read_too() -> None:
    """Phantoms and tests set attributes instead of parsing them."""
    ds = Dataset()
    ds.Rows, ds.PixelSpacing, ds.ImageType, ds.SeriesNumber = 4, ["1", "2"], ["A", "B "], "3"
    assert (read_integer(ds, "Rows"), read_numbers(ds, "PixelSpacing")) == (4, (1.0, 2.0))
    assert (read_texts(ds, "ImageType"), read_integer(ds, "SeriesNumber")) == (("A", "B"), 3)


@pytest.mark.parametrize(
    ("charset", "written"),
    [
        (b"ISO_IR 100", "Müller".encode("latin-1")),
        (b"ISO_IR 192", "Müller".encode()),
        (b"", "Müller".encode("latin-1")),
        (b"", "Müller".encode()),
        (b"ISO_IR 100", "Müller".encode()),
    ],
)
def test_one_text_in_two_character_sets_is_one_text(charset: bytes, written: bytes) -> None:
    """A patient's id must not depend on the encoding that a server chose."""
    ds = _raw("PatientID", written, vr="LO")
    ds[BaseTag(0x00080005)] = _raw("SpecificCharacterSet", charset, vr="CS")[0x00080005]
    assert read_text(ds, "PatientID") == "Müller"


def test_an_unknown_character_set_costs_no_file() -> None:
    """Every byte has a letter in Latin-1."""
    ds = _raw("PatientID", b"M\xfcller", vr="LO")
    ds[BaseTag(0x00080005)] = _raw("SpecificCharacterSet", b"KLINGON", vr="CS")[0x00080005]
    assert read_text(ds, "PatientID") is not None


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("20240229", dt.date(2024, 2, 29)),
        ("20240229103000.123", dt.date(2024, 2, 29)),
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("20230229", None),
        ("00000000", None),
        ("29.02.2024", None),
        ("2024.0229", None),
        ("", None),
        (None, None),
    ],
)
def test_only_days_on_the_calendar_are_dates(text: str | None, date: dt.date | None) -> None:
    """ACR-NEMA's dotted form is still met."""
    assert parse_date(text) == date


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_is_the_number_read(number: float) -> None:
    """Python's shortest form is a decimal string."""
    assert parse_number(repr(number)) == number


@given(
    st.binary(max_size=40), st.sampled_from([*ORIGINAL_INTEGERS, "PixelSpacing", "PatientID", "StudyDate"])
)
def test_no_bytes_make_cleaning_fail(value: bytes, keyword: str) -> None:
    """Any file may hold anything."""
    ds = _raw(keyword, value)
    read_text(ds, keyword)
    read_numbers(ds, keyword)
    read_date(ds, keyword)


def test_a_keyword_that_is_none_is_a_bug() -> None:
    """A typing error in a table must not read as an absent attribute."""
    with pytest.raises(ValueError, match="no attribute"):
        read_text(Dataset(), "NoSuchKeyword")

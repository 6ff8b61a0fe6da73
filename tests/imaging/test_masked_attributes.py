"""The attributes that MedicalCV unmasked (its lists of 11 and 45): each of them, masked, changes no row."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from imaging.pictures import ReadInstance, read_picture_or_instance
from imaging.settings import ReadSettings

SETTINGS = ReadSettings(key=bytes(range(32)))
LITTLE, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
_LONG = {"OB", "OW", "SQ", "UN", "UT"}

# attr_int_list, with values that hold for this picture.
INTEGERS: dict[str, Any] = {
    "Rows": 4,
    "Columns": 6,
    "SamplesPerPixel": 1,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "ReferencedStudySequence": "1.2.3.77",
    "PixelRepresentation": 0,
    "RequestAttributesSequence": "REQ77",
    "RescaleIntercept": "-1024",
    "RescaleSlope": "2.5",
}

# attr_str_list.
STRINGS: dict[str, str] = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1",
    "SOPInstanceUID": "1.2.3.4.5.6.7.8.9",
    "StudyDate": "20190704",
    "SeriesDate": "20190705",
    "AcquisitionDate": "20190706",
    "ContentDate": "20190707",
    "StudyTime": "101112",
    "SeriesTime": "101113",
    "AcquisitionTime": "101114",
    "ContentTime": "101115",
    "AccessionNumber": "ACC-77",
    "Modality": "CR",
    "Manufacturer": "Agfa",
    "InstitutionName": "Zxinstitution",
    "StationName": "Zxstation",
    "DerivationDescription": "Zxderivation",
    "PatientName": "Zxname^Zxgiven",
    "PatientID": "PID-77",
    "PatientBirthDate": "19600705",
    "PatientBirthTime": "031415",
    "PatientSex": "F",
    "BodyPartExamined": "C SPINE",
    "PlateID": "Zxplate",
    "ImagerPixelSpacing": "0.25\\0.25",
    "AcquisitionDeviceProcessingDescription": "CERVICAL LAT Zxtext",
    "PixelSpacing": "0.2\\0.2",
    "AcquisitionDeviceProcessingCode": "Zxcode",
    "PositionerType": "COLUMN",
    "PhotometricInterpretation": "MONOCHROME2",
    "SeriesNumber": "3",
    "AcquisitionNumber": "4",
    "InstanceNumber": "5",
    "WindowCenter": "2000",
    "WindowWidth": "1000",
    "RescaleType": "US",
    "LossyImageCompression": "00",
    "RequestingPhysician": "Zxdoctor",
    "RequestingService": "Zxservice",
    "PerformedProcedureStepID": "Zxstep",
    "PerformedProcedureStepDescription": "Zxdescription",
    "ImageDisplayFormat": "STANDARD\\1,1",
    "AnnotationDisplayFormatID": "Zxannotation",
    "FilmOrientation": "PORTRAIT",
    "BorderDensity": "BLACK",
    "Trim": "NO",
}
SEQUENCE_CHILD = {
    "ReferencedStudySequence": "ReferencedSOPInstanceUID",
    "RequestAttributesSequence": "RequestedProcedureID",
}
ATTRIBUTES = INTEGERS | STRINGS
PICTURE = [100 * value for value in range(24)]

MASKS = (
    "UN",
    "UN with NULs behind",
    "UN of odd length",
    "UN with a blank behind",
    "OB",
    "no VR",
    "unknown VR",
)


def _value(keyword: str, value: Any, order: str) -> bytes:
    if keyword in SEQUENCE_CHILD:
        return _item(SEQUENCE_CHILD[keyword], value)
    if isinstance(value, int):
        return struct.pack(f"{order}H", value)
    encoded = str(value).encode()
    filler = b"\x00" if dictionary_VR(keyword) == "UI" else b" "
    return encoded + filler * (len(encoded) % 2)


def _item(keyword: str, text: str) -> bytes:
    """Return one item in implicit little endian: so are sequences under UN (PS3.5 6.2.2)."""
    content = text.encode() + b"\x00" * (len(text) % 2)
    tag = tag_for_keyword(keyword) or 0
    element = struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(content)) + content
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(element)) + element


def _element(tag: int, vr: bytes, value: bytes, order: str) -> bytes:
    head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF) + vr
    if not vr:
        return head + struct.pack(f"{order}L", len(value)) + value
    if vr.decode("latin-1") in _LONG:
        return head + b"\x00\x00" + struct.pack(f"{order}L", len(value)) + value
    return head + struct.pack(f"{order}H", len(value)) + value


def _masked(mask: str, value: bytes) -> tuple[bytes, bytes]:
    """Return VR and value as a masked element has them."""
    return {
        "UN": (b"UN", value),
        "UN with NULs behind": (b"UN", value + b"\x00\x00"),
        "UN of odd length": (b"UN", value + b"\x00"),
        "UN with a blank behind": (b"UN", value + b"  "),
        "OB": (b"OB", value),
        "no VR": (b"", value),
        "unknown VR": (b"ZZ", value),
    }[mask]


def make_file(masked: str = "", mask: str = "", *, syntax: str = LITTLE) -> bytes:
    """Return a whole DICOM file in which one attribute is masked."""
    order = "<" if syntax == LITTLE else ">"
    first = tag_for_keyword("SpecificCharacterSet") or 0
    elements = {first: _element(first, b"CS", b"ISO_IR 100", order)}
    for keyword, value in ATTRIBUTES.items():
        tag = tag_for_keyword(keyword) or 0
        vr, content = dictionary_VR(keyword).encode(), _value(keyword, value, order)
        if keyword == masked:
            vr, content = _masked(mask, content)
        elif vr == b"SQ":
            # An item that others can read: explicit, of the file's own order.
            child = tag_for_keyword(SEQUENCE_CHILD[keyword]) or 0
            text = str(value).encode() + b"\x00" * (len(str(value)) % 2)
            inner = _element(child, dictionary_VR(SEQUENCE_CHILD[keyword]).encode(), text, order)
            content = struct.pack(f"{order}HHL", 0xFFFE, 0xE000, len(inner)) + inner
        elements[tag] = _element(tag, vr, content, order)
    pixels = b"".join(struct.pack(f"{order}H", value) for value in PICTURE)
    elements[0x7FE00010] = _element(0x7FE00010, b"OW", pixels, order)
    meta = _element(0x00020010, b"UI", syntax.encode() + b"\x00" * (len(syntax) % 2), "<")
    group = _element(0x00020000, b"UL", struct.pack("<L", len(meta)), "<")
    return bytes(128) + b"DICM" + group + meta + b"".join(elements[tag] for tag in sorted(elements))


def read(content: bytes) -> tuple[dict[str, Any], ReadInstance]:
    """Return the row of a file, without what only its encoding decides, and all that was read."""
    instance = read_picture_or_instance(content, settings=SETTINGS)
    row = instance.header.to_json()
    del row["transfer_syntax_uid"], row["decoder"]
    return row, instance


CLEAN_ROW, CLEAN = read(make_file())


def test_the_lists_are_those_of_the_original() -> None:
    """11 and 45 attributes."""
    assert (len(INTEGERS), len(STRINGS)) == (11, 45)


def test_the_clean_file_gives_what_stands_in_it() -> None:
    """What the others are held against."""
    assert (CLEAN_ROW["height"], CLEAN_ROW["width"], CLEAN_ROW["bits_stored"]) == (4, 6, 12)
    assert (CLEAN_ROW["body_part"], CLEAN_ROW["modality"], CLEAN_ROW["patient_sex"]) == ("CSPINE", "CR", "F")
    assert CLEAN_ROW["patient_age_years"] == 58.0
    assert CLEAN_ROW["rendering"]["rescale_slope"] == 2.5


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("keyword", ATTRIBUTES)
def test_a_masked_attribute_gives_the_row_of_the_clean_file(keyword: str, mask: str) -> None:
    """Under UN, OB or no known VR, with whatever padding: the same row and the same pixels."""
    row, instance = read(make_file(keyword, mask))
    assert {name: row[name] for name in row if row[name] != CLEAN_ROW[name]} == {}
    assert instance.stored_values_sha256 == CLEAN.stored_values_sha256
    assert instance.attributes_sha256 == CLEAN.attributes_sha256


@pytest.mark.parametrize("keyword", ATTRIBUTES)
def test_in_a_big_endian_file_the_bytes_are_turned(keyword: str) -> None:
    """PS3.5 6.2.2: the value of UN has the file's byte order when its length is told."""
    row, _ = read(make_file(keyword, "UN", syntax=BIG))
    assert {name: row[name] for name in row if row[name] != CLEAN_ROW[name]} == {}


@pytest.mark.parametrize("mask", ["", "UN"])
def test_what_is_never_kept_is_in_no_row(mask: str) -> None:
    """Names, plates, stations and free texts, however they are encoded."""
    for keyword in [name for name, value in STRINGS.items() if "Zx" in value]:
        row, _ = read(make_file(keyword, mask) if mask else make_file())
        told = json.dumps(row)
        assert "zx" not in told.lower()
        for value in ("PID-77", "ACC-77", "1.2.3.4.5.6.7.8.9", "19600705", "101112", "1.2.3.77", "REQ77"):
            assert value not in told

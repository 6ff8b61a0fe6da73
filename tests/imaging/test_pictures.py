"""The door of the room: whole files in, what is kept of them out, and nothing else."""

from __future__ import annotations

import io
import itertools
import json
import pickle
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from foundation.errors import ImagingError, NotAnImageError, RejectedFileError
from imaging.limits import Limits
from imaging.pictures import (
    ReadInstance,
    read_header_only,
    read_picture_or_instance,
)
from imaging.pixel_hashes import hash_pixels
from imaging.png import encode_png
from imaging.settings import ReadSettings
from imaging.stored_values import decode_stored_values

SETTINGS = ReadSettings(key=bytes(range(32)))
BUNDLED = sorted(path for path in (Path(pydicom.__file__).parent / "data").rglob("*") if path.is_file())
VALUES = (np.arange(64 * 48, dtype=np.uint16) * 7 % 4096).reshape(64, 48)


def _dataset(values: np.ndarray = VALUES) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.4", "1.2.5"
    ds.PatientID, ds.Modality, ds.BodyPartExamined, ds.StudyDate = "P1", "CR", "CHEST", "20200131"
    ds.Rows, ds.Columns = values.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME1", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = values.astype("<u2").tobytes()
    return ds


def _bytes(ds: Dataset) -> bytes:
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _decoded(instance: ReadInstance, index: int = 0) -> np.ndarray:
    encoded = instance.frames[index].encoded
    return decode_stored_values(
        encoded.content, encoding=encoded.encoding, dtype=encoded.dtype, offset=encoded.offset
    )


def test_stored_values_come_back_exact() -> None:
    """From the file through the encoding to an array."""
    instance = read_picture_or_instance(_bytes(_dataset()), settings=SETTINGS)
    assert np.array_equal(_decoded(instance), VALUES)
    header = instance.header
    assert (header.kind, header.height, header.width, header.number_of_frames) == ("dicom", 64, 48, 1)
    assert (header.bits_stored, header.photometric_interpretation) == (12, "MONOCHROME1")
    assert header.rendering["photometric_interpretation"] == "MONOCHROME1"
    assert instance.frames[0].stored_values_sha256 == hash_pixels(_decoded(instance))


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_the_same_picture_in_another_syntax_is_the_same(syntax: str) -> None:
    """So that a resend is known for what it is."""
    plain = read_picture_or_instance(_bytes(_dataset()), settings=SETTINGS)
    ds = _dataset()
    ds.compress(syntax, generate_instance_uid=False)
    sent_again = read_picture_or_instance(_bytes(ds), settings=SETTINGS)
    assert sent_again.header.transfer_syntax_uid == syntax
    assert sent_again.stored_values_sha256 == plain.stored_values_sha256
    assert sent_again.attributes_sha256 == plain.attributes_sha256


def test_other_pixels_or_attributes_are_told_apart() -> None:
    """The two fingerprints are independent."""
    plain = read_picture_or_instance(_bytes(_dataset()), settings=SETTINGS)
    darker = read_picture_or_instance(_bytes(_dataset(VALUES // 2)), settings=SETTINGS)
    ds = _dataset()
    ds.BodyPartExamined = "HAND"
    corrected = read_picture_or_instance(_bytes(ds), settings=SETTINGS)
    assert darker.stored_values_sha256 != plain.stored_values_sha256
    assert darker.attributes_sha256 == plain.attributes_sha256
    assert corrected.stored_values_sha256 == plain.stored_values_sha256
    assert corrected.attributes_sha256 != plain.attributes_sha256


def test_every_frame_is_read_and_numbered_from_one() -> None:
    """PS3.3 C.7.6.6."""
    ds = _dataset()
    ds.NumberOfFrames = 2
    ds.PixelData += (VALUES + 1).astype("<u2").tobytes()
    instance = read_picture_or_instance(_bytes(ds), settings=SETTINGS)
    assert [frame.frame_number for frame in instance.frames] == [1, 2]
    assert np.array_equal(_decoded(instance, 1), (VALUES + 1) & 0xFFF)
    assert [frame.rendering for frame in instance.frames] == [None, None]


def test_a_frame_that_renders_otherwise_says_how() -> None:
    """A PET slope may differ by frame (PS3.3 C.7.6.16.2.9)."""
    ds = _dataset()
    ds.NumberOfFrames = 2
    ds.PixelData += ds.PixelData
    groups = []
    for slope in ("1", "3"):
        values, group = Dataset(), Dataset()
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = slope, "0", "US"
        group.PixelValueTransformationSequence = [values]
        groups.append(group)
    ds.PerFrameFunctionalGroupsSequence = groups
    first, second = read_picture_or_instance(_bytes(ds), settings=SETTINGS).frames
    assert first.rendering is None
    assert second.rendering is not None
    assert second.rendering["rescale_slope"] == 3


def test_a_file_without_a_uid_is_known_by_its_content() -> None:
    """Read twice it is one image."""
    ds = _dataset()
    del ds.SOPInstanceUID
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=False)
    uids = {
        read_picture_or_instance(stream.getvalue(), settings=SETTINGS).header.sop_instance_uid
        for _ in range(2)
    }
    assert len(uids) == 1


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_a_plain_picture_has_pixels_and_little_else(shape: tuple[int, ...]) -> None:
    """Nothing is known of whom it shows."""
    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    instance = read_picture_or_instance(encode_png(values), settings=SETTINGS)
    header = instance.header
    assert np.array_equal(_decoded(instance), values)
    assert (header.kind, header.height, header.width) == ("picture", 5, 7)
    assert header.samples_per_pixel == (3 if len(shape) == 3 else 1)
    assert (header.patient_key, header.study_instance_uid, header.body_part) == (None, None, None)
    assert header.burned_in_risk == "unknown"


@pytest.mark.parametrize(
    ("content", "reason_code"),
    [
        (b"", "empty_file"),
        (b"<html>404</html>", "not_dicom_nor_picture"),
        (b"name;age\n", "not_dicom_nor_picture"),
    ],
)
def test_what_is_neither_is_rejected(content: bytes, reason_code: str) -> None:
    """A download page named .dcm, a table."""
    with pytest.raises(RejectedFileError) as caught:
        read_picture_or_instance(content, settings=SETTINGS)
    assert caught.value.reason_code == reason_code


def test_a_structured_report_is_named() -> None:
    """It is sound, and no image."""
    ds = _dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    del ds.PixelData
    with pytest.raises(NotAnImageError) as caught:
        read_picture_or_instance(_bytes(ds), settings=SETTINGS)
    assert caught.value.reason_code == "structured_report"


def test_a_memory_bomb_is_refused_before_memory_is_taken() -> None:
    """65535 x 65535 with a few bytes."""
    ds = _dataset()
    ds.Rows = ds.Columns = 65535
    with pytest.raises(ImagingError):
        read_picture_or_instance(_bytes(ds), settings=SETTINGS)


def test_a_file_beyond_the_limit_is_refused() -> None:
    """The limit comes with the settings."""
    settings = ReadSettings(key=bytes(32), limits=Limits(file_bytes=10))
    with pytest.raises(RejectedFileError) as caught:
        read_picture_or_instance(_bytes(_dataset()), settings=settings)
    assert caught.value.reason_code == "file_too_large"


def test_the_header_alone_is_the_same_but_for_decoding() -> None:
    """What `show` prints is what `ingest` keeps."""
    content = _bytes(_dataset())
    header = read_header_only(content, settings=SETTINGS)
    assert header.decoder == ""
    whole = read_picture_or_instance(content, settings=SETTINGS).header
    assert (header.sop_instance_uid, header.attributes) == (whole.sop_instance_uid, whole.attributes)


def test_an_instance_travels_between_processes() -> None:
    """It is what a worker sends back."""
    instance = read_picture_or_instance(_bytes(_dataset()), settings=SETTINGS)
    assert pickle.loads(pickle.dumps(instance)) == instance


# One planted text for each way into a file; none may be found again.
_NEEDLES = (f"Zq{number:03d}Xw" for number in itertools.count())
_TEXT_KEYWORDS = (
    "PatientName OtherPatientIDs PatientComments PatientAddress InstitutionName StationName Manufacturer "
    "ManufacturerModelName StudyDescription SeriesDescription ProtocolName ReferringPhysicianName "
    "OperatorsName DeviceSerialNumber ImageComments AdditionalPatientHistory PatientID AccessionNumber "
    "StudyID DerivationDescription ContrastBolusAgent BodyPartExamined ViewPosition PatientSex Modality "
    "ImageType Laterality PatientOrientation ScanningSequence BurnedInAnnotation PatientAge"
)
_UIDS = (
    "SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID DeviceUID "
    "SynchronizationFrameOfReferenceUID"
)
_NUMBERS = "SeriesNumber InstanceNumber AcquisitionNumber KVP ExposureTime SliceThickness RescaleType"


def _plant_everywhere(ds: Dataset) -> list[str]:
    """Fill a data set with values that must not come out, and return them."""
    planted: list[str] = []
    for keyword in _TEXT_KEYWORDS.split():
        planted.append(next(_NEEDLES))
        setattr(ds, keyword, planted[-1])
    for number, keyword in enumerate(_UIDS.split()):
        planted.append(f"1.2.826.0.1.99887766.{number}")
        setattr(ds, keyword, planted[-1])
    for keyword in _NUMBERS.split():
        planted.append("4917012345")
        setattr(ds, keyword, planted[-1])
    ds.PatientBirthDate, ds.PatientBirthTime, ds.StudyDate, ds.StudyTime = (
        "19570312",
        "031700",
        "20190704",
        "071502",
    )
    planted += ["19570312", "1957-03-12", "20190704", "2019-07-04", "071502"]
    inner = Dataset()
    for keyword in ("PatientName", "CodeMeaning", "CodeValue", "CodingSchemeDesignator"):
        planted.append(next(_NEEDLES))
        setattr(inner, keyword, planted[-1])
    for keyword in ("RequestAttributesSequence", "AnatomicRegionSequence", "ViewCodeSequence"):
        outer = Dataset()
        outer.AnatomicRegionSequence = [inner]
        outer.OriginalAttributesSequence = [inner]
        setattr(ds, keyword, [inner, outer])
    block = ds.private_block(0x0011, next(_NEEDLES), create=True)
    planted += [block.private_creator, next(_NEEDLES), next(_NEEDLES)]
    block.add_new(0x01, "LO", planted[-1])
    ds.add_new(0x00104000, "UN", planted[-2].encode())
    ds.add_new(0x60004000, "LT", next(_NEEDLES))
    planted.append(ds[0x60004000].value)
    planted += [next(_NEEDLES), next(_NEEDLES)]
    ds.file_meta.SourceApplicationEntityTitle = planted[-1]
    ds.preamble = planted[-2].encode().ljust(128, b"\x00")
    return planted


@pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length", "ignore:A value of type")
@pytest.mark.parametrize("profile", ["strict", "research"])
def test_nothing_planted_in_a_file_comes_out_of_it(profile: str) -> None:
    """Names, ids, dates, UIDs and numbers in nested sequences, private tags, UN, preamble and meta header."""
    ds = _dataset()
    planted = _plant_everywhere(ds)
    settings = ReadSettings(key=bytes(range(32)), profile=profile)  # type: ignore[arg-type]
    instance = read_picture_or_instance(_bytes(ds), settings=settings)
    frames = [(frame.rendering, frame.encoded.content) for frame in instance.frames]
    told = repr(instance.header) + json.dumps(instance.header.to_json()) + repr(frames)
    assert [value for value in planted if value.upper() in told.upper()] == []


def test_numbers_beyond_all_bounds_are_a_reason() -> None:
    """Bits Stored of 60000 beside float pixels: found by mutating pydicom's files."""
    ds = _dataset()
    del ds.PixelData
    ds.FloatPixelData, ds.BitsStored = VALUES.astype("<f4").tobytes(), 60_000
    with pytest.raises(ImagingError) as caught:
        read_picture_or_instance(_bytes(ds), settings=SETTINGS)
    assert caught.value.reason_code == "bad_pixel_description"


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_no_refusal_quotes_the_file() -> None:
    """A reason is kept in rows and shown in reports."""
    ds = _dataset()
    ds.PatientName, ds.PhotometricInterpretation, ds.BitsAllocated = "Zq^Secret", "ZQSECRET", 77
    with pytest.raises(ImagingError) as caught:
        read_picture_or_instance(_bytes(ds), settings=SETTINGS)
    assert "SECRET" not in str(caught.value).upper()


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.name)
def test_each_of_pydicoms_own_files_is_read_or_refused_with_a_reason(path: Path) -> None:
    """The original accepted none of them."""
    try:
        instance = read_picture_or_instance(path.read_bytes(), settings=SETTINGS)
    except ImagingError as error:
        refusal = (error.reason_code.isidentifier(), str(path.parent) not in error.detail)
        assert refusal == (True, True)
        return
    assert instance.frames
    json.dumps(instance.header.to_json(), allow_nan=False)

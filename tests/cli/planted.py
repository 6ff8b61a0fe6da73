"""Files with a value of its own at every place where one can hide; loaded by test_privacy_probe.py."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

CLASSES = {"CT": "2", "MR": "4", "CR": "1", "US": "6.1", "DX": "1.1", "SC": "7"}
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless)
CHARACTER_SETS = {
    "ISO_IR 192": "Ærlig^Å",
    "ISO_IR 100": "Müller^Jörg",
    "ISO_IR 144": "Жуков^Яна",
    "ISO_IR 126": "Διονυσιος",
    "GB18030": "王^小东",
    "\\ISO 2022 IR 149": "김희중",
}
LONG_TEXTS = (
    "PatientName OtherPatientNames PatientBirthName PatientMotherBirthName ReferringPhysicianName "
    "PerformingPhysicianName OperatorsName RequestingPhysician NameOfPhysiciansReadingStudy PatientAddress "
    "PatientTelephoneNumbers PatientComments AdditionalPatientHistory EthnicGroup Occupation MilitaryRank "
    "PatientReligiousPreference CountryOfResidence InstitutionName InstitutionAddress "
    "InstitutionalDepartmentName StationName DeviceSerialNumber StudyDescription SeriesDescription "
    "ProtocolName RequestedProcedureDescription PerformedProcedureStepDescription ImageComments "
    "DerivationDescription AcquisitionComments ContrastBolusAgent StudyID AdmissionID OtherPatientIDs "
    "PatientID IssuerOfPatientID AccessionNumber DetectorID GantryID SoftwareVersions TextComments "
    "AcquisitionDeviceProcessingDescription IdentifyingComments InterpretationText ReasonForStudy "
    "SpecialNeeds ServiceEpisodeID"
)
UIDS = "SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID DeviceUID IrradiationEventUID"
NUMBERS = (
    "SeriesNumber AcquisitionNumber KVP ExposureTime XRayTubeCurrent PatientSize PatientWeight TableHeight"
)
SEQUENCES = (
    "OriginalAttributesSequence RequestAttributesSequence AnatomicRegionSequence ViewCodeSequence "
    "SourceImageSequence ReferencedStudySequence ContentSequence OtherPatientIDsSequence "
    "SharedFunctionalGroupsSequence IconImageSequence"
)
_FIRST_YEAR = 1931
DATES = "PatientBirthDate StudyDate SeriesDate AcquisitionDate ContentDate InstanceCreationDate"
TIMES = "PatientBirthTime StudyTime SeriesTime AcquisitionTime ContentTime"


@dataclass
class Planted:
    """What was planted: each value with the place where it went in."""

    values: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def word(self, place: str) -> str:
        """Return a new word for a place."""
        self._count += 1
        return self.keep(f"Zq{self._count:04d}Xw", place)

    def number(self, place: str) -> str:
        """Return a new telephone number."""
        self._count += 1
        return self.keep(f"49170{self._count:05d}77", place)

    def uid(self, place: str) -> str:
        """Return a new UID."""
        self._count += 1
        return self.keep(f"1.2.826.0.1.99887766.{self._count}.5", place)

    def date(self, keyword: str) -> str:
        """Return the date of a keyword: years lie between them, so that no shifted one is another's."""
        year = _FIRST_YEAR + 2 * DATES.split().index(keyword)
        for mark in ("-", "."):
            self.keep(f"{year}{mark}03{mark}17", keyword)
        return self.keep(f"{year}0317", keyword)

    def time(self, place: str) -> str:
        """Return a new time."""
        self._count += 1
        return self.keep(f"0715{self._count % 60:02d}.{self._count:04d}91", place)

    def keep(self, value: str, place: str) -> str:
        """Note a value."""
        self.values[value] = place
        return value


def build(planted: Planted, modality: str, number: int) -> Dataset:
    """Return a sound image of a patient with a value at every place."""
    ds = Dataset()
    ds.SOPClassUID = f"1.2.840.10008.5.1.4.1.1.{CLASSES[modality]}"
    ds.Modality, ds.ImageType = modality, ["ORIGINAL", "PRIMARY"]
    ds.BodyPartExamined, ds.PatientSex = ("CHEST", "HEAD")[number % 2], "F"
    for keyword in LONG_TEXTS.split():
        setattr(ds, keyword, planted.word(keyword))
    for keyword in UIDS.split():
        setattr(ds, keyword, planted.uid(keyword))
    for keyword in NUMBERS.split():
        setattr(ds, keyword, planted.number(keyword))
    for keyword in DATES.split():
        setattr(ds, keyword, planted.date(keyword))
    for keyword in TIMES.split():
        setattr(ds, keyword, planted.time(keyword))
    ds.PatientAge = "0" + planted.keep("94Y", "PatientAge")
    ds.AcquisitionDateTime = planted.date("ContentDate") + "071502.123456"
    _plant_names(ds, planted, number)
    _plant_deep(ds, planted)
    _plant_private(ds, planted)
    _plant_groups(ds, planted)
    _plant_rendering(ds, planted)
    _add_pixels(ds, number)
    return ds


def _plant_names(ds: Dataset, planted: Planted, number: int) -> None:
    charset, name = sorted(CHARACTER_SETS.items())[number % len(CHARACTER_SETS)]
    ds.SpecificCharacterSet = charset.split("\\") if "\\" in charset else charset
    ds.PatientName = planted.keep(name, f"PatientName in {charset}")
    ds.PatientBirthName = planted.word(f"PatientBirthName in {charset}")


def _plant_deep(ds: Dataset, planted: Planted) -> None:
    inner = Dataset()
    for depth in range(5, 0, -1):
        item = Dataset()
        item.PatientName = planted.word(f"PatientName at depth {depth}")
        item.CodeValue, item.CodeMeaning = planted.word("CodeValue")[:16], planted.word("CodeMeaning")
        item.CodingSchemeDesignator = "99" + planted.word("CodingSchemeDesignator")
        item.ReferencedSOPInstanceUID = planted.uid(f"UID at depth {depth}")
        item.TextValue, item.PersonName = planted.word("TextValue"), planted.word("PersonName")
        item.ContentSequence = [inner]
        inner = item
    for keyword in SEQUENCES.split():
        outer = Dataset()
        outer.PatientID, outer.StudyDescription = planted.word(keyword), planted.word(keyword)
        outer.ModifiedAttributesSequence = outer.AnatomicRegionSequence = [inner]
        setattr(ds, keyword, [inner, outer])
    ds.IconImageSequence[1].add_new(0x7FE00010, "OB", planted.word("icon").encode() * 2)


def _plant_private(ds: Dataset, planted: Planted) -> None:
    for group, creator in ((0x0011, planted.word("private creator")), (0x0019, "SIEMENS MR HEADER")):
        block = ds.private_block(group, creator, create=True)
        block.add_new(0x01, "LO", planted.word("private LO"))
        block.add_new(0x0C, "LO", planted.word("private text in place of a number"))
        nested = Dataset()
        nested.PatientName = planted.word("PatientName in a private sequence")
        block.add_new(0x02, "SQ", [nested])
        block.add_new(0x03, "OB", planted.word("private OB").encode())
    ds.add_new(0x00104000, "UN", planted.word("UN").encode())
    ds.add_new(0x00380300, "UN", planted.word("unknown UN").encode())


def _plant_groups(ds: Dataset, planted: Planted) -> None:
    ds.add_new(0x60000010, "US", 2)
    ds.add_new(0x60000011, "US", 2)
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000022, "LO", planted.word("overlay description"))
    ds.add_new(0x60001500, "LO", planted.word("overlay label"))
    ds.add_new(0x60003000, "OW", planted.word("overlay data").encode())
    ds.add_new(0x60004000, "LT", planted.word("overlay comments"))
    ds.add_new(0x50000022, "LO", planted.word("curve description"))
    ds.add_new(0x5000200C, "OW", planted.word("audio sample").encode())
    ds.add_new(0x50002500, "LO", planted.word("curve label"))
    ds.add_new(0xFFFCFFFC, "OB", planted.word("trailing padding").encode())


def _plant_rendering(ds: Dataset, planted: Planted) -> None:
    """Plant texts and bytes beside what rendering reads, and in the value representations left over."""
    ds.WindowCenter, ds.WindowWidth = ["40", "50"], ["400", "500"]
    ds.WindowCenterWidthExplanation = [planted.word("window explanation"), planted.word("window explanation")]
    ds.RescaleSlope, ds.RescaleIntercept = "1", "0"
    ds.RescaleType, ds.ColorSpace = planted.word("RescaleType"), planted.word("ColorSpace")
    ds.PresentationLUTShape = planted.word("PresentationLUTShape")
    ds.ICCProfile = planted.word("ICC profile").encode() * 40
    ds.FrameComments, ds.StationAETitle = planted.word("FrameComments"), planted.word("StationAETitle")
    ds.RetrieveURL = f"http://{planted.word('RetrieveURL')}.example/x"
    ds.StrainDescription = planted.word("UC")
    ds.MACParametersSequence = ds.DigitalSignaturesSequence = [_signature(planted)]
    table = Dataset()
    table.LUTDescriptor, table.LUTExplanation = [4, 0, 16], planted.word("LUTExplanation")
    table.add_new(0x00283006, "OW", bytes(8))
    table.ModalityLUTType = planted.word("ModalityLUTType")
    ds.VOILUTSequence = [table]
    ds.FrameAcquisitionDateTime = planted.date("SeriesDate") + "071502"


def _signature(planted: Planted) -> Dataset:
    item = Dataset()
    item.CertificateOfSigner = planted.word("certificate").encode()
    item.Signature = planted.word("signature").encode()
    return item


def _add_pixels(ds: Dataset, number: int) -> None:
    values = np.random.default_rng(number).integers(0, 4000, (24, 32), dtype=np.uint16)
    ds.Rows, ds.Columns, ds.SamplesPerPixel = 24, 32, 1
    ds.PhotometricInterpretation, ds.PixelRepresentation = "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = values.tobytes()


def as_file(planted: Planted, ds: Dataset, syntax: str) -> bytes:
    """Return the bytes of a file with planted preamble and file meta information."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2.3")
    ds.file_meta.SourceApplicationEntityTitle = planted.word("SourceApplicationEntityTitle")
    ds.file_meta.PrivateInformationCreatorUID = planted.uid("PrivateInformationCreatorUID")
    ds.file_meta.PrivateInformation = planted.word("PrivateInformation").encode()
    ds.preamble = planted.word("preamble").encode().ljust(128, b"\x00")
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    if syntax == RLELossless:
        ds.compress(RLELossless, generate_instance_uid=False)
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def build_report(planted: Planted) -> Dataset:
    """Return a structured report: no image, and full of text."""
    ds = Dataset()
    ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.88.11", "SR"
    ds.SOPInstanceUID, ds.StudyInstanceUID = planted.uid("SR"), planted.uid("SR")
    ds.PatientName, ds.PatientID = planted.word("SR PatientName"), planted.word("SR PatientID")
    item = Dataset()
    item.TextValue, item.PersonName = planted.word("SR TextValue"), planted.word("SR PersonName")
    ds.ContentSequence = [item]
    return ds


def write_planted(folder: Path) -> Planted:
    """Write all files into a folder; return what was planted."""
    planted = Planted()
    for name, content in _files(planted):
        path = folder / planted.word("folder") / f"{planted.word('file name')}.{name}"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    with zipfile.ZipFile(folder / f"{planted.word('archive name')}.zip", "w") as archive:
        for name, content in _files(planted, offset=20):
            archive.writestr(f"{planted.word('zip folder')}/{planted.word('zip member')}.{name}", content)
    with tarfile.open(folder / f"{planted.word('archive name')}.tar.gz", "w:gz") as tar:
        for name, content in _files(planted, offset=40):
            member = tarfile.TarInfo(f"{planted.word('tar folder')}/{planted.word('tar member')}.{name}")
            member.size, member.uname = len(content), planted.word("tar owner")
            tar.addfile(member, io.BytesIO(content))
    return planted


def _files(planted: Planted, *, offset: int = 0) -> Iterator[tuple[str, bytes]]:
    for number, modality in enumerate(CLASSES, start=offset):
        syntax = SYNTAXES[number % len(SYNTAXES)]
        yield "dcm", as_file(planted, build(planted, modality, number), syntax)
    yield "sr", as_file(planted, build_report(planted), ExplicitVRLittleEndian)
    whole = as_file(planted, build(planted, "CT", offset + 9), ExplicitVRLittleEndian)
    yield "cut", whole[: len(whole) - 700]
    yield "cut", whole[:900]
    yield "txt", planted.word("text file").encode()
    yield "png", _picture(planted, offset)


def _picture(planted: Planted, number: int) -> bytes:
    """Return a PNG with a text chunk."""
    values = np.random.default_rng(1000 + number).integers(0, 255, (24, 32), dtype=np.uint8)
    content = bytes(cv2.imencode(".png", values)[1])
    import struct
    import zlib

    body = b"tEXt" + b"Comment\x00" + planted.word("PNG text chunk").encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return content[:33] + chunk + content[33:]

"""Synthetic CT slices and radiographs for the benchmark of ingest. No patient is behind any of them.

Their headers have the attributes that such files usually have, and their noise compresses as real
noise does: a CT slice to about .43 of its size, a radiograph to about .45.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    generate_uid,
)

CT_SIZE, CR_SIZE = 512, 2048
SLICES_A_SERIES = 100

_DEVICE = {
    "Manufacturer": "SIEMENS",
    "InstitutionName": "SYNTHETIC HOSPITAL",
    "InstitutionAddress": "1 Phantom Street, Nowhere",
    "ReferringPhysicianName": "SYNTHETIC^REFERRER",
    "StationName": "ST01",
    "PerformingPhysicianName": "SYNTHETIC^PERFORMER",
    "OperatorsName": "SYNTHETIC^OPERATOR",
    "ManufacturerModelName": "SOMATOM Definition AS",
    "DeviceSerialNumber": "12345",
    "SoftwareVersions": "syngo CT 2012B",
    "PatientBirthDate": "19600101",
    "PatientSex": "F",
    "PatientAge": "058Y",
    "PatientWeight": "70",
    "PatientSize": "1.7",
}
_CT = {
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"],
    "SOPClassUID": CTImageStorage,
    "Modality": "CT",
    "StudyDescription": "Thorax^01_ThoraxRoutine",
    "SeriesDescription": "Thorax 1.5 B31f",
    "BodyPartExamined": "CHEST",
    "ProtocolName": "01_ThoraxRoutine",
    "ScanOptions": "FAST",
    "SliceThickness": "1.5",
    "KVP": "120",
    "DataCollectionDiameter": "500",
    "ReconstructionDiameter": "380",
    "DistanceSourceToDetector": "1085.6",
    "DistanceSourceToPatient": "595",
    "GantryDetectorTilt": "0",
    "TableHeight": "150",
    "RotationDirection": "CW",
    "ExposureTime": "500",
    "XRayTubeCurrent": "150",
    "Exposure": "75",
    "FilterType": "FLAT",
    "GeneratorPower": "22",
    "FocalSpots": "1.2",
    "ConvolutionKernel": "B31f",
    "PatientPosition": "HFS",
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "PositionReferenceIndicator": "",
    "PhotometricInterpretation": "MONOCHROME2",
    "PixelSpacing": ["0.7421875", "0.7421875"],
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "WindowCenter": ["50", "-600"],
    "WindowWidth": ["350", "1200"],
    "RescaleIntercept": "-1024",
    "RescaleSlope": "1",
    "RescaleType": "HU",
    "WindowCenterWidthExplanation": ["WINDOW1", "WINDOW2"],
}
_CR = {
    "ImageType": ["ORIGINAL", "PRIMARY"],
    "SOPClassUID": ComputedRadiographyImageStorage,
    "Modality": "CR",
    "StudyDescription": "Chest",
    "SeriesDescription": "Chest PA",
    "BodyPartExamined": "CHEST",
    "ViewPosition": "PA",
    "KVP": "125",
    "PlateType": "code 15",
    "ImagerPixelSpacing": ["0.168", "0.168"],
    "PhotometricInterpretation": "MONOCHROME1",
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "WindowCenter": "2048",
    "WindowWidth": "3500",
}


def write_stock(folder: Path, *, num_ct: int, num_cr: int, seed: int = 0) -> None:
    """Write files into `ct/` and `cr/` below a folder, as a PACS export lays them out."""
    rng = np.random.default_rng(seed)
    for number in range(num_ct):
        series, slice_number = divmod(number, SLICES_A_SERIES)
        ds = _instance(_CT, series, slice_number, f"{seed}.{series}")
        ds.SliceLocation = ds.ImagePositionPatient[2]
        _write(ds, _draw_ct(rng, slice_number), folder / "ct" / f"{series:03d}" / f"IM{slice_number:05d}.dcm")
    for number in range(num_cr):
        ds = _instance(_CR, number, 0, f"{seed}.cr.{number}")
        _write(ds, _draw_cr(rng), folder / "cr" / f"{number:05d}.dcm")


def write_small(folder: Path, count: int, *, seed: int = 0) -> None:
    """Write many CT files of 64 x 64 with whole headers: what grows with their number is not pixels.

    The first is written by pydicom; of the others, its ids and some pixels are replaced in place.
    """
    rng = np.random.default_rng(seed)
    ds = _instance(_CT, 0, 0, "template")
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = (_numbered(kind, 0, 0) for kind in "123")
    _write(ds, rng.integers(0, 4096, (64, 64)), folder / "template.dcm")
    template = (folder / "template.dcm").read_bytes()
    (folder / "template.dcm").unlink()
    first_pixels = template[-8:]
    for number in range(count):
        series, slice_number = divmod(number, SLICES_A_SERIES)
        content = template.replace(b"SYN000000", b"SYN%06d" % series)
        for kind, one in (("1", series), ("2", series), ("3", number)):
            content = content.replace(_numbered(kind, 0, 0).encode(), _numbered(kind, seed, one).encode())
        digits = [(seed * 10**9 + number) >> shift & 0xFFF for shift in (0, 12, 24, 36)]
        own_pixels = np.array(digits, "<u2").tobytes()
        path = folder / f"{series // 100:03d}" / f"{series:05d}" / f"{slice_number:05d}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.removesuffix(first_pixels) + own_pixels)


def _numbered(kind: str, seed: int, number: int) -> str:
    """Return a UID that is as long for every number."""
    return f"1.2.826.0.1.3680043.8.498.{kind}{seed:05d}{number:09d}"


def _instance(attributes: dict[str, Any], series: int, number: int, place: str) -> Dataset:
    ds = Dataset()
    for keyword, value in {**_DEVICE, **attributes}.items():
        setattr(ds, keyword, value)
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName, ds.PatientID = f"SYNTHETIC^{series}", f"SYN{series:06d}"
    ds.StudyInstanceUID = generate_uid(entropy_srcs=[place, "study"])
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=[place, "series"])
    ds.SOPInstanceUID = generate_uid(entropy_srcs=[place, str(number)])
    ds.FrameOfReferenceUID = generate_uid(entropy_srcs=[place, "frame"])
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20180312"
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "101112.345000"
    ds.AccessionNumber, ds.StudyID = f"ACC{series:06d}", "1"
    ds.SeriesNumber, ds.AcquisitionNumber, ds.InstanceNumber = 3, 1, number + 1
    ds.ImagePositionPatient = ["-190", "-190", f"{-1.5 * number:.1f}"]
    ds.SamplesPerPixel = 1
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "CTTHOR", "L", "CT thorax"
    ds.ProcedureCodeSequence = ds.RequestedProcedureCodeSequence = Sequence([code])
    private = ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    private.add_new(0x10, "OB", bytes(2048))
    private.add_new(0x18, "CS", "SOM 5")
    return ds


def _write(ds: Dataset, values: NDArray[Any], path: Path) -> None:
    ds.Rows, ds.Columns = values.shape
    ds.PixelData = values.astype("<u2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)


def _draw_ct(rng: np.random.Generator, number: int) -> NDArray[Any]:
    """Return a body in air, with lungs, a spine and the noise of a soft kernel, as stored values."""
    y, x = np.mgrid[-1 : 1 : CT_SIZE * 1j, -1 : 1 : CT_SIZE * 1j].astype(np.float32)
    drift = np.float32(0.02 * np.sin(number / 9))
    values = np.full((CT_SIZE, CT_SIZE), 24.0, np.float32)
    body = (x / 0.85) ** 2 + (y / 0.62) ** 2 < 1
    values[body] = 1074
    for side in (-1, 1):
        values[((x + side * 0.38) / 0.28) ** 2 + ((y + drift) / 0.4) ** 2 < 1] = 170
    values[(x / 0.1) ** 2 + ((y - 0.42) / 0.1) ** 2 < 1] = 1600
    noise = rng.standard_normal((CT_SIZE, CT_SIZE), np.float32)
    smooth = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1)) / np.float32(1.7)
    values += smooth * np.where(body, np.float32(11), np.float32(4))
    values[x**2 + y**2 > 1] = 0
    return np.clip(values, 0, 4095)


def _draw_cr(rng: np.random.Generator) -> NDArray[Any]:
    """Return a chest in broad strokes, with quantum noise, as stored values of 12 bits."""
    y, x = np.mgrid[-1 : 1 : CR_SIZE * 1j, -1 : 1 : CR_SIZE * 1j].astype(np.float32)
    values = 2600 - 900 * np.exp(-((x / 0.2) ** 2)) + 200 * np.cos(18 * y) * (np.abs(x) < 0.8)
    for side in (-1, 1):
        values += 800 * np.exp(-(((x + side * 0.42) / 0.25) ** 2) - ((y / 0.6) ** 2))
    values += rng.standard_normal((CR_SIZE, CR_SIZE), np.float32) * np.float32(9)
    return np.clip(values, 0, 4095)

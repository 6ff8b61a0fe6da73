"""The identifiers themselves, as the profile `identified` keeps them: in one table and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from pydicom.dataset import Dataset

from imaging.allow_list import snake_case
from imaging.cleaning import read_texts

IDENTIFYING_KEYWORDS = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "OtherPatientIDs", "OtherPatientNames"),
    *("PatientBirthDate", "PatientBirthTime", "PatientSex", "PatientAge", "PatientAddress"),
    *("PatientTelephoneNumbers", "PatientBirthName", "PatientMotherBirthName", "MilitaryRank"),
    *("AccessionNumber", "StudyID", "AdmissionID", "RequestedProcedureID", "ScheduledProcedureStepID"),
    *("PlacerOrderNumberImagingServiceRequest", "FillerOrderNumberImagingServiceRequest"),
    *("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"),
    *("StudyDate", "StudyTime", "SeriesDate", "SeriesTime", "AcquisitionDate", "AcquisitionTime"),
    *("ContentDate", "ContentTime", "AcquisitionDateTime", "InstanceCreationDate", "InstanceCreationTime"),
    *("InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "StationName"),
    *("DeviceSerialNumber", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName"),
    *("NameOfPhysiciansReadingStudy", "RequestingPhysician", "PhysiciansOfRecord"),
    *("StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription"),
    *("PerformedProcedureStepDescription", "PatientComments", "ImageComments", "StudyComments"),
)
"""What is kept of a file: attributes of the data set itself, never nested or private ones."""

_LARGEST_COUNT = 16
_LONGEST_TEXT = 1024

Identifiers = Mapping[str, str | list[str]]


def read_identifiers(ds: Dataset) -> dict[str, str | list[str]]:
    """Return the identifiers of a data set by snake-case name; those without a value are left out.

    Example:
        >>> ds = Dataset()
        >>> ds.PatientName, ds.PatientID = "Doe^Jane", "4711"
        >>> read_identifiers(ds)
        {'patient_name': 'Doe^Jane', 'patient_id': '4711'}
    """
    kept: dict[str, str | list[str]] = {}
    for keyword in IDENTIFYING_KEYWORDS:
        texts = [text[:_LONGEST_TEXT] for text in read_texts(ds, keyword)[:_LARGEST_COUNT]]
        if any(texts):
            kept[snake_case(keyword)] = texts[0] if len(texts) == 1 else texts
    return kept

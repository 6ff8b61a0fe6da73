"""The attributes of a phantom: as a device would fill them, each name saying that it is synthetic."""

from __future__ import annotations

from datetime import timedelta

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BasicTextSRStorage,
    ComputedRadiographyImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalXRayImageStorageForPresentation,
)
from pydicom.valuerep import DSfloat

from imaging.phantoms.anatomy import ANATOMY
from imaging.phantoms.dirt import write_age
from imaging.phantoms.encodings import Encoded, Encoding
from imaging.phantoms.planning import FilePlan, SetPlan

MANUFACTURER = "dicomill phantom (synthetic)"
PATIENT_NAME = "SYNTHETIC^PHANTOM"
IMAGE_COMMENTS = "SYNTHETIC picture drawn by dicomill. No patient is behind it."

_SOP_CLASSES = {
    "CR": ComputedRadiographyImageStorage,
    "DX": DigitalXRayImageStorageForPresentation,
    "MG": DigitalMammographyXRayImageStorageForPresentation,
}
_FIELD_MM = 250.0
_DAYS_BETWEEN_STUDIES = 40


def build_header(plan: SetPlan, file: FilePlan, encoded: Encoded) -> Dataset:
    """Return all attributes of a picture but its pixels.

    Args:
        plan: the set, which gives the UIDs.
        file: what is shown, whose it is, and its dirt.
        encoded: stored values and display, for the pixel attributes.
    """
    ds = Dataset()
    _add_identity(ds, plan, file)
    _add_patient(ds, file)
    _add_acquisition(ds, file)
    _add_pixel_attributes(ds, file, encoded)
    _add_display(ds, file.encoding, encoded)
    return ds


def build_report_object(plan: SetPlan, file: FilePlan) -> Dataset:
    """Return a small structured report: a sound object without a picture."""
    ds = Dataset()
    _add_identity(ds, plan, file)
    _add_patient(ds, file)
    ds.SOPClassUID = BasicTextSRStorage
    ds.Modality = "SR"
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.TextValue = IMAGE_COMMENTS
    ds.ContentSequence = Sequence([item])
    return ds


def _add_identity(ds: Dataset, plan: SetPlan, file: FilePlan) -> None:
    """Add what says which object this is, and of which study and series."""
    patient = file.patient
    study_date = patient.study_date + timedelta(days=_DAYS_BETWEEN_STUDIES * (file.study_number - 1))
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID = _SOP_CLASSES[file.sop_class]
    ds.SOPInstanceUID = plan.uid("instance", file.number)
    ds.StudyInstanceUID = plan.uid("study", patient.number, file.study_number)
    ds.SeriesInstanceUID = plan.uid("series", patient.number, file.series_number)
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = study_date.strftime("%Y%m%d")
    ds.StudyTime = ds.ContentTime = "120000"
    ds.AccessionNumber = f"SYN{patient.number + 1:05d}{file.study_number}"
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = str(file.study_number), file.series_number, 1
    ds.Modality = file.sop_class
    ds.Manufacturer = "" if file.dirt.manufacturer_missing else MANUFACTURER
    ds.ManufacturerModelName = f"SYNTHETIC {file.sop_class}"
    ds.InstitutionName = "SYNTHETIC HOSPITAL"
    ds.ReferringPhysicianName = "SYNTHETIC^PHYSICIAN"
    ds.StudyDescription = "SYNTHETIC"


def _add_patient(ds: Dataset, file: FilePlan) -> None:
    """Add the invented patient, with the faults of the header."""
    patient, dirt = file.patient, file.dirt
    taken_on = patient.study_date
    before_birthday = (taken_on.month, taken_on.day) < (patient.birth_date.month, patient.birth_date.day)
    years = taken_on.year - patient.birth_date.year - before_birthday
    padded = (
        f" {patient.patient_id} " if dirt.padded_patient_id and patient.patient_id else patient.patient_id
    )
    ds.PatientName = PATIENT_NAME
    _add_raw(ds, "PatientID", padded)
    ds.IssuerOfPatientID = "SYNTHETIC"
    ds.PatientBirthDate = "" if dirt.birth_date_missing else patient.birth_date.strftime("%Y%m%d")
    ds.PatientSex = patient.sex
    _add_raw(ds, "PatientAge", write_age(years, dirt.age_style))
    ds.ImageComments = IMAGE_COMMENTS
    if dirt.private:
        block = ds.private_block(0x0019, "DICOMILL SYNTHETIC", create=True)
        block.add_new(0x01, "LO", f"operator of {patient.patient_id or 'nobody'}")
        block.add_new(0x02, "DS", "1.25")


def _add_acquisition(ds: Dataset, file: FilePlan) -> None:
    """Add what is shown and how it was taken."""
    dirt, words = file.dirt, ANATOMY[file.body_part].words
    examined = file.body_part if dirt.body_part_examined is None else dirt.body_part_examined
    _add_raw(ds, "BodyPartExamined", examined)
    in_protocol = dirt.place != "series_description"
    ds.ProtocolName = f"{words} routine" if in_protocol else "Routine"
    described = f" {words} {file.view_position}" if dirt.place != "protocol_name" else ""
    ds.SeriesDescription = f"SYNTHETIC{described}"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.ViewPosition = "" if file.view_position == "OBL" else file.view_position
    if file.image_laterality:
        ds.ImageLaterality = file.image_laterality
    ds.PatientOrientation = ""
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    if file.sop_class != "CR":
        ds.PresentationIntentType = "FOR PRESENTATION"
        ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", 1


def _add_pixel_attributes(ds: Dataset, file: FilePlan, encoded: Encoded) -> None:
    """Add the image pixel module but for the pixels themselves."""
    encoding = file.encoding
    height, width = encoded.stored_values.shape
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME1" if encoding.monochrome1 else "MONOCHROME2"
    ds.Rows, ds.Columns = height, width
    ds.BitsAllocated, ds.BitsStored = encoding.bits_allocated, encoding.bits_stored
    ds.HighBit = encoding.bits_stored - 1
    ds.PixelRepresentation = int(encoding.signed)
    spacing = DSfloat(_FIELD_MM / height, auto_format=True)
    ds.ImagerPixelSpacing = [spacing, spacing]


def _add_display(ds: Dataset, encoding: Encoding, encoded: Encoded) -> None:
    """Add rescale, window or VOI LUT, and the shape of the presentation LUT where the class has one."""
    if ds.Modality != "CR":
        # PS3.3 C.8.11.3: DX and MG say the polarity twice; it is still applied once.
        ds.PresentationLUTShape = "INVERSE" if encoding.monochrome1 else "IDENTITY"
    if ds.Modality != "CR" or (encoding.slope, encoding.intercept) != (1.0, 0.0):
        ds.RescaleSlope, ds.RescaleIntercept = encoding.slope, encoding.intercept
        ds.RescaleType = "US"
    if window := encoded.window:
        ds.WindowCenter = [_decimal(value) for value in window.centres]
        ds.WindowWidth = [_decimal(value) for value in window.widths]
        if len(window.centres) > 1:
            ds.WindowCenterWidthExplanation = ["WHOLE", "DENSE"]
        if window.function:
            ds.VOILUTFunction = window.function
    if table := encoded.lookup_table:
        item = Dataset()
        # PS3.3 C.11.2.1.1: number of entries, first value mapped, bits of each entry.
        item.add_new("LUTDescriptor", "US", [len(table.values), 0, table.bits])
        item.LUTExplanation = "SYNTHETIC"
        item.add_new("LUTData", "US", list(table.values))
        ds.VOILUTSequence = Sequence([item])


def _decimal(value: float) -> DSfloat:
    """Return a decimal string of at most 16 characters."""
    return DSfloat(value, auto_format=True)


def _add_raw(ds: Dataset, keyword: str, value: str) -> None:
    """Add a value that breaks the rules of its VR, as it arrives from archives."""
    tag = tag_for_keyword(keyword)
    if tag is not None:
        ds.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE))

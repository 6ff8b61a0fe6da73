"""Headers: labelled as synthetic, and dirty as asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataset import Dataset

from imaging.phantoms.dirt import CLEAN, Dirt
from imaging.phantoms.encodings import Encoding, encode
from imaging.phantoms.headers import build_header, build_report_object
from imaging.phantoms.planning import FilePlan, plan_phantoms

PLAN = plan_phantoms(patients=4, images_per_patient=8, seed=0, size=64, dirty=False)
PICTURE = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)


def header(file: FilePlan | None = None, **changes: object) -> Dataset:
    """Return the header of a changed file."""
    file = replace(file or PLAN.files[0], **changes)
    return build_header(PLAN, file, encode(PICTURE, file.encoding))


def file_of(body_part: str) -> FilePlan:
    """Return the first planned file of a body part."""
    return next(file for file in PLAN.files if file.body_part == body_part)


@pytest.mark.parametrize("file", PLAN.files[:8], ids=lambda file: file.body_part)
def test_every_header_says_that_it_is_synthetic(file: FilePlan) -> None:
    """In the patient, the device, the comments and the series."""
    ds = header(file)
    assert ds.PatientName == "SYNTHETIC^PHANTOM"
    assert ds.Manufacturer == "dicomill phantom (synthetic)"
    assert "SYNTHETIC" in ds.ImageComments
    assert "SYNTHETIC" in ds.SeriesDescription
    assert ds.BurnedInAnnotation == "NO"
    assert ds.BodyPartExamined == file.body_part


def test_mammography_is_stored_as_such() -> None:
    """The breast is MG, paired and for presentation."""
    ds = header(file_of("BREAST"))
    assert ds.SOPClassUID.name == "Digital Mammography X-Ray Image Storage - For Presentation"
    assert ds.Modality == "MG"
    assert ds.ImageLaterality in {"L", "R"}
    assert ds.ViewPosition in {"CC", "MLO"}


def test_a_blank_body_part_is_named_where_the_dirt_says() -> None:
    """Blank in its own place, and in exactly one of the two others."""
    hand = file_of("HAND")
    ds = header(hand, dirt=Dirt(body_part_examined="", place="protocol_name"))
    assert (ds.BodyPartExamined, ds.ProtocolName, ds.SeriesDescription) == ("", "Hand routine", "SYNTHETIC")
    ds = header(hand, dirt=Dirt(body_part_examined=" ", place="series_description"))
    assert ds.ProtocolName == "Routine"
    assert ds.SeriesDescription.startswith("SYNTHETIC Hand ")


def test_dirt_breaks_value_rules_without_a_warning() -> None:
    """A trailing NUL, an age without unit, padding around the id, a private block."""
    dirt = Dirt(
        body_part_examined="CHEST\0",
        age_style="no_unit",
        padded_patient_id=True,
        birth_date_missing=True,
        private=True,
        manufacturer_missing=True,
    )
    ds = header(file_of("CHEST"), dirt=dirt)
    assert ds.BodyPartExamined == "CHEST\0"
    assert len(ds.PatientAge) == 3
    assert ds.PatientID.strip() != ds.PatientID
    assert ds.PatientBirthDate == ds.Manufacturer == ""
    assert any(element.tag.is_private for element in ds)


def test_the_age_fits_the_birth_date() -> None:
    """Whole years at the first study."""
    for file in PLAN.files[::8]:
        ds = header(file, dirt=CLEAN)
        born, taken = int(ds.PatientBirthDate), int(file.patient.study_date.strftime("%Y%m%d"))
        assert int(ds.PatientAge[:3]) == (taken - born) // 10000


def test_each_display_has_its_attributes() -> None:
    """Plain has none; several windows are explained; a table has its descriptor."""
    chest = replace(file_of("CHEST"), sop_class="DX")
    plain = header(chest, encoding=Encoding(False, 8, "plain"))
    assert "WindowCenter" not in plain
    assert (plain.PresentationLUTShape, plain.RescaleSlope) == ("IDENTITY", 1)
    several = header(chest, encoding=Encoding(True, 12, "several_windows"))
    assert len(several.WindowCenter) == len(several.WindowCenterWidthExplanation) == 2
    assert (several.PresentationLUTShape, several.PhotometricInterpretation) == ("INVERSE", "MONOCHROME1")
    table = header(chest, encoding=Encoding(False, 10, "voi_lut"))
    assert table.VOILUTSequence[0].LUTDescriptor == [1024, 0, 12]
    assert header(chest, encoding=Encoding(False, 12, "sigmoid")).VOILUTFunction == "SIGMOID"


def test_computed_radiography_may_be_rescaled_and_signed() -> None:
    """CR carries slope, intercept and sign, and no presentation LUT shape."""
    encoding = Encoding(False, 12, "window", signed=True, slope=0.5, intercept=-1024.0)
    ds = header(file_of("KNEE"), sop_class="CR", encoding=encoding)
    assert (ds.RescaleSlope, ds.RescaleIntercept, ds.PixelRepresentation) == (0.5, -1024, 1)
    assert "PresentationLUTShape" not in ds
    assert "RescaleSlope" not in header(
        file_of("KNEE"), sop_class="CR", encoding=Encoding(False, 12, "plain")
    )


def test_the_report_object_has_no_picture() -> None:
    """A basic text SR of the same patient."""
    ds = build_report_object(PLAN, PLAN.files[0])
    assert ds.Modality == "SR"
    assert "Rows" not in ds
    assert "SYNTHETIC" in ds.ContentSequence[0].TextValue

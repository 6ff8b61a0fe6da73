"""The header of one file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset, FileMetaDataset

from imaging.attributes import read_allow_list
from imaging.cleaned_columns import COLUMNS
from imaging.header import Header, attributes_sha256, read_header
from imaging.pseudonyms import Pseudonymiser
from imaging.reading import ParsedFile
from imaging.settings import Profile, ReadSettings
from imaging.site_tables import parse_site_table

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

KEY = bytes(range(32))
PSEUDONYMISER = Pseudonymiser(KEY)


def _dataset() -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3", "1.2.4", "1.2.5"
    ds.PatientID, ds.IssuerOfPatientID, ds.AccessionNumber = "P1", "site", "A1"
    ds.StudyDate, ds.PatientAge, ds.PatientSex = "20190704", "094Y", "f"
    ds.Modality, ds.BodyPartExamined, ds.ViewPosition, ds.ImageLaterality = "CR", "Thorax", "PA", "U"
    ds.Manufacturer, ds.ManufacturerModelName = "Agfa-Gevaert AG", "ADC_5146"
    ds.Rows, ds.Columns, ds.PixelSpacing = 4, 6, ["0.1", "0.2"]
    return ds


def _header(ds: Dataset, profile: Profile = "research", issuer: str = "", content: bytes = b"") -> Header:
    parsed = ParsedFile(ds, "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.1.2.1", False)
    settings = ReadSettings(key=KEY, profile=profile, default_issuer=issuer)
    return read_header(parsed, settings=settings, content=content)


def test_a_full_header_is_kept_clean() -> None:
    """Every field of the research profile."""
    header = _header(_dataset())
    assert header.sop_instance_uid == PSEUDONYMISER.uid("1.2.3")
    assert header.patient_key == PSEUDONYMISER.patient_key("P1", "SITE")
    assert header.accession_key == PSEUDONYMISER.accession_key("A1")
    assert (header.study_year, header.patient_age_years, header.patient_sex) == (2019, 90.0, "F")
    assert (header.modality, header.body_part, header.body_part_raw) == ("CR", "CHEST", "THORAX")
    assert (header.view_position, header.image_laterality, header.burned_in_risk) == ("PA", "U", "none")
    assert (header.manufacturer, header.manufacturer_model_name) == ("Agfa", "ADC_5146")
    assert (header.height, header.width, header.pixel_spacing_mm) == (4, 6, "0.1\\0.2")
    assert header.study_date_shifted == PSEUDONYMISER.shift_date(
        dt.date(2019, 7, 4), header.patient_key or ""
    )


def test_strict_keeps_what_tells_nothing_of_a_person() -> None:
    """Pseudonyms, region and geometry."""
    header = _header(_dataset(), profile="strict")
    dropped = ("study_date_shifted", "study_year", "patient_sex", "patient_age_years", "manufacturer")
    assert [getattr(header, name) for name in dropped] == [None] * 5
    assert header.manufacturer_model_name is None
    assert (header.patient_key is None, header.body_part) == (False, "CHEST")


def test_every_field_of_a_dicom_header_has_a_line_in_the_allow_list() -> None:
    """A new field cannot come in without one."""
    listed = {allowed.field for allowed in read_allow_list()}
    ours = {"kind", "decoder", "rendering", "cleaning_sources", "identifiers"}
    ours |= {f"{column}_{suffix}" for column in COLUMNS for suffix in ("raw", "rule", "confidence")}
    assert set(Header.__dataclass_fields__) == listed | ours


@pytest.mark.parametrize("uid", ["", "ANON", "1" * 65, "..", None])
def test_a_file_without_a_uid_takes_one_from_its_content(uid: str | None) -> None:
    """Two such files are two images; one file twice is one."""
    ds = _dataset()
    ds["SOPInstanceUID"].value = uid
    first, second = _header(ds, content=b"1"), _header(ds, content=b"2")
    assert first.sop_instance_uid != second.sop_instance_uid
    assert first.sop_instance_uid == _header(ds, content=b"1").sop_instance_uid


def test_the_meta_header_stands_in_for_a_missing_uid() -> None:
    """PS3.10 7.1: it repeats the UID."""
    ds = _dataset()
    del ds.SOPInstanceUID
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    assert _header(ds).sop_instance_uid == PSEUDONYMISER.uid("1.2.3")


def test_the_source_stands_in_for_a_blank_issuer() -> None:
    """Equal ids of two sources stay two patients."""
    ds = _dataset()
    del ds.IssuerOfPatientID
    assert _header(ds, issuer="a").patient_key != _header(ds, issuer="b").patient_key


def test_dates_of_an_unknown_patient_are_moved_by_study() -> None:
    """There is no patient key; the study holds together what belongs together."""
    ds = _dataset()
    ds.PatientID = "UNKNOWN"
    header = _header(ds)
    assert header.patient_key is None
    assert header.study_date_shifted not in {None, dt.date(2019, 7, 4)}
    ds.SOPInstanceUID = "1.2.99"
    assert _header(ds).study_date_shifted == header.study_date_shifted


def test_an_age_is_counted_from_the_birth_date_when_it_is_blank() -> None:
    """The birth date itself is not kept."""
    ds = _dataset()
    ds.PatientAge, ds.PatientBirthDate = "", "19600705"
    assert _header(ds).patient_age_years == 58.0


@pytest.mark.parametrize(
    ("written", "sex"), [("M ", "M"), ("Female", "F"), ("W", "F"), ("0000", None), ("", None)]
)
def test_sex_is_one_of_three_or_unknown(written: str, sex: str | None) -> None:
    """Anything else is free text."""
    ds = _dataset()
    ds.PatientSex = written
    assert _header(ds).patient_sex == sex


def test_a_private_class_or_syntax_is_not_kept() -> None:
    """Its UID may lead to a device."""
    header = read_header(
        ParsedFile(_dataset(), "1.2.3.4", "1.3.5", True), settings=ReadSettings(key=KEY), content=b""
    )
    assert (header.sop_class_uid, header.transfer_syntax_uid) == (None, None)


def test_a_blank_body_part_is_found_elsewhere_and_the_text_is_dropped() -> None:
    """The order of sources is that of `imaging.body_parts`."""
    ds = _dataset()
    del ds.BodyPartExamined
    ds.SeriesDescription = "Knee of Mr Miller"
    header = _header(ds)
    assert (header.body_part, header.body_part_rule, header.body_part_raw) == (
        "KNEE",
        "series_description",
        None,
    )
    code = Dataset()
    code.CodeValue = "69536005"
    anatomy, group = Dataset(), Dataset()
    anatomy.AnatomicRegionSequence = [code]
    group.FrameAnatomySequence = [anatomy]
    ds.SharedFunctionalGroupsSequence = [group]
    assert _header(ds).body_part == "HEAD"


def test_a_mammography_view_leads_to_the_breast() -> None:
    """CR mammograms come as CR."""
    ds = _dataset()
    ds.BodyPartExamined, ds.ViewPosition = "", ""
    code = Dataset()
    code.CodeValue = "R-10226"
    ds.ViewCodeSequence = [code]
    header = _header(ds)
    assert (header.view_position, header.body_part) == ("MLO", "BREAST")


def test_a_header_is_plain_json() -> None:
    """It goes into rows and reports."""
    assert json.loads(json.dumps(_header(_dataset()).to_json()))["kind"] == "dicom"


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        (lambda h: replace(h, transfer_syntax_uid="1.2.840.10008.1.2.4.90", decoder="other"), True),
        (lambda h: replace(h, body_part_rule="phrase", body_part_confidence=0.1), True),
        (lambda h: replace(h, body_part="HAND", modality="DX", view_position=None), True),
        (lambda h: replace(h, burned_in_risk="possible"), True),
        (lambda h: replace(h, burned_in_risk="declared"), False),
        (lambda h: replace(h, cleaning_sources={"texts": {"protocol": "0" * 16}}), False),
        (lambda h: replace(h, rendering={"rescale_slope": 2}), False),
        (lambda h: replace(h, attributes={}), False),
    ],
)
def test_the_fingerprint_holds_what_is_kept_and_not_how_it_was_encoded(
    change: Callable[[Header], Header], is_same: bool
) -> None:
    """A resend, or a larger vocabulary, makes no new version; a corrected attribute does."""
    header = replace(_header(_dataset()), attributes={"kvp": 80})
    assert (attributes_sha256(header) == attributes_sha256(change(header))) is is_same


def test_the_fingerprint_holds_the_renderings_of_frames() -> None:
    """They are kept too; none at all is the same as none for each."""
    header = _header(_dataset())
    assert attributes_sha256(header) == attributes_sha256(header, (None, None))
    assert attributes_sha256(header) != attributes_sha256(header, (None, {"rescale_slope": 2}))


def test_a_model_beside_an_unknown_vendor_is_dropped() -> None:
    """Two free texts that nobody filled as meant."""
    ds = _dataset()
    ds.Manufacturer = "Miller"
    header = _header(ds)
    assert (header.manufacturer, header.manufacturer_model_name) == ("other", None)


def test_a_sites_table_changes_what_is_kept_but_not_the_fingerprint() -> None:
    """A file that is sent again after the table has grown is the same instance."""
    ds = _dataset()
    ds.BodyPartExamined = "WARD 7 ROUTINE"
    parsed = ParsedFile(ds, "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.1.2.1", False)
    table = parse_site_table("field\ttext\tvalue\nbody_part\tward 7 routine\tKNEE\n", origin="x")
    plain = read_header(parsed, settings=ReadSettings(key=KEY), content=b"")
    mapped = read_header(parsed, settings=ReadSettings(key=KEY, site_table=table), content=b"")
    assert (plain.body_part, mapped.body_part, mapped.body_part_rule) == (None, "KNEE", "site")
    assert attributes_sha256(plain) == attributes_sha256(mapped)


FREE_TEXT_VRS = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def test_no_name_and_no_free_text_of_the_dictionary_is_kept() -> None:
    """Each attribute of these VRs that DICOM defines holds a word of its own; none is in the header."""
    keywords = [
        entry[4]
        for tag, entry in DicomDictionary.items()
        if entry[0] in FREE_TEXT_VRS and entry[4] and tag >> 16 > 0x0007
    ]
    assert len(keywords) > 700
    ds = _dataset()
    planted = {keyword: f"ZX{number}QX" for number, keyword in enumerate(keywords)}
    for keyword, word in planted.items():
        setattr(ds, keyword, f"{word}^Knee" if keyword.endswith("Name") else f"{word} knee")
    for profile in ("strict", "research"):
        told = json.dumps(_header(ds, profile=profile).to_json(), default=str).upper()
        assert [keyword for keyword, word in planted.items() if word in told] == []

"""The allow-list."""

from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset

from imaging.attributes import (
    find_allowed,
    is_kept,
    keep_further,
    keep_integer,
    keep_well_known_uid,
    keep_word,
    read_allow_list,
    snake_case,
)
from imaging.header import Header
from imaging.pseudonyms import Pseudonymiser

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

KEPT = {
    *("accession_key", "age", "coded", "date_shifted", "mapped", "model", "number", "patient_key"),
    *("uid", "well_known_uid", "year"),
}
IDENTIFYING = (
    "PatientName OtherPatientIDs InstitutionName StationName ReferringPhysicianName DeviceSerialNumber"
)


@pytest.mark.parametrize(
    "allowed", read_allow_list(), ids=lambda allowed: f"{allowed.keyword}-{allowed.field}"
)
def test_every_line_is_well_formed_and_justified(allowed) -> None:  # type: ignore[no-untyped-def]
    """A way of keeping that we know, a profile, a field that exists and a reason."""
    assert tag_for_keyword(allowed.keyword) is not None
    assert allowed.kept in KEPT
    assert allowed.profiles <= {"strict", "research"}
    assert allowed.profiles
    assert allowed.field in Header.__dataclass_fields__
    assert allowed.note
    assert allowed.kept != "coded" or allowed.words


def test_names_of_persons_and_free_text_are_never_kept_as_they_are() -> None:
    """PS3.5 6.2: PN, LT, ST, UT, UC hold anything; LO and SH go through a list, a pattern or a hash."""
    for allowed in read_allow_list():
        vr = dictionary_VR(allowed.keyword)
        assert vr not in {"PN", "LT", "ST", "UT", "UC", "TM", "DT", "UR"}
        assert vr not in {"LO", "SH"} or allowed.kept in {
            "coded",
            "mapped",
            "model",
            "patient_key",
            "accession_key",
        }


@pytest.mark.parametrize("keyword", IDENTIFYING.split())
def test_identifying_attributes_have_no_line(keyword: str) -> None:
    """What has no line is dropped."""
    assert keyword not in {allowed.keyword for allowed in read_allow_list()}


def test_a_line_is_for_one_field() -> None:
    """Two lines for the same place would contradict each other."""
    places = [(allowed.keyword, allowed.field) for allowed in read_allow_list()]
    assert len(places) == len(set(places))


def test_names_of_further_attributes_are_unique() -> None:
    """They are keys of one dict."""
    names = [allowed.name for allowed in read_allow_list() if allowed.field == "attributes"]
    assert len(names) == len(set(names))


def test_an_attribute_without_a_line_cannot_be_asked_for() -> None:
    """A reader of ours that forgets the list fails at its first file."""
    with pytest.raises(KeyError, match="no line"):
        find_allowed("PatientName", "attributes")


@pytest.mark.parametrize("keyword", ["PatientSex", "PatientAge", "StudyDate", "Manufacturer"])
def test_strict_keeps_no_person_and_no_date(keyword: str) -> None:
    """The research profile is asked for; strict is for everything else."""
    lines = [allowed for allowed in read_allow_list() if allowed.keyword == keyword]
    assert lines
    assert not any(is_kept(allowed.keyword, allowed.field, "strict") for allowed in lines)


@pytest.mark.parametrize(
    ("keyword", "name"),
    [
        ("SOPInstanceUID", "sop_instance_uid"),
        ("FrameOfReferenceUID", "frame_of_reference_uid"),
        ("XRayTubeCurrent", "x_ray_tube_current"),
        ("CTDIvol", "ctdi_vol"),
        ("ExposureInuAs", "exposure_in_uas"),
        ("VOILUTFunction", "voi_lut_function"),
    ],
)
def test_keywords_become_snake_case(keyword: str, name: str) -> None:
    """The same names in Python, SQL and JSON."""
    assert snake_case(keyword) == name


def test_words_numbers_and_uids_outside_the_list_are_dropped() -> None:
    """Coded and numeric attributes can be abused for text and telephone numbers."""
    ds = Dataset()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "MILLER HANS"]
    ds.Modality, ds.SeriesNumber, ds.KVP = "HANS", "491701234", "80"
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "77"]
    ds.FrameOfReferenceUID = "1.2.3"
    kept = keep_further(ds, profile="strict", pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p")
    assert kept["image_type"] == ["ORIGINAL", "PRIMARY"]
    assert kept["kvp"] == 80
    assert set(kept) == {"image_type", "kvp", "frame_of_reference_uid"}
    assert keep_word(ds, "Modality", "modality") is None


def test_a_well_known_frame_of_reference_stays() -> None:
    """It names an atlas, not a patient."""
    ds = Dataset()
    ds.FrameOfReferenceUID = "1.2.840.10008.1.4.1.1"
    kept = keep_further(ds, profile="strict", pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p")
    assert kept == {"frame_of_reference_uid": "1.2.840.10008.1.4.1.1"}
    assert keep_well_known_uid(None) is None


def test_dates_are_kept_shifted_or_not_at_all() -> None:
    """By the same days as the study's."""
    ds = Dataset()
    ds.SeriesDate, ds.ContentDate = "20200101", "99999999"
    pseudonymiser = Pseudonymiser(bytes(32))
    kept = keep_further(ds, profile="research", pseudonymiser=pseudonymiser, shift_group="p")
    assert set(kept) == {"series_date_shifted"}
    assert kept["series_date_shifted"] != "2020-01-01"


def test_a_list_of_too_many_numbers_is_dropped() -> None:
    """A text can be spelled in numbers."""
    ds = Dataset()
    ds.ImagerPixelSpacing = ["1"] * 17
    ds.FocalSpots = ["1"] * 17
    assert keep_further(ds, profile="strict", pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p") == {}
    assert keep_integer(ds, "Rows", "height") is None

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
from imaging.profile_options import OPTIONS, PROFILES, KeepRules
from imaging.pseudonyms import Pseudonymiser

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

KEPT = {
    *("accession_key", "age", "coded", "date_shifted", "mapped", "model", "number", "patient_key"),
    *("site_code", "uid", "well_known_uid", "year"),
}
KEPT_BY_OPTION = {"date", "text", "time", "true_uid", "words"}
STRICT = KeepRules("strict")
IDENTIFYING = (
    "PatientName OtherPatientIDs ReferringPhysicianName OperatorsName PatientAddress PatientComments"
)


@pytest.mark.parametrize(
    "allowed", read_allow_list(), ids=lambda allowed: f"{allowed.keyword}-{allowed.field}"
)
def test_every_line_is_well_formed_and_justified(allowed) -> None:  # type: ignore[no-untyped-def]
    """A way of keeping that we know, a profile, a field that exists and a reason."""
    assert tag_for_keyword(allowed.keyword) is not None
    assert allowed.kept in KEPT | KEPT_BY_OPTION
    assert allowed.profiles <= {"strict", "research", *OPTIONS}
    assert allowed.profiles
    assert allowed.field in Header.__dataclass_fields__
    assert allowed.note
    assert allowed.kept != "coded" or allowed.words


def test_names_of_persons_and_free_text_are_never_kept_as_they_are() -> None:
    """PS3.5 6.2: PN, LT, ST, UT, UC hold anything; LO and SH go through a list, a pattern or a hash."""
    for allowed in read_allow_list():
        if not allowed.profiles & PROFILES.keys():
            continue  # an option is asked for by name
        vr = dictionary_VR(allowed.keyword)
        assert vr not in {"PN", "LT", "ST", "UT", "UC", "TM", "DT", "UR"}
        assert vr not in {"LO", "SH"} or allowed.kept in {
            "coded",
            "mapped",
            "model",
            "patient_key",
            "accession_key",
            "site_code",
        }


def test_what_only_an_option_keeps_is_kept_by_no_profile() -> None:
    """True dates, true UIDs and texts."""
    for allowed in read_allow_list():
        if allowed.kept in KEPT_BY_OPTION:
            assert allowed.profiles <= OPTIONS.keys()
            assert not any(KeepRules(profile).hold(allowed.profiles) for profile in PROFILES)  # type: ignore[arg-type]


def test_every_option_has_a_line_or_a_table() -> None:
    """An option that changes nothing would promise what is not so."""
    tokens = {token for allowed in read_allow_list() for token in allowed.profiles}
    assert OPTIONS.keys() - tokens == {"retain-safe-private"}


@pytest.mark.parametrize("keyword", IDENTIFYING.split())
def test_identifying_attributes_have_no_line(keyword: str) -> None:
    """What has no line is dropped."""
    assert keyword not in {allowed.keyword for allowed in read_allow_list()}


def test_a_line_is_for_one_field() -> None:
    """Two lines for the same place would contradict each other."""
    places = [(allowed.keyword, allowed.field, allowed.kept) for allowed in read_allow_list()]
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
    assert not any(STRICT.hold(allowed.profiles) for allowed in lines)
    assert not any(is_kept(allowed.keyword, allowed.field, STRICT) for allowed in lines)


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
    kept = keep_further(ds, rules=STRICT, pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p")
    assert kept["image_type"] == ["ORIGINAL", "PRIMARY"]
    assert kept["kvp"] == 80
    assert set(kept) == {"image_type", "kvp", "frame_of_reference_uid"}
    assert keep_word(ds, "Modality", "modality") is None


def test_a_well_known_frame_of_reference_stays() -> None:
    """It names an atlas, not a patient."""
    ds = Dataset()
    ds.FrameOfReferenceUID = "1.2.840.10008.1.4.1.1"
    kept = keep_further(ds, rules=STRICT, pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p")
    assert kept == {"frame_of_reference_uid": "1.2.840.10008.1.4.1.1"}
    assert keep_well_known_uid(None) is None


def test_dates_are_kept_shifted_or_not_at_all() -> None:
    """By the same days as the study's."""
    ds = Dataset()
    ds.SeriesDate, ds.ContentDate = "20200101", "99999999"
    pseudonymiser = Pseudonymiser(bytes(32))
    kept = keep_further(ds, rules=KeepRules(), pseudonymiser=pseudonymiser, shift_group="p")
    assert set(kept) == {"series_date_shifted"}
    assert kept["series_date_shifted"] != "2020-01-01"


def test_a_list_of_too_many_numbers_is_dropped() -> None:
    """A text can be spelled in numbers."""
    ds = Dataset()
    ds.ImagerPixelSpacing = ["1"] * 17
    ds.FocalSpots = ["1"] * 17
    assert keep_further(ds, rules=STRICT, pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p") == {}
    assert keep_integer(ds, "Rows", "height") is None


def further(ds: Dataset, *options: str, profile: str = "strict") -> dict[str, object]:
    """Return the further attributes that some options keep."""
    rules = KeepRules(profile, tuple(sorted(options)))  # type: ignore[arg-type]
    return dict(keep_further(ds, rules=rules, pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p"))


def identified_dataset() -> Dataset:
    """Return a data set with something for each option."""
    ds = Dataset()
    ds.PatientName, ds.PatientID = "Miller^Hans", "P4711"
    ds.SOPInstanceUID, ds.StudyInstanceUID = "1.2.3.4", "not a uid"
    ds.StudyDate, ds.StudyTime, ds.ContentTime = "20190704", "071502.25", "25"
    ds.StationName, ds.DeviceSerialNumber, ds.InstitutionName = "CT 7", "MILLER-1", "St. Elsewhere"
    ds.SeriesDescription, ds.StudyDescription = "AX T2 FLAIR for Miller", "Miller"
    ds.PatientSize, ds.PatientWeight, ds.SmokingStatus, ds.PregnancyStatus = "1.8", "49170123", "YES", 4
    return ds


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("clean-descriptors", {"series_description_words": ["AX", "T2", "FLAIR"]}),
        ("retain-device-identity", {"station_name": "CT 7"}),
        ("retain-institution-identity", {"institution_name": "St. Elsewhere"}),
        ("retain-longitudinal-full-dates", {"study_date": "2019-07-04", "study_time": "07:15:02.25"}),
        (
            "retain-patient-characteristics",
            {"patient_size": 1.8, "smoking_status": "YES", "pregnancy_status": 4},
        ),
        ("retain-uids", {"original_sop_instance_uid": "1.2.3.4"}),
    ],
)
def test_an_option_adds_what_it_says(option: str, kept: dict[str, object]) -> None:
    """A text that holds a word of the patient's is dropped; so is what is out of its range or no UID."""
    without = further(identified_dataset())
    assert without == {}
    assert further(identified_dataset(), option) == kept


def test_modified_dates_are_what_research_has() -> None:
    """Asked for on top of strict, the same shifted dates."""
    ds = Dataset()
    ds.SeriesDate = "20190704"
    assert further(ds, "retain-longitudinal-modified-dates") == further(ds, profile="research")
    assert further(ds) == {}


def test_safe_private_numbers_need_their_option() -> None:
    """The b value of a diffusion image."""
    ds = Dataset()
    ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "1000")
    assert further(ds, "retain-safe-private") == {"siemens_b_value": 1000}
    assert further(ds, profile="research") == {}


@pytest.mark.parametrize("text", ["x" * 65, "a\u0007b", "  "])
def test_a_text_that_is_no_name_of_a_thing_is_dropped(text: str) -> None:
    """Too long, not printable, blank."""
    ds = Dataset()
    ds.StationName = text
    assert further(ds, "retain-device-identity") == {}

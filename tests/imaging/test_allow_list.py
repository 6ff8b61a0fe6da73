"""The allow-list as a table, and a site's own over it."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from foundation.errors import ConfigError
from imaging.allow_list import COLUMNS, allow_list_sha256, is_kept, read_allow_list, read_site_table
from imaging.attributes import keep_further
from imaging.profile_options import KeepRules
from imaging.pseudonyms import Pseudonymiser

HEADING = "\t".join(COLUMNS)


def table(*lines: str) -> str:
    """Return a site's table; blanks in a line of cells stand for tabs, "~" for a blank."""
    return "\n".join([HEADING, *("\t".join(line.split(" ")).replace("~", " ") for line in lines)]) + "\n"


def kept(text: str, profile: str = "research", **values: object) -> dict[str, object]:
    """Return the further attributes that a site's table keeps of some values."""
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    rules = KeepRules(profile, (), text)  # type: ignore[arg-type]
    return dict(keep_further(ds, rules=rules, pseudonymiser=Pseudonymiser(bytes(32)), shift_group="p"))


def test_a_site_keeps_more_words_numbers_uids_and_dates() -> None:
    """The ways that cannot carry free text."""
    text = table(
        "ConvolutionKernel coded research attributes B30F~B70F ours",
        "RadionuclideTotalDose number strict~research attributes 0..1e7 ours",
        "SynchronizationFrameOfReferenceUID uid research attributes  ours",
        "DateOfLastCalibration date_shifted research attributes  ours",
    )
    values = {
        "ConvolutionKernel": "B30f",
        "RadionuclideTotalDose": "500000",
        "SynchronizationFrameOfReferenceUID": "1.2.3",
        "DateOfLastCalibration": "20190704",
    }
    names = {"convolution_kernel", "radionuclide_total_dose", "synchronization_frame_of_reference_uid"}
    assert kept(text, **values).keys() == names | {"date_of_last_calibration_shifted"}
    assert kept(text, "strict", **values).keys() == {"radionuclide_total_dose"}
    assert kept("", **values) == {}


def test_a_site_narrows_ours() -> None:
    """Fewer words, a smaller range, another profile, or nothing at all."""
    text = table(
        "KVP number research attributes 50..100 ours",
        "ImageType coded strict~research attributes ORIGINAL ours",
        "SliceThickness drop  attributes  ours",
        "PatientSex drop  patient_sex  ours",
    )
    values = {"KVP": "120", "ImageType": ["ORIGINAL", "PRIMARY"], "SliceThickness": "1"}
    assert kept(text, **values) == {"image_type": "ORIGINAL"}
    assert kept(text, "strict", KVP="80") == {}
    assert not is_kept("PatientSex", "patient_sex", KeepRules("research", (), text))


def test_a_site_gives_a_field_of_its_own_to_another_profile() -> None:
    """Sex in strict, for a site that may."""
    text = table("PatientSex mapped strict~research patient_sex  ours")
    assert is_kept("PatientSex", "patient_sex", KeepRules("strict", (), text))
    assert not is_kept("PatientSex", "patient_sex", KeepRules("strict"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("PatientName coded research attributes MILLER n", r'"PatientName" \(PN\) cannot be kept as "coded"'),
        ("ImageComments coded research attributes OK n", r'"ImageComments" \(LT\)'),
        ("StationName text research attributes  n", "free text stays out"),
        ("StationName true_uid research attributes  n", "free text stays out"),
        ("InstitutionName model research attributes  n", "free text stays out"),
        ("PatientBirthDate date_shifted research attributes  n", "a date of the patient's life"),
        ("StudyTime number research attributes 0..9 n", r'"StudyTime" \(TM\)'),
        ("KVP number research attributes  n", "needs a range"),
        ("KVP number research attributes 0..9e99 n", "needs a range"),
        ("KVP number research attributes 9..0 n", "needs a range"),
        ("KVP number research attributes a..b n", "two numbers"),
        ("ImageType coded research attributes  n", "needs the words"),
        ("Nonsense coded research attributes A n", 'no attribute with the keyword "Nonsense"'),
        ("Rows drop  height  n", 'field "height" is not a site\'s'),
        ("PatientID drop  patient_key  n", 'field "patient_key" is not a site\'s'),
        ("KVP number everyone attributes 0..9 n", "expected profiles or options"),
        ("KVP number  attributes 0..9 n", "expected profiles or options"),
        ("StudyDate year research study_year 1..9999 n", "cannot be kept"),
        ("KVP number research attributes", "expected 6 cells"),
    ],
)
def test_what_a_site_may_not_keep_is_refused_with_its_line(line: str, says: str) -> None:
    """An officer reads the table, not the code."""
    with pytest.raises(ConfigError, match=f"Allow-list line 3: .*{says}"):
        read_site_table(table("KVP number research attributes 0..9 fine", line))


def test_another_table_is_refused() -> None:
    """Such as one with commas."""
    with pytest.raises(ConfigError, match="Expected a first line with the columns keyword, kept"):
        read_site_table("keyword,kept\n")


def test_blank_lines_and_a_byte_order_mark_are_no_mistake() -> None:
    """Spreadsheets write both."""
    text = "\ufeff" + table("KVP number research attributes 0..9 n") + "\n\t\t\t\t\t\n"
    assert [line.keyword for line in read_site_table(text)] == ["KVP"]


def test_ours_is_known_by_its_hash() -> None:
    """A run records it."""
    assert len(allow_list_sha256()) == 64
    assert next(iter(read_allow_list())).tag == "(0008,0018)"

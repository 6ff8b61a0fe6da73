"""ChestX-ray14."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from foundation.errors import ConfigError, IngestError
from imaging.ages import clean_age_years
from ingest.nih import NIH_CLASSES, is_nih_header, nih_follow_up, nih_patient_id, read_split_lists

V2020 = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,OriginalImage[Width"


def test_the_header_is_known() -> None:
    """Of each version; other tables have another one."""
    assert is_nih_header(V2020.split(","))
    assert not is_nih_header(["Image Index", "Finding Label", "Bbox [x"])
    assert list(NIH_CLASSES) == sorted(NIH_CLASSES)
    assert len(NIH_CLASSES) == 15


def test_both_ways_to_write_a_number_are_one() -> None:
    """The sample's patients are those of the whole table; ages in both forms are years."""
    assert nih_patient_id("00000013") == nih_patient_id("13") == "13"
    assert nih_patient_id("A13") == "A13"
    assert (nih_follow_up("005"), nih_follow_up("1000"), nih_follow_up("x")) == (5, None, None)
    assert [clean_age_years(text) for text in ("060Y", "57", "", "411")] == [60, 57, None, None]


def test_the_official_lists_are_found_beside_the_table(tmp_path: Path) -> None:
    """Or where the user says; no picture may be in two."""
    table = tmp_path / "Data_Entry_2017.csv"
    assert read_split_lists(table, {}) == {}
    (tmp_path / "train_val_list.txt").write_text("1.png\n2.png\n")
    (tmp_path / "test_list.txt").write_text("3.png\n")
    assert read_split_lists(table, {}) == {"1.png": "train_val", "2.png": "train_val", "3.png": "test"}
    (tmp_path / "own.txt").write_text("2.png\n")
    assert read_split_lists(table, {"mine": tmp_path / "own.txt"}) == {"2.png": "mine"}
    with pytest.raises(ConfigError, match="share a picture"):
        read_split_lists(table, {"a": tmp_path / "own.txt", "b": tmp_path / "train_val_list.txt"})
    with pytest.raises(IngestError, match="split list"):
        read_split_lists(table, {"a": tmp_path / "none.txt"})


def test_the_official_lists_are_found_in_the_zip_of_the_table(tmp_path: Path) -> None:
    """As ChestX-ray14 is passed around: table, lists and pictures in one archive."""
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("in/Data_Entry_2017.csv", "")
        archive.writestr("in/test_list.txt", "3.png\r\n")
    found = read_split_lists(tmp_path / "set.zip" / "in" / "Data_Entry_2017.csv", {})
    assert found == {"3.png": "test"}

"""The tables for a privacy officer."""

from __future__ import annotations

from imaging.allow_list import COLUMNS, read_allow_list
from imaging.profile_options import OPTIONS, REFUSED_OPTIONS
from pipeline.privacy_tables import KEPT_HEADINGS, REMOVED, head_parts, kept_rows, option_rows


def test_every_line_of_the_allow_list_is_told() -> None:
    """With its tag and the least profile, or the options, that keep it."""
    rows = kept_rows()
    assert len(rows) == len(read_allow_list())
    assert all(len(row) == len(KEPT_HEADINGS) and all(row) for row in rows)
    assert ("PatientSex", "(0010,0040)", "term of a vocabulary", "patient_sex", "research") in rows
    assert ("SOPInstanceUID", "(0008,0018)", "true UID", "attributes", "retain-uids") in rows
    assert ("KVP", "(0018,0060)", "within a range only", "attributes", "all profiles") in rows


def test_a_sites_table_shows() -> None:
    """As the files are read with it."""
    text = "\t".join(COLUMNS) + "\nKVP\tdrop\t\tattributes\t\tours\n"
    assert "KVP" not in {row[0] for row in kept_rows(text)}


def test_every_option_is_told_once() -> None:
    """What it adds, or why it is refused."""
    rows = dict(option_rows())
    assert rows.keys() == OPTIONS.keys() | REFUSED_OPTIONS.keys()
    assert rows["clean-pixel-data"].startswith("refused: ")


def test_a_head_is_more_than_its_name() -> None:
    """All that lies within it, and no more."""
    assert {"HEAD", "SKULL", "FACE", "ORBIT", "HEADNECK"} <= head_parts()
    assert not {"CHEST", "HAND", "WHOLEBODY"} & head_parts()


def test_what_is_removed_is_told_in_words() -> None:
    """Two cells a row."""
    assert all(len(row) == 2 and all(row) for row in REMOVED)

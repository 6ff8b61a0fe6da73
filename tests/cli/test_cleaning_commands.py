"""`dicomill db reclean`, `disagreements`, `conflicts` and `resolve`."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from imaging.samples import bundled_dicom_folder

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")


@pytest.fixture
def stored(works, tmp_path: Path) -> Path:
    """Store a contradiction, a text that only a site knows, and two pictures under one UID."""
    folder = tmp_path / "dicom"
    folder.mkdir()
    for number, values in enumerate(
        (
            {"BodyPartExamined": "CHEST", "ProtocolName": "Knie"},
            {"ProtocolName": "routine 7"},
            {"SOPInstanceUID": "1.2.9"},
            {"SOPInstanceUID": "1.2.9"},
        )
    ):
        ds = pydicom.dcmread(bundled_dicom_folder() / "CT_small.dcm")
        ds.SOPInstanceUID, ds.StudyDescription = f"1.2.{number}", ""
        ds.PixelData = (ds.pixel_array + number).tobytes()
        for keyword, value in values.items():
            setattr(ds, keyword, value)
        ds.save_as(folder / f"{number}.dcm")
    works("ingest", folder, "--workers", 1)
    return folder


def test_a_table_is_applied_and_taken_back(works, stored: Path, tmp_path: Path) -> None:
    """What changed stands in a table and in JSON."""
    table = tmp_path / "site.tsv"
    table.write_text("field\ttext\tvalue\nbody_part\tRoutine 7\tKNEE\n", encoding="utf-8")
    told = works("db", "reclean", "--site-table", table, "--dry-run").out
    assert "1 of 4 rows would change" in told
    assert works("db", "reclean", "--site-table", table, "--json").json["changes"] == [
        {"column": "body_part", "before": None, "after": "KNEE", "num_instances": 1}
    ]
    assert "1 of 4 rows changed" in works("db", "reclean").out


def test_contradictions_are_listed(works, stored: Path) -> None:
    """As a table, and by column."""
    told = works("db", "disagreements").out
    assert "1 of 3 images" in told
    assert "KNEE" in told
    assert works("db", "disagreements", "--column", "modality", "--json").json["disagreements"] == []


def test_a_conflict_is_listed_and_resolved(works, stored: Path) -> None:
    """By UID and version."""
    listed = works("db", "conflicts", "--json").json
    assert listed["num_conflicts"] == 1
    assert "dicomill db resolve UID" in works("db", "conflicts").out
    uid = listed["versions"][0]["sop_instance_uid"]
    assert "Version 2 counts now" in works("db", "resolve", uid, "--keep", 2).out
    assert works("db", "conflicts", "--json").json == {"num_conflicts": 0, "versions": []}


def test_mistakes_are_one_line(refuses, stored: Path, tmp_path: Path) -> None:
    """A table that is none, an instance that is not there."""
    table = tmp_path / "bad.tsv"
    table.write_text("body_part\tCHEST\n", encoding="utf-8")
    refuses("db", "reclean", "--site-table", table, says="is no site table")
    refuses("db", "resolve", "2.25.1", "--keep", 1, says="There is no instance")

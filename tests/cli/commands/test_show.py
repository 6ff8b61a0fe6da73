"""`dicomill show`."""

from __future__ import annotations

from pathlib import Path

import pytest

from imaging.samples import bundled_dicom_folder

CT = bundled_dicom_folder() / "CT_small.dcm"


def test_one_file_is_written_and_told(works, refuses, tmp_path: Path) -> None:
    """Under the default name, which is not replaced unasked."""
    told = works("show", CT).out
    assert (tmp_path / "show.png").is_file()
    assert told.splitlines()[0] == "1  CT_small.dcm"
    for fact in (
        "CT",
        "128 x 128, frame 1 of 1",
        "16 bits, signed, MONOCHROME2",
        "Explicit VR Little Endian",
    ):
        assert fact in told
    assert "CompressedSamples" not in told
    refuses("show", CT, says="show.png already exists")
    works("show", CT, "--overwrite", "--window", "-600,1500")


def test_several_come_on_a_sheet_and_json_says_all(works, stock: Path, tmp_path: Path) -> None:
    """A folder of phantoms, in a preset's window."""
    words = ("show", stock / "dicom", "--out", "sheet.png", "--window", "lung", "--set", "limit=6")
    report = works(*words, "--json").json
    assert len(report["pictures"]) == 6
    assert report["num_left_out"] > 0
    assert {shown["record"]["rendering"] for shown in report["pictures"]} == {"window:lung"}
    assert (tmp_path / "sheet.png").is_file()
    assert "6 pictures in sheet.png" in works(*words, "--overwrite").out


def test_rows_are_shown_by_id(works, refuses, rows: Path) -> None:
    """With the pseudonyms that the view has."""
    first, *_ = works("db", "query", "SELECT id, sop_instance_uid FROM image", "--json").json
    told = works("show", first["id"], "--database", f"sqlite:///{rows}").out
    assert first["sop_instance_uid"] in told
    refuses("show", "123456", "--out", "other.png", says="name its database")


def test_what_gives_no_picture_is_told(dicomill, tmp_path: Path) -> None:
    """With its reason; the status is 1 only when nothing could be shown."""
    plan = bundled_dicom_folder() / "rtplan.dcm"
    outcome = dicomill("show", plan)
    assert outcome.status == 1
    assert outcome.out.startswith("-  rtplan.dcm: ")
    assert list(tmp_path.iterdir()) == []
    outcome = dicomill("show", plan, CT)
    assert outcome.status == 0
    assert "-  rtplan.dcm: " in outcome.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing.dcm"], 'There is no file or folder "missing.dcm"'),
        ([CT, "--rendering", "windw"], 'Did you mean "window"'),
        ([CT, "--window", "40"], "centre and its width"),
        ([CT, "--window", "lung", "--rendering", "full"], "Only the rendering"),
        ([CT, "--out", "no/such.png"], "cannot be written"),
        ([CT, "--frame", "0"], "0"),
        ([CT, "--set", "tile=3"], "tile"),
    ],
)
def test_mistakes_are_one_line(refuses, words: list[object], says: str) -> None:
    """And nothing is written."""
    refuses("show", *words, says=says)

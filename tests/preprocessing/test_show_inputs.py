"""What `show` is pointed at."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from database.schema import Instance
from database.session import Database
from foundation.errors import ConfigError, ImagingError
from imaging.limits import Limits
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings
from preprocessing.show_inputs import ShowInput, list_show_inputs, open_show_input

SETTINGS = ReadSettings(key=bytes(32))


def names(*inputs: Path | str, has_rows: bool = False) -> list[str]:
    """Return the names of what is listed."""
    return [one.name for one in list_show_inputs([str(text) for text in inputs], has_rows=has_rows)]


def reason(one: ShowInput, *, frame_number: int = 1, settings: ReadSettings = SETTINGS) -> str:
    """Return why an input gives no picture."""
    with pytest.raises(ImagingError) as caught:
        open_show_input(one, frame_number=frame_number, settings=settings, database=None)
    return caught.value.reason_code


def test_folders_are_walked_in_order_without_hidden_files(tmp_path: Path) -> None:
    """At any depth; a file stands for itself."""
    for name in ("b/2", "b/10", "a", ".hidden", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["a", "b/10", "b/2"]
    assert names(tmp_path / "a", tmp_path / "b") == ["a", "10", "2"]


def test_of_an_export_only_the_pictures_are_listed(two_classes: Path) -> None:
    """Labels are no pictures."""
    assert names(two_classes) == [f"p{number:02d}.png" for number in range(40)]


def test_numbers_are_ids_where_there_are_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And file names elsewhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "17").touch()
    assert [one.instance_id for one in list_show_inputs(["17"], has_rows=True)] == [17]
    assert [one.path for one in list_show_inputs(["17"], has_rows=False)] == [Path("17")]
    with pytest.raises(ConfigError, match="name its database"):
        names("18")
    with pytest.raises(ConfigError, match="Check the name"):
        names("no-such-file", has_rows=True)


def test_what_gives_no_picture_has_a_reason(tmp_path: Path) -> None:
    """A frame that is not there, a file that is too large, gone or no picture."""
    two_frames = ShowInput("x", path=bundled_dicom_folder() / "SC_rgb_rle_2frame.dcm")
    assert reason(two_frames, frame_number=3) == "no_such_frame"
    small = ReadSettings(key=bytes(32), limits=Limits(file_bytes=10))
    assert reason(two_frames, settings=small) == "too_large"
    assert reason(ShowInput("x", path=tmp_path / "gone")) == "unreadable_file"
    (tmp_path / "text").write_text("text")
    assert reason(ShowInput("x", path=tmp_path / "text")) == "not_dicom_nor_picture"
    assert reason(ShowInput("7", instance_id=7)) == "no_such_id"


def test_a_row_gives_its_frame(ingested: Database) -> None:
    """With its header; a frame or a row that is not there has its reason."""
    with ingested.session() as session:
        row_id = session.scalars(select(Instance.id)).first() or 0
    opened = open_show_input(
        ShowInput("x", instance_id=row_id), frame_number=1, settings=SETTINGS, database=ingested
    )
    assert opened.frame.origin.frame_number == 1
    assert opened.header.sop_instance_uid.startswith("2.25.")
    for instance_id, frame_number, code in ((row_id, 2, "no_such_frame"), (99999, 1, "no_such_id")):
        with pytest.raises(ImagingError) as caught:
            open_show_input(
                ShowInput("x", instance_id=instance_id),
                frame_number=frame_number,
                settings=SETTINGS,
                database=ingested,
            )
        assert caught.value.reason_code == code

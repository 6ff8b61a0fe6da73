"""From a task to pictures."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from foundation.fingerprints import sha256_of_file
from imaging.limits import Limits
from imaging.pictures import read_picture_or_instance
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import ReadSettings
from inference.inputs import InputTask
from inference.reading import InputPicture, ReadingSettings, read_task, read_tasks
from preprocessing.recipe import Recipe

KEY = bytes(range(32))
SETTINGS = ReadingSettings(ReadSettings(key=KEY), "window")


def _bundled(name: str) -> InputTask:
    path = Path(str(get_testdata_file(name, download=False)))
    return InputTask(path.name, Recipe(), path=path)


def _reason(rows: list[InputPicture]) -> str | None:
    (row,) = rows
    assert row.picture is None
    assert row.detail
    return row.reason_code


def test_a_picture_file_is_taken_as_it_is(pictures_path: Path) -> None:
    """It counts as rendered; its pseudonym and its hash are those that ingest gives."""
    path = pictures_path / "a.png"
    (row,) = read_task(InputTask("a.png", Recipe(), path=path), SETTINGS)
    assert row.picture is not None
    assert (row.picture.shape, row.picture.dtype, row.picture.max()) == ((12, 9), np.uint8, 250)
    assert row.sop_instance_uid == Pseudonymiser(KEY).content_uid(sha256_of_file(path))
    instance = read_picture_or_instance(path.read_bytes(), settings=SETTINGS.read)
    assert row.sop_instance_uid == instance.header.sop_instance_uid
    assert row.frame_sha256 == instance.frames[0].stored_values_sha256


def test_missing_steps_are_applied(pictures_path: Path) -> None:
    """One bit leaves 0 and 128."""
    task = InputTask("a.png", Recipe.parse(["bitwise_downsampling:1"]), path=pictures_path / "a.png")
    (row,) = read_task(task, SETTINGS)
    assert row.picture is not None
    assert set(np.unique(row.picture)) == {128}


def test_a_dicom_file_is_rendered_under_its_pseudonym() -> None:
    """The row is named after the file; the identity is the keyed pseudonym of its UID."""
    (row,) = read_task(_bundled("CT_small.dcm"), SETTINGS)
    assert row.name == "CT_small.dcm"
    assert row.picture is not None
    assert (row.picture.shape, row.picture.dtype) == ((128, 128), np.uint8)
    uid = "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322"
    assert row.sop_instance_uid == Pseudonymiser(KEY).uid(uid)
    assert row.stored_name == f"{row.sop_instance_uid}_f0001"
    assert row.frame_sha256 is not None


def test_the_artifacts_window_is_applied() -> None:
    """The text that the artifact carries, to the pixel, with its record."""
    pictures = {}
    for text in ("window", "window:40,400", "window:soft_tissue", "window:40,400@16"):
        (row,) = read_task(_bundled("CT_small.dcm"), ReadingSettings(SETTINGS.read, text))
        assert row.picture is not None
        assert row.render_record is not None
        assert row.render_record.rendering == text
        pictures[text] = row.picture
    assert np.array_equal(pictures["window:40,400"], pictures["window:soft_tissue"])
    assert not np.array_equal(pictures["window"], pictures["window:soft_tissue"])
    assert pictures["window:40,400@16"].dtype == np.uint16


def test_a_dicom_file_is_known_by_its_content(tmp_path: Path) -> None:
    """Whatever its name says."""
    path = tmp_path / "picture.png"
    path.write_bytes(Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes())
    (row,) = read_task(InputTask("picture.png", Recipe(), path=path), SETTINGS)
    assert row.picture is not None


def test_every_frame_is_a_row() -> None:
    """The suffix counts from 1; frames share the instance and differ in their hash."""
    rows = read_task(_bundled("SC_rgb_rle_2frame.dcm"), SETTINGS)
    assert [row.name for row in rows] == [f"SC_rgb_rle_2frame.dcm_f{number:04d}" for number in (1, 2)]
    assert [row.frame_number for row in rows] == [1, 2]
    assert len({row.sop_instance_uid for row in rows}) == 1
    assert all(row.picture is not None and row.picture.shape == (100, 100, 3) for row in rows)


@pytest.mark.parametrize("name", ["rtplan.dcm", "reportsi.dcm", "MR_truncated.dcm", "rtplan_truncated.dcm"])
def test_what_holds_no_picture_is_a_row_with_a_reason(name: str) -> None:
    """One bad file is data, not an exception."""
    assert _reason(read_task(_bundled(name), SETTINGS))


def test_a_file_that_is_no_picture_is_a_row_with_a_reason(pictures_path: Path) -> None:
    """Its ending does not help it, and the rest of the batch is read."""
    tasks = [
        InputTask(name, Recipe(), path=pictures_path / name) for name in ("d.png", "missing.png", "a.png")
    ]
    rows = read_tasks(tasks, SETTINGS)
    assert [row.picture is None for row in rows] == [True, True, False]
    assert rows[1].reason_code == "missing_file"


def test_a_folder_in_a_list_is_a_row_with_a_reason(pictures_path: Path) -> None:
    """A list names files."""
    assert _reason(read_task(InputTask("x", Recipe(), path=pictures_path), SETTINGS)) == "missing_file"


def test_a_file_over_the_limit_is_never_opened(pictures_path: Path) -> None:
    """Its size is checked first."""
    settings = ReadingSettings(ReadSettings(key=KEY, limits=Limits(file_bytes=10)), "window")
    task = InputTask("a.png", Recipe(), path=pictures_path / "a.png")
    assert _reason(read_task(task, settings)) == "too_large"


def test_a_file_that_the_system_refuses_is_a_row_with_a_reason(
    pictures_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights and broken disks are the world's fault."""

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    rows = read_task(InputTask("a.png", Recipe(), path=pictures_path / "a.png"), SETTINGS)
    assert _reason(rows) == "unreadable_file"
    assert str(pictures_path) not in str(rows)


def test_an_unforeseen_error_concerns_its_own_file_only(
    pictures_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words, which may hold anything, are not passed on."""

    def break_down(content: bytes, **_: object) -> None:
        raise KeyError("the patient's name")

    monkeypatch.setattr("inference.reading.read_plain_picture", break_down)
    rows = read_task(InputTask("a.png", Recipe(), path=pictures_path / "a.png"), SETTINGS)
    assert _reason(rows) == "unexpected_error"
    assert "patient's name" not in str(rows)


def test_sixteen_bits_go_through_where_no_step_follows(tmp_path: Path, png: Callable[..., bytes]) -> None:
    """As in training; a recipe, which is made for 8 bits, refuses them with a reason."""
    path = tmp_path / "deep.png"
    path.write_bytes(png(np.full((4, 4), 40_000, np.uint16)))
    (row,) = read_task(InputTask("deep.png", Recipe(), path=path), SETTINGS)
    assert row.picture is not None
    assert row.picture.dtype == np.uint16
    task = InputTask("deep.png", Recipe.parse(["bitwise_downsampling:1"]), path=path)
    assert _reason(read_task(task, SETTINGS)) == "unfit_picture"


def test_a_records_picture_is_read_from_memory(png: Callable[..., bytes]) -> None:
    """It needs no file and gets no pseudonym of its own."""
    content = png(np.full((4, 4), 7, np.uint8))
    (row,) = read_task(InputTask("images/a.png", Recipe(), content=content, frame_sha256="0" * 64), SETTINGS)
    assert row.picture is not None
    assert (row.sop_instance_uid, row.frame_sha256, row.stored_name) == (None, "0" * 64, "images/a.png")


def test_tasks_and_settings_travel_to_other_processes_without_showing_the_key() -> None:
    """They are picklable, and a representation never holds the key."""
    assert pickle.loads(pickle.dumps(SETTINGS)) == SETTINGS
    assert str(KEY) not in repr(SETTINGS)
    task = InputTask("a", Recipe.parse(["bitwise_downsampling:1"]), content=b"x")
    assert pickle.loads(pickle.dumps(task)) == task

"""The door `show`."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from database.research import run_research_query
from database.session import Database
from foundation.errors import ConfigError, TargetExistsError
from imaging.kept_frames import kept_frames
from imaging.pictures import read_picture_or_instance
from imaging.png import decode_png
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings
from preprocessing.show import ShowConfig, show

CT = bundled_dicom_folder() / "CT_small.dcm"


def config(out: Path, *inputs: object, **values: object) -> ShowConfig:
    """Return a config of inputs."""
    return ShowConfig.checked({"inputs": tuple(str(text) for text in inputs), "out": out, **values})


def test_one_picture_is_written_as_it_is(tmp_path: Path) -> None:
    """Every pixel of the rendering, in its bits."""
    for rendering in ("window", "window:lung", "dynamic16"):
        out = tmp_path / f"{rendering.replace(':', '-')}.png"
        report = show(config(out, CT, rendering=rendering))
        instance = read_picture_or_instance(CT.read_bytes(), settings=ReadSettings(key=bytes(32)))
        picture, record = next(kept_frames(instance)).render(rendering)
        assert np.array_equal(decode_png(out.read_bytes()), picture)
        assert report.pictures[0].record == record


def test_several_pictures_come_on_a_sheet(tmp_path: Path) -> None:
    """Numbered as in the report; what is no picture is told and the rest goes on."""
    for name in ("CT_small.dcm", "SC_rgb_rle.dcm", "rtplan.dcm"):
        shutil.copy(bundled_dicom_folder() / name, tmp_path)
    report = show(config(tmp_path / "sheet.png", tmp_path, tile=64))
    assert [(shown.number, shown.name) for shown in report.pictures] == [
        (1, "CT_small.dcm"),
        (2, "SC_rgb_rle.dcm"),
    ]
    assert [refused.name for refused in report.not_shown] == ["rtplan.dcm"]
    assert report.not_shown[0].detail
    assert decode_png((tmp_path / "sheet.png").read_bytes()).shape == (96, 146, 3)


def test_the_header_is_told_without_any_identifier(tmp_path: Path) -> None:
    """What the picture is, how it was encoded and rendered; no name, id or UID of the file."""
    report = show(config(tmp_path / "out.png", CT))
    (shown,) = report.pictures
    assert (shown.modality, shown.width, shown.height, shown.bits_stored) == ("CT", 128, 128, 16)
    assert (shown.photometric_interpretation, shown.transfer_syntax) == (
        "MONOCHROME2",
        "Explicit VR Little Endian",
    )
    assert (shown.sop_instance_uid, shown.patient_key) == (None, None)
    text = report.model_dump_json()
    for planted in ("CompressedSamples", "1CT1", "1.3.6.1.4.1.5962"):
        assert planted not in text


def test_nothing_to_show_writes_nothing(tmp_path: Path) -> None:
    """The reason is told; no file appears."""
    report = show(config(tmp_path / "out.png", bundled_dicom_folder() / "rtplan.dcm"))
    assert (report.out, report.pictures) == (None, ())
    assert len(report.not_shown) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_nobody_foresaw_concerns_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words, which may hold anything, are not passed on."""

    def break_down(*_: object, **__: object) -> None:
        raise KeyError("the patient's name")

    monkeypatch.setattr("preprocessing.show.open_show_input", break_down)
    report = show(config(tmp_path / "out.png", CT))
    assert report.not_shown[0].reason_code == "unexpected_error"
    assert "patient's name" not in report.model_dump_json()


def test_more_than_the_limit_are_counted(tmp_path: Path, two_classes: Path) -> None:
    """Not opened."""
    report = show(config(tmp_path / "out.png", two_classes, limit=5, tile=64))
    assert (len(report.pictures), report.num_left_out) == (5, 35)


def test_rows_are_shown_by_their_id(ingested: Database, tmp_path: Path) -> None:
    """With pseudonyms, as the view has them; a file beside them has the pseudonym of its row."""
    (row_id,) = run_research_query(
        ingested, "SELECT MIN(id) AS id FROM image WHERE patient_key IS NOT NULL"
    ).rows[0]
    report = show(config(tmp_path / "out.png", row_id, CT, "99999", tile=64), database=ingested)
    first, second = report.pictures
    assert first.name == str(row_id)
    assert (first.sop_instance_uid or "").startswith("2.25.")
    assert first.patient_key
    assert (second.sop_instance_uid or "").startswith("2.25.")
    assert second.patient_key is None
    assert [refused.reason_code for refused in report.not_shown] == ["no_such_id"]


def test_mistakes_are_told_before_any_work(tmp_path: Path) -> None:
    """A target that exists or has no folder, an input that is not there, an empty folder, no such window."""
    (tmp_path / "there.png").touch()
    with pytest.raises(TargetExistsError):
        show(config(tmp_path / "there.png", CT))
    assert show(config(tmp_path / "there.png", CT, overwrite=True)).out is not None
    with pytest.raises(ConfigError, match="cannot be written"):
        show(config(tmp_path / "no" / "out.png", CT))
    with pytest.raises(ConfigError, match="no file or folder"):
        show(config(tmp_path / "out.png", tmp_path / "missing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="nothing to show"):
        show(config(tmp_path / "out.png", tmp_path / "empty"))
    with pytest.raises(ConfigError, match="lungs"):
        config(tmp_path / "out.png", CT, rendering="window:lungs")

"""One run of an export over an unfinished folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from foundation.resumption import resumable_folder
from preprocessing import export_runs
from preprocessing.export_runs import ExportRun
from preprocessing.export_tables import ExportTables
from preprocessing.folder_writing import FolderPicture, FolderWriter, WrittenPicture, write_picture
from preprocessing.left_out import LeftOut
from preprocessing.rendering_batch import RenderSettings, WantedFrame

SETTINGS = RenderSettings("sqlite://", "window")


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write names in the place of pictures; one whose name ends in x is left out."""

    def write(wanted: list[WantedFrame], _: RenderSettings, folder: Path) -> list[WrittenPicture | LeftOut]:
        return [
            LeftOut(one.name, "broken")
            if one.name.endswith("x")
            else write_picture(
                folder,
                FolderPicture(
                    one.name,
                    one.name.encode(),
                    labels=one.labels,
                    instance=one.instance,
                    version=one.version,
                    frame_number=one.frame_number,
                    patient_key=one.patient_key,
                ),
            )
            for one in wanted
        ]

    monkeypatch.setattr(export_runs, "export_batch", write)
    monkeypatch.setattr(export_runs, "FRAMES_A_BATCH", 2)


def frames(*names: str, patient_key: str | None = "p", labels: tuple[str, ...] = ("A",)) -> list[WantedFrame]:
    """Return wanted pictures of these names."""
    return [
        WantedFrame(name, number, 1, f"2.25.{number}", 1, patient_key, labels)
        for number, name in enumerate(names)
    ]


def run(target: Path, wanted: list[WantedFrame], *, stop_after: int | None = None) -> ExportRun:
    """Run over a target; Ctrl-C after so many pictures."""

    def coming() -> Any:
        for number, one in enumerate(wanted):
            if number == stop_after:
                raise KeyboardInterrupt
            yield one

    with (
        resumable_folder(target, key="0" * 16, overwrite=True) as unfinished,
        FolderWriter(unfinished.folder) as writer,
        ExportTables(unfinished.folder, labels_table="tsv", has_metadata=True) as tables,
    ):
        work = ExportRun(
            unfinished,
            writer,
            tables,
            lambda ids: {instance_id: {"number": instance_id} for instance_id in ids},
            SilentProgress(),
        )
        work.write(coming(), SETTINGS, InProcessExecutor())
    return work


def test_what_is_finished_is_taken_over(tmp_path: Path) -> None:
    """Also what was left out; tables and manifest are those of an undisturbed run."""
    wanted = frames("a", "bx", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m")
    whole = run(tmp_path / "whole", wanted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", wanted, stop_after=11)
    again = run(tmp_path / "out", wanted)
    assert whole.num_resumed == 0 < again.num_resumed
    assert again.left_out == whole.left_out == [LeftOut("bx", "broken")]
    assert again.labels == whole.labels == {"A": 11}
    for name in ("manifest.csv", "labels.tsv", "metadata.jsonl", "images/m.png"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("changed", [{"patient_key": None}, {"labels": ("B",)}])
def test_what_rows_say_otherwise_today_is_made_anew(tmp_path: Path, changed: dict[str, Any]) -> None:
    """A patient that was merged meanwhile, another label."""
    names = "abcdefghiklm"
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", frames(*names), stop_after=11)
    again = run(tmp_path / "out", frames(*names, **changed))
    assert again.num_resumed == 0
    run(tmp_path / "whole", frames(*names, **changed))
    for name in ("manifest.csv", "labels.tsv", "labels/a.txt"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_shorter_run_takes_no_more_than_it_wants(tmp_path: Path) -> None:
    """Notes beyond the last picture that is wanted are dropped."""
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", frames(*"abcdefghiklm"), stop_after=11)
    again = run(tmp_path / "out", frames("a", "b"))
    assert (again.num_resumed, again.writer.num_pictures) == (2, 2)

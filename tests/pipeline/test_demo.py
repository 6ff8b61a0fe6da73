"""The door `demo`: the whole way, once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from foundation.errors import PipelineError
from pipeline.demo import FIRST_QUERY, STAGES, DemoConfig, demo
from pipeline.run_files import read_run_file

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_whole_way_is_gone_once_and_then_skipped(tiny_demo) -> None:
    """DICOM files to predictions; the second time only rows are looked at again."""
    names = [name for stage in STAGES for name in stage]
    assert [stage.name for stage in tiny_demo.first.stages] == names
    assert {stage.outcome for stage in tiny_demo.first.stages} == {"ran"}
    skipped = [stage.name for stage in tiny_demo.second.stages if stage.outcome == "skipped"]
    assert skipped == [name for name in names if name not in {"ingest", "cohort"}]
    assert tiny_demo.second.accuracy == tiny_demo.first.accuracy
    assert tiny_demo.second.stages[0].report["num_new_instances"] == 0


@pytest.mark.tensorflow
@pytest.mark.slow
def test_every_command_is_told(tiny_demo) -> None:
    """The phantoms' too, so that all of it can be typed by hand."""
    commands = [line.split()[2] for line in tiny_demo.lines if line.startswith("$ dicomill ")]
    assert commands == ["phantoms", "phantoms", *(name for stage in STAGES for name in stage)]


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_cohort_holds_phantoms_alone(tiny_demo) -> None:
    """The files of pydicom are ingested for what they are, not trained on."""
    reports = {stage.name: stage.report for stage in tiny_demo.first.stages}
    manifest = (tiny_demo.folder / "export" / "manifest.csv").read_text().splitlines()
    assert len(manifest) - 1 == reports["cohort"]["num_images"]
    assert 0 < reports["cohort"]["num_images"] <= 24 * 2 < reports["ingest"]["num_files"]


@pytest.mark.tensorflow
@pytest.mark.slow
def test_all_of_it_stands_in_a_run_file(tiny_demo) -> None:
    """Which `dicomill run` takes."""
    plan = read_run_file(tiny_demo.folder / "demo.yaml")
    assert [{planned.name} for planned in plan.stages] == [set(stage) for stage in STAGES]
    assert yaml.safe_load((tiny_demo.folder / "demo.yaml").read_text())["stages"] == STAGES


def test_the_query_shown_is_the_readmes_first() -> None:
    """Word by word."""
    assert " ".join(FIRST_QUERY.split()) in " ".join(README.read_text(encoding="utf-8").split())


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands in its way."""
    (tmp_path / "file").touch()
    with pytest.raises(PipelineError, match="Cannot write to"):
        demo(DemoConfig(folder=tmp_path / "file" / "demo"))


def test_a_demo_of_another_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its phantoms would stay in the database, and the new ones never be drawn."""
    monkeypatch.setattr("pipeline.demo.write_phantoms", lambda folder, **_: folder.mkdir())
    monkeypatch.setattr("pipeline.demo.run", lambda config, **_: pytest.fail("nothing may run"))
    folder = tmp_path / "demo"
    with pytest.raises(pytest.fail.Exception):
        demo(DemoConfig(folder=folder, patients=20))
    with pytest.raises(PipelineError, match=r"other phantoms.*20 patients.*Received: 30 patients"):
        demo(DemoConfig(folder=folder, patients=30))

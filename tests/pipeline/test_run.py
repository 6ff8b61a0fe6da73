"""The door `run`: what is unchanged is skipped, what is not ours is left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from database.opening import open_with_key
from database.products import parents_of
from foundation.errors import (
    DicomillError,
    EmptyCohortError,
    IngestError,
    TargetExistsError,
    UnknownNameError,
)
from foundation.lineage import read_lineage
from pipeline.run import RunConfig, run
from pipeline.run_state import state_path


def outcomes(file: Path, *, again: bool = False) -> dict[str, str]:
    """Run a file and return how each stage ended."""
    return {stage.name: stage.outcome for stage in run(RunConfig(file=file, again=again)).stages}


def change(file: Path, before: str, after: str) -> None:
    """Change a run file."""
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


ALL_RAN = dict.fromkeys(["ingest", "cohort", "export", "transform", "pack"], "ran")
NONE_RAN = {**dict.fromkeys(ALL_RAN, "skipped"), "ingest": "ran", "cohort": "ran"}


def test_an_unchanged_file_is_skipped_the_second_time(study: Path) -> None:
    """Stages that write rows run again, and add nothing."""
    assert outcomes(study) == ALL_RAN
    second = run(RunConfig(file=study))
    assert {stage.name: stage.outcome for stage in second.stages} == NONE_RAN
    reports = {stage.name: stage.report for stage in second.stages}
    assert reports["ingest"]["num_new_instances"] == 0
    assert reports["cohort"]["is_new"] is False
    assert reports["export"]["num_images"] == 20


def test_a_changed_stage_runs_and_with_it_those_that_read_it(study: Path) -> None:
    """What stands before it is kept."""
    run(RunConfig(file=study))
    change(study, "steps: [invert]", "steps: [invert, grayscale]")
    assert outcomes(study) == {**NONE_RAN, "transform": "ran", "pack": "ran"}
    assert outcomes(study) == NONE_RAN


def test_a_new_picture_runs_everything(study: Path, add_picture) -> None:
    """The cohort is another version, so its export is another one."""
    run(RunConfig(file=study))
    add_picture(study.parent / "pictures" / "hand" / "new.png", seed=99)
    assert outcomes(study) == ALL_RAN
    assert outcomes(study) == NONE_RAN


def test_the_same_picture_under_another_name_changes_no_export(study: Path) -> None:
    """It was sent again; the rows are the same."""
    run(RunConfig(file=study))
    hands = study.parent / "pictures" / "hand"
    shutil.copy(hands / "1.png", hands / "again.png")
    assert outcomes(study) == NONE_RAN


def test_a_product_that_is_gone_is_made_again(study: Path) -> None:
    """And what reads it follows, because it is another product."""
    run(RunConfig(file=study))
    shutil.rmtree(study.parent / "out" / "inverted")
    assert outcomes(study) == {**NONE_RAN, "transform": "ran", "pack": "ran"}


def test_again_runs_every_stage(study: Path) -> None:
    """And replaces what the run wrote itself."""
    run(RunConfig(file=study))
    assert outcomes(study, again=True) == ALL_RAN


def test_a_stage_may_be_put_in_without_the_others_losing_what_they_know(study: Path) -> None:
    """A product is known by its path, not by its place in the file."""
    run(RunConfig(file=study))
    change(
        study,
        "  - pack:",
        "  - export: {cohort: parts, folder: out/full, rendering: full}\n  - pack:",
    )
    stages = run(RunConfig(file=study)).stages
    assert [stage.outcome for stage in stages] == ["ran", "ran", "skipped", "skipped", "ran", "skipped"]


def test_what_the_run_did_not_write_is_left_alone(study: Path) -> None:
    """Neither a user's folder nor one that was made anew by hand is replaced."""
    (study.parent / "out" / "inverted").mkdir(parents=True)
    (study.parent / "out" / "inverted" / "mine.txt").write_text("mine")
    with pytest.raises(
        TargetExistsError, match=r"already exists.*give the stage transform `overwrite: true`"
    ):
        run(RunConfig(file=study))
    assert (study.parent / "out" / "inverted" / "mine.txt").read_text() == "mine"


def test_a_product_that_was_exchanged_is_left_alone(study: Path) -> None:
    """It is not what the last run wrote."""
    run(RunConfig(file=study))
    other = study.parent / "out" / "inverted"
    shutil.rmtree(other)
    shutil.copytree(study.parent / "out" / "export", other)
    with pytest.raises(TargetExistsError):
        run(RunConfig(file=study))


def test_overwrite_in_the_file_replaces_whatever_stands_there(study: Path) -> None:
    """It was asked for."""
    (study.parent / "out" / "inverted").mkdir(parents=True)
    (study.parent / "out" / "inverted" / "mine.txt").write_text("mine")
    change(study, "steps: [invert]}", "steps: [invert], overwrite: true}")
    assert outcomes(study) == ALL_RAN


def test_the_stages_before_a_failing_one_are_kept(study: Path) -> None:
    """When the cause is mended, the run goes on there."""
    mine = study.parent / "out" / "inverted" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.touch()
    with pytest.raises(TargetExistsError):
        run(RunConfig(file=study))
    mine.unlink()
    assert outcomes(study) == {**ALL_RAN, "export": "skipped"}


def test_a_wrong_file_runs_nothing(study: Path) -> None:
    """Not even its first stage."""
    change(study, "tt_split}", "halves}")
    with pytest.raises(DicomillError, match="split"):
        run(RunConfig(file=study))
    assert not (study.parent / "study.db").exists()
    assert not state_path(study).exists()


def test_an_unknown_step_is_told_before_anything_runs(study: Path) -> None:
    """Rather than after the hours that the stages before it take."""
    change(study, "steps: [invert]", "steps: [blur]")
    with pytest.raises(UnknownNameError, match="blur"):
        run(RunConfig(file=study))
    assert not (study.parent / "study.db").exists()


def test_a_mistyped_source_makes_no_database(study: Path) -> None:
    """Neither does it leave a key behind."""
    change(study, "paths: [pictures]", "paths: pitcures")
    before = sorted(study.parent.iterdir())
    with pytest.raises(IngestError, match="pitcures"):
        run(RunConfig(file=study))
    assert sorted(study.parent.iterdir()) == before


def test_an_empty_cohort_stops_the_run(study: Path) -> None:
    """With no export of nothing."""
    change(study, "name: parts}", "name: parts, where: study_year > 3000}")
    with pytest.raises(EmptyCohortError):
        run(RunConfig(file=study))
    assert not (study.parent / "out").exists()


def test_every_command_is_told_before_its_stage(study: Path, listener) -> None:
    """And after it how long it took, or that nothing had changed."""
    run(RunConfig(file=study), progress=listener)
    assert listener.lines[0].startswith("$ dicomill ingest study/pictures --class-folders --workers 1")
    assert listener.lines[0].endswith("--database sqlite:///study/study.db")
    assert len(listener.lines) == 10
    listener.lines.clear()
    run(RunConfig(file=study), progress=listener)
    assert listener.lines.count("  unchanged") == 3


def test_every_product_is_a_row_with_its_parents(study: Path) -> None:
    """Also those whose doors know no database."""
    run(RunConfig(file=study))
    products = {name: read_lineage(study.parent / "out" / name) for name in ("export", "inverted", "records")}
    with (
        open_with_key(f"sqlite:///{study.parent / 'study.db'}") as database,
        database.session() as session,
    ):
        assert parents_of(session, products["inverted"].product_uuid) == (products["export"].product_uuid,)
        assert parents_of(session, products["records"].product_uuid) == (products["inverted"].product_uuid,)


def test_an_open_database_may_be_given(study: Path, tmp_path: Path) -> None:
    """It stays open, and the one that the file names is not made."""
    with open_with_key(f"sqlite:///{tmp_path / 'given.db'}", create=True) as database:
        run(RunConfig(file=study), database=database)
        with database.session() as session:
            assert session.is_active
    assert not (study.parent / "study.db").exists()

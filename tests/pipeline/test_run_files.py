"""Reading and checking run files."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError, DicomillError, PipelineError, UnknownNameError
from pipeline.run_files import read_run_file


def written(folder: Path, text: str) -> Path:
    """Write a run file."""
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def test_stages_are_planned_in_order(study: Path) -> None:
    """With checked configs."""
    plan = read_run_file(study)
    assert [planned.name for planned in plan.stages] == ["ingest", "cohort", "export", "transform", "pack"]
    assert plan.key_file is None
    assert plan.path == study


def test_relative_paths_count_from_the_files_own_folder(study: Path, tmp_path: Path) -> None:
    """Wherever the command is typed; absolute ones stay."""
    ingest, _, export, transform, _ = read_run_file(Path("study/study.yaml")).stages
    assert ingest.config.paths == (study.parent / "pictures",)
    assert (export.product, transform.product) == (
        study.parent / "out" / "export",
        study.parent / "out" / "inverted",
    )
    absolute = written(tmp_path, "stages: [{ingest: {paths: [/there], operator_file: told.tsv}}]")
    (stage,) = read_run_file(absolute).stages
    assert stage.config.paths == (Path("/there"),)
    assert stage.config.operator_file == tmp_path / "told.tsv"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "sqlite:///FOLDER/dicomill.db"),
        ("database: sqlite:///a/b.db\n", "sqlite:///FOLDER/a/b.db"),
        ("database: sqlite:////there/b.db\n", "sqlite:////there/b.db"),
        ("database: mysql://root@127.0.0.1/images\n", "mysql://root@127.0.0.1/images"),
    ],
)
def test_the_database_lies_beside_the_file_unless_it_says_otherwise(
    tmp_path: Path, text: str, url: str
) -> None:
    """A study is one folder."""
    path = written(tmp_path, text + "key_file: a.key\nstages: [{cohort: {name: a}}]")
    plan = read_run_file(path)
    assert plan.database_url == url.replace("FOLDER", str(tmp_path))
    assert plan.key_file == tmp_path / "a.key"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("stages: [}", PipelineError, "cannot be read as YAML. The trouble starts at line 1."),
        ("a: &x [*x]\nb: *y", PipelineError, "cannot be read as YAML"),
        ("just words", PipelineError, "expected `database:` and `stages:`"),
        ("", PipelineError, "expected `database:` and `stages:`"),
        ("stage: []\n1: 2", PipelineError, "unknown 1, stage. Expected: database, key_file, stages."),
        ("stages: 5", PipelineError, "expected `stages:` with a list of stages"),
        (
            "database: 5\nstages: [{cohort: {name: a}}]",
            PipelineError,
            "`database:` expects text. Received: 5.",
        ),
        ("key_file: [a]\nstages: [{cohort: {name: a}}]", PipelineError, "`key_file:` expects text."),
        ("stages: [cohort]", PipelineError, "a stage is one name with its options. Received: 'cohort'."),
        ("stages: [{cohort: {name: a}, export: {}}]", PipelineError, "a stage is one name with its options"),
        ("stages: [{cohort: a}]", PipelineError, "cohort expects options. Received: 'a'."),
        ("stages: [{cohrt: {name: a}}]", UnknownNameError, 'no stage "cohrt". Did you mean "cohort"?'),
        ("stages: [{1: {name: a}}]", UnknownNameError, 'no stage "1"'),
        ("stages: [{cohort: {nme: a}}]", ConfigError, 'no field "nme". Did you mean "name"?'),
        ("stages: [{cohort: {5: a}}]", ConfigError, 'no field "5"'),
        ("stages: [{cohort: {}}]", ConfigError, "name: Field required"),
        ("stages: [{export: {cohort: a, folder: 5}}]", ConfigError, "folder: "),
        ("stages: [{export: {cohort: a, folder: b, rendering: c}}]", DicomillError, 'no rendering "c"'),
        ("stages: [{train: {records: a, artifact: b, model: c}}]", DicomillError, 'no model "c"'),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(
    tmp_path: Path, text: str, error: type[DicomillError], says: str
) -> None:
    """Before anything runs."""
    with pytest.raises(error) as caught:
        read_run_file(written(tmp_path, text))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, a folder, or no text."""
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for name, says in {
        "missing.yaml": "Cannot read the run file",
        ".": "Cannot read the run file",
        "binary.yaml": "cannot be read as YAML",
    }.items():
        with pytest.raises(PipelineError, match=says):
            read_run_file(tmp_path / name)

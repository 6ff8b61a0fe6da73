"""`dicomill run`."""

from __future__ import annotations

from pathlib import Path

import pytest

TEXT = """\
database: sqlite:///dicomill.db
stages:
  - cohort: {name: heads, body_parts: [SKULL]}
  - export: {cohort: heads, folder: out/export, workers: 1}
"""


def test_stages_run_once_and_are_skipped_then(works, rows: Path, tmp_path: Path) -> None:
    """Each is told on standard error with the command that does the same; standard output stays empty."""
    (tmp_path / "study.yaml").write_text(TEXT)
    first = works("run", "study.yaml")
    assert first.out == ""
    assert [line for line in first.err.splitlines() if line.startswith("$")] == [
        "$ dicomill cohort create heads --body-part SKULL --database sqlite:///dicomill.db",
        "$ dicomill export heads out/export --set workers=1 --database sqlite:///dicomill.db",
    ]
    outcomes = [stage["outcome"] for stage in works("run", "study.yaml", "--json").json["stages"]]
    assert outcomes == ["ran", "skipped"]
    again = works("run", "study.yaml", "--again", "--json").json["stages"]
    assert [stage["outcome"] for stage in again] == ["ran", "ran"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stages: [{exprt: {}}]", 'There is no stage "exprt". Did you mean "export"?'),
        ("stages: [{export: {cohort: a, foldr: b}}]", 'There is no field "foldr". Did you mean "folder"?'),
        ("stages: [{transform: {folder: a, target: b, steps: [blur]}}]", 'There is no step "blur"'),
        ("stages: [{train: {records: a, artifact: b, model: lenet}}]", 'There is no model "lenet".'),
        ("stages: [{export: {cohort: none, folder: b}}]", 'There is no cohort "none"'),
        ("stages: [{cohort: {name: a, where: study_year < 0}}]", 'The cohort "a" would be empty'),
        ("stages: []", "expected `stages:` with a list of stages"),
        ("stages: [}", "cannot be read as YAML. The trouble starts at line 1."),
        ("database: sqlite:///no.db\nstages: [{export: {cohort: a, folder: b}}]", "There is no database"),
        ("key_file: no.key\nstages: [{export: {cohort: a, folder: b}}]", "Cannot read the key file"),
    ],
)
def test_mistakes_are_one_line(refuses_after_stage_lines, rows: Path, text: str, says: str) -> None:
    """The whole file is read before its first stage runs."""
    refuses_after_stage_lines(text, says)


@pytest.fixture
def refuses_after_stage_lines(dicomill, tmp_path: Path):
    """Run a file and see one line of ours after the lines that tell the stages."""

    def call(text: str, says: str) -> None:
        (tmp_path / "study.yaml").write_text(text)
        outcome = dicomill("run", "study.yaml")
        assert outcome.status in {1, 2}
        (line,) = [line for line in outcome.err.splitlines() if not line.startswith("$ ")]
        assert line.startswith("dicomill: ")
        assert says in line
        assert {path.name for path in tmp_path.iterdir() if not path.name.startswith("dicomill.")} == {
            "study.yaml"
        }

    return call


def test_a_missing_file_is_one_line(refuses) -> None:
    """By its name."""
    refuses("run", "missing.yaml", says="Cannot read the run file missing.yaml")

"""`dicomill ingest`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from imaging.samples import bundled_dicom_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures in class folders, a text and an empty file."""
    target = tmp_path / "files"
    for name, content in {
        "hand/a.dcm": (bundled_dicom_folder() / "CT_small.dcm").read_bytes(),
        "skull/b.dcm": (bundled_dicom_folder() / "MR_small.dcm").read_bytes(),
        "notes.txt": b"no picture",
        "empty.dcm": b"",
    }.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return target


def test_files_become_rows_in_a_new_database_with_its_key(works, folder: Path, tmp_path: Path) -> None:
    """Every file is counted, and the list of paths is for one pair of eyes."""
    told = works("ingest", "files", "--workers", 1).out
    assert told.startswith("4 files in ")
    assert "  2  stored\n" in told
    assert "Reasons:\n" in told
    for name in ("dicomill.key", "dicomill.paths.tsv"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert str(tmp_path / "dicomill.paths.tsv") in told or "dicomill.paths.tsv" in told


def test_a_second_run_adds_nothing(works, folder: Path) -> None:
    """The same command goes on where it stopped."""
    first = works("ingest", "files", "--workers", 1, "--json").json
    second = works("ingest", "files", "--workers", 1, "--json").json
    assert (first["num_new_instances"], second["num_new_instances"]) == (2, 0)
    assert first["num_files"] == second["num_files"] == 4


def test_class_folders_are_labels_of_the_task(works, folder: Path) -> None:
    """For classes that are no body parts too."""
    works("ingest", "files", "--class-folders", "--task", "limb", "--workers", 1)
    labels = works("cohort", "create", "limbs", "--task", "limb", "--json").json["label_counts"]
    assert labels == {"hand": 1, "skull": 1}


def test_the_profile_comes_from_the_option_else_from_the_settings(
    works, door_stand_in, folder: Path, tmp_path: Path
) -> None:
    """A hospital sets it once."""
    from ingest.ingest import IngestReport

    report = IngestReport(
        num_files=0, dispositions={}, reasons={}, num_new_instances=0, operator_file=None, seconds=0
    )
    asked = door_stand_in("ingest.ingest.ingest", report)
    (tmp_path / "dicomill.toml").write_text('profile = "strict"')
    works("ingest", "files")
    works("ingest", "files", "--profile", "research", "--set", "batch_size=2")
    assert [(config.profile, config.batch_size) for config in asked] == [("strict", 16), ("research", 2)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing"], "There is no folder or file missing."),
        (["files", "missing"], "There is no folder or file missing."),
        (["files", "--key-file", "missing.key"], "Cannot read the key file missing.key."),
        (["files", "--database", "sqlite:///nowhere/a.db"], "nowhere"),
        (["files", "--database", "sqlite:///:memory:"], "names no file"),
        (["files", "--database", "mysql://root@127.0.0.1:1/images"], "No database server answers"),
        (["files", "--profile", "everything"], "'everything' is not one of 'strict', 'research'"),
        (["files", "--set", "bach_size=2"], 'There is no field "bach_size". Did you mean "batch_size"?'),
        (["files", "--set", "batch_size=0"], "batch_size: "),
        (["files", "--source", ""], "source: "),
    ],
)
def test_mistakes_are_one_line(refuses, folder: Path, words: list[str], says: str) -> None:
    """And neither a database nor a key is left behind."""
    refuses("ingest", *words, "--workers", 1, says=says)


def test_another_key_is_refused(refuses, rows: Path, other_key: Path, folder: Path) -> None:
    """The same patient would get a second pseudonym."""
    refuses("ingest", "files", "--key-file", "other.key", says="This database was made with another key")


def test_a_lost_key_is_not_made_anew(refuses, rows: Path, folder: Path, tmp_path: Path) -> None:
    """A new one would split every patient in two."""
    (tmp_path / "dicomill.key").unlink()
    refuses("ingest", "files", says="needs the secret key")


def test_a_key_that_others_can_read_is_refused(refuses, rows: Path, folder: Path, tmp_path: Path) -> None:
    """With the command that mends it."""
    (tmp_path / "dicomill.key").chmod(0o644)
    refuses("ingest", "files", says="chmod 600")

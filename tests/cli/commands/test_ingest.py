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
    made = works("cohort", "create", "limbs", "--task", "limb", "--keep", "risk", "--json").json
    assert made["label_counts"] == {"hand": 1, "skull": 1}


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
    assert [(config.profile, config.batch_size) for config in asked] == [("strict", 64), ("research", 2)]


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
    refuses("ingest", "files", says="A lost key cannot be made again")


def test_a_key_that_others_can_read_is_refused(refuses, rows: Path, folder: Path, tmp_path: Path) -> None:
    """With the command that mends it."""
    (tmp_path / "dicomill.key").chmod(0o644)
    refuses("ingest", "files", says="chmod 600")


def test_a_dry_run_writes_nothing_and_needs_no_database(works, folder: Path, tmp_path: Path) -> None:
    """It says what would become of each file, and what they are."""
    told = works("ingest", "files", "--dry-run", "--workers", 1).out
    assert told.startswith("4 files looked at in ")
    assert "nothing was written. They would be (there is no database, or no key, to compare with):" in told
    assert "  2  stored\n" in told
    assert "2 different instances of 2 patients, 2 studies, 2 series; 2 frames, 0.0 MB" in told
    assert "Modalities:\n  1  CT\n  1  MR\n" in told
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_a_dry_run_knows_what_is_stored(works, folder: Path) -> None:
    """By place and size, with the database and its key."""
    works("ingest", "files", "--workers", 1)
    report = works("ingest", "files", "--dry-run", "--workers", 1, "--json").json
    assert report["dispositions"] == {"rejected": 2, "unchanged": 2}
    assert report["compares_with_database"]


def test_a_spool_is_watched_and_emptied(works, folder: Path, tmp_path: Path) -> None:
    """For as long as it is told to; files that gave no picture are put away too."""
    quick = ["--set", "watch_seconds=0.4", "--set", "poll_seconds=0.05", "--set", "settle_seconds=0.05"]
    report = works(
        "ingest", "files", "--watch", "--workers", 1, *quick, "--set", "done_folder=done", "--json"
    ).json
    assert report["dispositions"] == {"rejected": 2, "stored": 2}
    assert sorted(path.name for path in (tmp_path / "done").rglob("*.*")) == [
        "a.dcm",
        "b.dcm",
        "empty.dcm",
        "notes.txt",
    ]


def test_budget_and_scheduler_come_from_the_settings_too(works, door_stand_in, folder: Path) -> None:
    """A machine's owner sets them once; `--set` and `--scheduler` come before."""
    from ingest.ingest import IngestReport

    report = IngestReport(
        num_files=0, dispositions={}, reasons={}, num_new_instances=0, operator_file=None, seconds=0
    )
    asked = door_stand_in("ingest.ingest.ingest", report)
    Path("dicomill.toml").write_text('memory = "2GB"\nscheduler = "tcp://a:1"')
    works("ingest", "files")
    works("ingest", "files", "--set", "memory=1GiB", "--scheduler", "tcp://b:2")
    assert [(config.memory, config.scheduler) for config in asked] == [
        (2_000_000_000, "tcp://a:1"),
        (1 << 30, "tcp://b:2"),
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "memory=plenty"], "memory: "),
        (["--scheduler", "nowhere"], "No Dask scheduler answers at nowhere."),
        (["--watch", "files/notes.txt"], "Watching takes one spool folder. Received: 2 paths."),
        (["--dry-run", "missing"], "There is no folder or file missing."),
    ],
)
def test_mistakes_of_the_engines_options_are_one_line(
    dicomill, folder: Path, words: list[str], says: str
) -> None:
    """With what to do."""
    outcome = dicomill("ingest", "files", *words)
    assert outcome.status in {1, 2}
    assert says in outcome.err
    assert outcome.err.count("\n") == 1

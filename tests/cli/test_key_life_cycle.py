"""The key from its making to its loss, as a user meets it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imaging.samples import bundled_dicom_folder

FILE = str(bundled_dicom_folder() / "CT_small.dcm")
INGEST = ("ingest", FILE, "--workers", "1")

# Every command that opens a database and takes a key.
KEYED_COMMANDS = (
    ("cohort", "create", "more"),
    ("export", "parts", "out"),
    ("ingest", FILE),
    ("ingest", FILE, "--dry-run"),
    ("labels", "add", "--constant", "A", "--task", "t", "--where", "id > 0"),
    ("patients", "merge", "table.csv"),
    ("privacy", "report"),
    ("pseudonymise", "table.csv", "--patient", "id", "--output", "keys.csv"),
    ("risk", "check", "--ocr"),
    ("risk", "clear", "--where", "id > 0", "--by", "x", "--reason", "y"),
    ("risk", "undo", "1", "--by", "x"),
    ("withdraw", "x", "--yes"),
)


def test_the_first_ingest_makes_database_and_key(works: Callable[..., Any], tmp_path: Path) -> None:
    """Side by side, the key for its owner alone."""
    works(*INGEST)
    key = tmp_path / "dicomill.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "The key fits" in works("key", "check", key).out
    works(*INGEST)


@pytest.mark.parametrize("words", [("cohort", "create", "c"), ("withdraw", "x", "--yes"), ("risk", "list")])
def test_other_commands_make_neither(refuses: Callable[..., Any], words: tuple[str, ...]) -> None:
    """A mistyped name must not become an empty database."""
    refuses(*words, says="There is no database")


@pytest.mark.parametrize(
    "words", KEYED_COMMANDS, ids=lambda words: " ".join(Path(word).name for word in words[:2])
)
def test_every_command_refuses_another_key(
    refuses: Callable[..., Any], rows: Path, other_key: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """With it, the same patient would get a second pseudonym."""
    (tmp_path / "table.csv").write_text("id,old_id,new_id\n1,2,3\n")
    refuses(*words, "--key-file", other_key, says="made with another key")
    assert rows.exists()


def test_a_lost_key_stops_what_needs_it_and_nothing_else(
    works: Callable[..., Any], refuses: Callable[..., Any], rows: Path, tmp_path: Path
) -> None:
    """No new one is made in its place; with the copy put back all goes on."""
    kept = shutil.move(tmp_path / "dicomill.key", tmp_path / "copy.key")
    refuses(*INGEST, says="A lost key cannot be made again")
    refuses("withdraw", "x", "--yes", says="The key that this database was made with was not found")
    works("cohort", "list")
    works("risk", "list")
    works("privacy", "report")
    assert not (tmp_path / "dicomill.key").exists()
    works(*INGEST, "--key-file", kept)
    assert rows.exists()


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (("ab" * 16, 0o600), "Put the copy of the key back"),
        (("", 0o600), "is not a dicomill key"),
        (("not hexadecimal at all " * 4, 0o600), "is not a dicomill key"),
        (("ab" * 32, 0o644), "is open to other users. Run: chmod 600"),
    ],
)
def test_a_spoilt_key_is_one_clear_line(
    refuses: Callable[..., Any], rows: Path, tmp_path: Path, spoilt: tuple[str, int], says: str
) -> None:
    """Cut, empty, overwritten, or open to others."""
    key = tmp_path / "dicomill.key"
    key.write_text(spoilt[0])
    key.chmod(spoilt[1])
    refuses(*INGEST, says=says)
    assert rows.exists()


@pytest.mark.mysql
def test_a_server_needs_a_given_key(
    works: Callable[..., Any], refuses: Callable[..., Any], mysql_url: str, other_key: Path, tmp_path: Path
) -> None:
    """None is made for it, and the first one stays the only one."""
    refuses(*INGEST, "--database", mysql_url, says="for a new server database make one with")
    works("key", "create", "server.key")
    works(*INGEST, "--database", mysql_url, "--key-file", "server.key")
    refuses(*INGEST, "--database", mysql_url, "--key-file", other_key, says="made with another key")
    refuses(*INGEST, "--database", mysql_url, says="A lost key cannot be made again")
    assert sorted(path.name for path in tmp_path.glob("*.key")) == ["other.key", "server.key"]

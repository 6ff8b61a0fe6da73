"""`dicomill key`."""

from __future__ import annotations

from pathlib import Path

from foundation.keys import key_fingerprint, read_key_file


def test_a_key_is_made_and_only_its_fingerprint_told(works, refuses, tmp_path: Path) -> None:
    """And never a second time over the first."""
    told = works("key", "create", "mine.key").out
    key = read_key_file(tmp_path / "mine.key")
    assert told == f"Wrote a new key. Fingerprint: {key_fingerprint(key)}\n"
    assert key.hex() not in told
    refuses("key", "create", "mine.key", says="mine.key already exists")
    assert works("key", "create", "second.key", "--json").json == {
        "fingerprint": key_fingerprint(read_key_file(tmp_path / "second.key"))
    }


def test_a_key_in_a_missing_folder_is_one_line(refuses) -> None:
    """No folder is made for it."""
    refuses("key", "create", "missing/mine.key", says="Cannot write the key file missing/mine.key")


def test_the_databases_own_key_fits(works, rows: Path) -> None:
    """As text and as JSON."""
    told = works("key", "check", "dicomill.key").out
    assert told.startswith("The key fits. Fingerprint: ")
    answer = works("key", "check", "dicomill.key", "--json").json
    assert answer["fingerprint"] in told
    assert answer["database_has_key"] is True


def test_a_database_without_a_key_is_said_to_have_none(works, tmp_path: Path) -> None:
    """Any key would do there, so "fits" would say nothing."""
    works("db", "upgrade")
    works("key", "create", "first.key")
    assert works("key", "check", "first.key").out.startswith("The database has no key yet")
    assert works("key", "check", "first.key", "--json").json["database_has_key"] is False


def test_another_key_does_not_fit(refuses, rows: Path, other_key: Path) -> None:
    """Nor does a file that is no key, or is missing."""
    refuses("key", "check", "other.key", says="This database was made with another key")
    refuses("key", "check", "missing.key", says="Cannot read the key file missing.key")
    other_key.write_text("not hexadecimal")
    refuses("key", "check", "other.key", says="is not a dicomill key")

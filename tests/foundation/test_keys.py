"""The secret key."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import KeyFileError, TargetExistsError
from foundation.keys import KEY_BYTES, create_key_file, key_fingerprint, read_key_file


def test_a_new_key_reads_back_and_is_its_owners_alone(tmp_path: Path) -> None:
    """32 bytes, mode 0600."""
    path = tmp_path / "dicomill.key"
    key = create_key_file(path)
    assert len(key) == KEY_BYTES
    assert read_key_file(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_keys_differ(tmp_path: Path) -> None:
    """Keys are random."""
    assert create_key_file(tmp_path / "a") != create_key_file(tmp_path / "b")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """Losing it would cut every link to the rows made with it."""
    key = create_key_file(tmp_path / "a")
    with pytest.raises(TargetExistsError, match="never overwritten"):
        create_key_file(tmp_path / "a")
    assert read_key_file(tmp_path / "a") == key


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    """The system's word is given, not its traceback."""
    with pytest.raises(KeyFileError, match=r"Cannot write the key file .*No such file"):
        create_key_file(tmp_path / "missing" / "a")


def test_a_missing_key_file_says_how_to_make_one(tmp_path: Path) -> None:
    """The message names the option, the variable and the command."""
    with pytest.raises(KeyFileError, match=r"--key-file or DICOMILL_KEY_FILE.*dicomill key create"):
        read_key_file(tmp_path / "missing")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """With the command that mends it."""
    path = tmp_path / "a"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key_file(path)


@pytest.mark.parametrize("content", [b"", b"no key", b"00" * 31, b"00" * 33, b"zz" * 32, b"\xff" * 64])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """Too short, too long, not hexadecimal, not even text."""
    path = tmp_path / "a"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="key"):
        read_key_file(path)


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_a_fingerprint_shows_nothing_of_the_key(key: bytes) -> None:
    """It is stable, has 32 digits and no part of the key."""
    found = key_fingerprint(key)
    assert len(found) == 32
    assert found == key_fingerprint(key)
    assert found not in key.hex()

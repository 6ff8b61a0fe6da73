"""The secret key behind every pseudonym: 32 random bytes in a file that only its owner reads."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from foundation.errors import KeyFileError, TargetExistsError
from foundation.files import write_file
from foundation.partials import hidden_name

KEY_BYTES = 32


def create_key_file(path: Path) -> bytes:
    """Write a new key, as hexadecimal text with mode 0600, and return it.

    Raises:
        TargetExistsError: a file is there already; a key is never overwritten.
        KeyFileError: the folder cannot be written to.
    """
    key = secrets.token_bytes(KEY_BYTES)
    partial = hidden_name(path)
    try:
        write_file(partial, key.hex() + "\n", mode=0o600)
        try:
            os.link(partial, path)  # unlike a rename, fails where the name is taken
        finally:
            partial.unlink()
    except FileExistsError as error:
        raise TargetExistsError(
            f"The key file {path} already exists. A key is never overwritten: "
            "without it no new file can be linked to the rows that were made with it."
        ) from error
    except OSError as error:
        raise KeyFileError(f"Cannot write the key file {path}: {error.strerror}.") from error
    return key


def read_key_file(path: Path) -> bytes:
    """Return the key.

    Raises:
        KeyFileError: no such file, not 32 bytes in hexadecimal, or readable by others.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(
            f"Cannot read the key file {path}. Give the file that this database was made with "
            "(--key-file or DICOMILL_KEY_FILE), or make one with `dicomill key create`."
        ) from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"The key file {path} is open to other users. Run: chmod 600 {path}")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFileError(
            f"{path} is not a dicomill key: expected {KEY_BYTES} bytes as {2 * KEY_BYTES} "
            "hexadecimal digits. Put the copy of the key back; only a new database takes a new one "
            "(`dicomill key create`)."
        )
    return key


def key_fingerprint(key: bytes) -> str:
    """Return what may be stored and shown of a key: a keyed hash of a fixed word, 32 digits.

    Example:
        >>> key_fingerprint(bytes(32)) == key_fingerprint(bytes(32))
        True
    """
    return hmac.new(key, b"dicomill key fingerprint", hashlib.sha256).hexdigest()[:32]

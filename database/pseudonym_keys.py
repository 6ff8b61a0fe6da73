"""The key that the pseudonyms of a database were made with; only its fingerprint is kept."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.schema import PseudonymKey
from foundation.errors import KeyFileError
from foundation.keys import key_fingerprint

_THE_ONE_ROW = 1


def check_key(session: Session, key: bytes) -> None:
    """Refuse another key than the database's own; a database without one takes any.

    Raises:
        KeyFileError: its pseudonyms were made with another key.
    """
    _refuse_other(_stored_fingerprint(session), key)


def has_key(session: Session) -> bool:
    """Tell whether pseudonyms were made in this database already."""
    return _stored_fingerprint(session) is not None


def ensure_key(session: Session, key: bytes) -> None:
    """Keep the fingerprint of the first key, and refuse every other one after it.

    Raises:
        KeyFileError: its pseudonyms were made with another key.
    """
    # Read once: between two reads another first ingest could commit.
    stored = _stored_fingerprint(session)
    _refuse_other(stored, key)
    if stored is None:
        # A fixed row id: of two first ingests at once, the second fails, is tried again and checked.
        session.add(PseudonymKey(id=_THE_ONE_ROW, key_fingerprint=key_fingerprint(key)))
        session.flush()


def _stored_fingerprint(session: Session) -> str | None:
    return session.execute(select(PseudonymKey.key_fingerprint)).scalars().first()


def _refuse_other(stored: str | None, key: bytes) -> None:
    if stored is not None and stored != key_fingerprint(key):
        raise KeyFileError(
            "This database was made with another key: the same patient would get a second pseudonym. "
            "Give the key file that it was made with (--key-file or DICOMILL_KEY_FILE)."
        )

"""Settings keep the key to themselves."""

from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from imaging.settings import ReadSettings


def test_settings_never_show_the_key() -> None:
    """A representation may end in a log."""
    assert "k" * 32 not in repr(ReadSettings(key=b"k" * 32)) + str(ReadSettings(key=b"k" * 32))


def test_settings_travel_to_a_worker() -> None:
    """Spawned processes get them by pickle."""
    settings = ReadSettings(key=bytes(32), profile="strict", default_issuer="site")
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_short_key_is_refused() -> None:
    """A key that can be guessed protects nobody."""
    with pytest.raises(ValidationError):
        ReadSettings(key=b"short")

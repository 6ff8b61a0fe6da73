"""The folder where encoded pictures wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError
from preprocessing.record_spools import spool_folder


def break_off(target: Path) -> None:
    """End a block as Ctrl-C does."""
    with spool_folder(target) as spool:
        (spool / "picture").write_bytes(b"...")
        raise KeyboardInterrupt


def test_a_spool_is_gone_however_the_block_ends(tmp_path: Path) -> None:
    """With the folders that were made above the target, but not with those that hold something."""
    target = tmp_path / "a" / "b" / "records"
    with spool_folder(target) as spool:
        assert spool.parent == target.parent
        (spool / "picture").write_bytes(b"...")
    with pytest.raises(KeyboardInterrupt):
        break_off(target)
    assert list(tmp_path.iterdir()) == []
    with spool_folder(target):
        (tmp_path / "a" / "note").write_text("mine")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["note"]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file where a folder should be."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="Cannot write to"), spool_folder(tmp_path / "file" / "records"):
        pass

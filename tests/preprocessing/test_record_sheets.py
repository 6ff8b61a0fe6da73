"""Contact sheets of record sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError
from imaging.plain_pictures import read_plain_picture
from preprocessing.pack import PackConfig, pack
from preprocessing.record_sets import open_record_set
from preprocessing.record_sheets import write_record_sheet


@pytest.mark.parametrize("encoding", ["raw", "png", "jpeg"])
def test_a_sheet_shows_some_of_each_split(two_classes: Path, tmp_path: Path, encoding: str) -> None:
    """However the pictures are encoded."""
    pack(PackConfig.checked({"folder": two_classes, "target": tmp_path / "records", "encoding": encoding}))
    records = open_record_set(tmp_path / "records")
    assert write_record_sheet(records, tmp_path / "sheet.png", count=3) == 9
    assert read_plain_picture((tmp_path / "sheet.png").read_bytes()).std() > 10


def test_a_sheet_needs_its_folder(two_classes: Path, tmp_path: Path) -> None:
    """Told before anything is read."""
    pack(PackConfig(folder=two_classes, target=tmp_path / "records"))
    with pytest.raises(ConfigError, match="no folder"):
        write_record_sheet(open_record_set(tmp_path / "records"), tmp_path / "no" / "sheet.png", count=1)

"""Site tables from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import ConfigError
from ingest.site_tables import read_site_tables


def test_the_later_file_counts(tmp_path: Path) -> None:
    """Each with its heading."""
    for name, term in (("a", "CHEST"), ("b", "KNEE")):
        (tmp_path / name).write_text(f"field\ttext\tvalue\nbody_part\tx\t{term}\n", encoding="utf-8")
    table = read_site_tables([tmp_path / "a", tmp_path / "b"])
    assert table.find("body_part", "protocol", "X") == "KNEE"
    assert read_site_tables([]).lines == ()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """It is the user's own."""
    with pytest.raises(ConfigError, match=r"nix\.tsv"):
        read_site_tables([tmp_path / "nix.tsv"])
    (tmp_path / "bytes.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"bytes\.tsv"):
        read_site_tables([tmp_path / "bytes.tsv"])

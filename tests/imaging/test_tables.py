"""The room's tables are well formed."""

from __future__ import annotations

import pytest

from imaging.tables import read_table


@pytest.mark.parametrize("file_name", ["attributes.tsv", "body_parts.tsv"])
def test_every_line_has_every_column(file_name: str) -> None:
    """A forgotten tab would move values into other columns."""
    for line in read_table(file_name):
        assert None not in line
        assert None not in line.values()

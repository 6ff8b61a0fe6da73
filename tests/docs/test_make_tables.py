"""The data dictionary."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from database.schema import Base
from database.views import RESEARCH_VIEWS

SCRIPT = Path(__file__).parents[2] / "docs" / "make_tables.py"


@pytest.fixture
def make_tables() -> ModuleType:
    """Load the script, which lies outside the rooms."""
    spec = importlib.util.spec_from_file_location("make_tables", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(make_tables: ModuleType) -> None:
    """After a change of the schema `make docs` makes it again."""
    assert make_tables.TARGET.read_text(encoding="utf-8") == make_tables.tables_page()


def test_every_view_and_every_table_is_described(make_tables: ModuleType) -> None:
    """With a sentence, and every column of it."""
    page = make_tables.tables_page()
    sections = dict(re.findall(r"^### (\w+)\n\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    assert set(sections) == {*RESEARCH_VIEWS, *Base.metadata.tables}
    assert set(make_tables.VIEWS) == set(RESEARCH_VIEWS)
    for name, table in Base.metadata.tables.items():
        assert sections[name].split("\n")[0].endswith(".")
        assert re.findall(r"^\| `(\w+)` \|", sections[name], re.MULTILINE) == [
            column.name for column in table.columns
        ]


def test_an_old_page_is_told_and_made_again(
    make_tables: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--check changes nothing."""
    target = tmp_path / "tables.md"
    target.write_text("old")
    monkeypatch.setattr(make_tables, "TARGET", target)
    monkeypatch.setattr(sys, "argv", ["make_tables.py", "--check"])
    with pytest.raises(SystemExit, match="is old"):
        make_tables.main()
    monkeypatch.setattr(sys, "argv", ["make_tables.py"])
    make_tables.main()
    assert target.read_text(encoding="utf-8") == make_tables.tables_page()

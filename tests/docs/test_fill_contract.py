"""The table of the networks' contract."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Load the script, which lies outside the rooms."""
    spec = importlib.util.spec_from_file_location("fill_contract", DOCS / "fill_contract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_last_line_of_a_network_counts(script: ModuleType) -> None:
    """Lines that are cut, or of networks that are gone, do not."""
    line = "lenet5\t28\t61411\t1.2\t{}\t1\t2026-11-28\n"
    text = line.format("1.1") + line.format("1.0") + "gone\t1\t2\t3\t4\t5\t6\nvit_tiny_16\t32\n"
    assert {name: row[4] for name, row in script.read_lines(text).items()} == {"lenet5": "1.0"}


def test_networks_without_a_result_are_named(script: ModuleType) -> None:
    """And those with one have a row, weights with commas."""
    table = script.table_of({"lenet5": ["lenet5", "28", "61411", "1.2", "1.1", "1", "2026-11-28"]})
    assert "| `lenet5` | 28 | 61,411 | 1.2 | 1.1 | 1 | 2026-11-28 |" in table
    assert "Without a result: convnext_base, " in table


def test_only_what_stands_between_the_marks_changes(script: ModuleType) -> None:
    """Once more, too."""
    page = f"before\n{script.BEGIN}\nold\n{script.END}\nafter\n"
    filled = script.fill(page, "new")
    assert filled == f"before\n{script.BEGIN}\nnew\n{script.END}\nafter\n"
    assert script.fill(filled, "new") == filled


def test_the_page_has_the_marks_once(script: ModuleType) -> None:
    """Where the table belongs."""
    page = (DOCS / "networks.md").read_text(encoding="utf-8")
    assert (page.count(script.BEGIN), page.count(script.END)) == (1, 1)
    assert page.index(script.BEGIN) < page.index(script.END)

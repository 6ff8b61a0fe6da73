"""The page of licences."""

import importlib.util
import re
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "make_licences.py"


@pytest.fixture(scope="module")
def licences() -> ModuleType:
    """Load the script, which lies outside the rooms."""
    spec = importlib.util.spec_from_file_location("make_licences", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(page: str) -> dict[str, str]:
    """Return the declared licence of each package in the table."""
    return dict(re.findall(r"^\| ([a-z0-9-]+) \| [\w.+]+ \| (.*?) \|", page, re.MULTILINE))


def is_whole_installation() -> bool:
    """Tell whether this machine has the packages of the lock that the page was made from."""
    try:
        metadata.version("tensorflow-cpu")
    except metadata.PackageNotFoundError:
        return False
    return sys.platform == "linux"


@pytest.mark.skipif(not is_whole_installation(), reason="the page is made on Linux with the extra cpu")
def test_the_page_holds_every_package_of_the_run_time(licences: ModuleType) -> None:
    """After a change of the lock `make docs` makes it again."""
    assert rows_of(licences.PAGE.read_text()).keys() == rows_of(licences.page_text()).keys()


def test_no_package_declares_the_gpl(licences: ModuleType) -> None:
    """LGPL and MPL parts are linked, not ours; a GPL dependency is refused."""
    declared = rows_of(licences.PAGE.read_text())
    gpl = re.compile(r"(?<!L)\bA?GPL|GNU (?:Affero )?General Public", re.IGNORECASE)
    assert {name: text for name, text in declared.items() if gpl.search(text)} == {}


def test_every_package_declares_something(licences: ModuleType) -> None:
    """An empty cell would be a claim that nobody made."""
    declared = rows_of(licences.PAGE.read_text())
    assert [name for name, text in declared.items() if not text or text == "not declared"] == []


def test_copyleft_words_are_told_apart(licences: ModuleType) -> None:
    """LGPL is not GPL, and line breaks hide nothing."""
    assert licences.copyleft_words(["GNU Lesser\n   General Public License"]) == ["LGPL"]
    assert licences.copyleft_words(["GNU GENERAL PUBLIC LICENSE"]) == ["GPL"]
    assert licences.copyleft_words(["MIT"]) == []

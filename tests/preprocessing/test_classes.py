"""Class order and its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigError, UnknownNameError
from preprocessing.classes import check_labels, classes_text, order_classes, parse_classes, read_classes_file

NAMES = st.lists(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8), min_size=1, unique=True, max_size=9
)


@given(names=NAMES)
def test_labels_txt_is_a_round_trip(names: list[str]) -> None:
    """What `labels.txt` holds reads back to the same classes in the same order."""
    assert parse_classes(classes_text(names).splitlines(), origin="labels.txt") == tuple(names)


def test_bare_names_keep_their_order(tmp_path: Path) -> None:
    """A classes file of names alone counts from 0; blank lines and a byte order mark are passed over."""
    file = tmp_path / "classes.txt"
    file.write_text("\ufeffSkull\n\n Hand, left \n", encoding="utf-8")
    assert read_classes_file(file) == ("Skull", "Hand, left")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "no line"),
        (["Hand", "Hand"], "repeated or blank: Hand"),
        (["0:Hand", "2:Skull"], r"run from 0 to 1, each once. Received: 0, 2"),
        (["0:Hand", "0:Skull"], "Received: 0, 0"),
        (["0:Hand", "1:"], "repeated or blank"),
    ],
)
def test_broken_classes_files_are_refused(lines: list[str], expected: str) -> None:
    """Nothing, a name twice, gaps in the ids, a blank name."""
    with pytest.raises(ConfigError, match=expected):
        parse_classes(lines, origin="classes.txt")


def test_a_missing_classes_file_is_a_config_error(tmp_path: Path) -> None:
    """The message says what was expected."""
    with pytest.raises(ConfigError, match="expected UTF-8 text, one class a line"):
        read_classes_file(tmp_path / "gone.txt")


def test_foreign_labels_are_counted_and_the_known_named() -> None:
    """A label that names no class is told with its count."""
    with pytest.raises(UnknownNameError, match=r'"Foot" \(2 pictures\).*Known: Hand, Skull'):
        check_labels(["Hand", "Foot", "Foot"], ("Hand", "Skull"))
    check_labels(["Hand"], ("Hand", "Skull"))


def test_classes_are_sorted_by_name() -> None:
    """The order is that of the names, never that of a set."""
    assert order_classes(["b", "a", "C", "a"]) == ("C", "a", "b")

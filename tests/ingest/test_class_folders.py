"""Class folders."""

from __future__ import annotations

import pytest

from foundation.errors import RejectedFileError
from ingest.class_folders import class_of


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("yes/1.jpg", "yes"),
        ("train/no/1.jpg", "no"),
        ("1.jpg", None),
        ("Lung Opacity/a b.png", "Lung Opacity"),
        (" yes /1.jpg", "yes"),
        ("  /1.jpg", None),
        ("Scha\u0308del/1.jpg", "Sch\u00e4del"),
    ],
)
def test_the_folder_that_holds_a_file_is_its_class(place: str, expected: str | None) -> None:
    """Only the nearest folder counts; a file at the top has no class."""
    assert class_of(place) == expected


def test_a_name_too_long_for_a_class_is_refused() -> None:
    """Cut off, it could become equal to another one."""
    with pytest.raises(RejectedFileError, match="at most 64 characters"):
        class_of(f"{'x' * 65}/1.jpg")


@pytest.mark.parametrize("name", ["two\nlines", "a\tb", "\udcff\udcfe", "bell\x07"])
def test_a_name_that_is_not_one_line_of_text_is_refused(name: str) -> None:
    """In a label file it would be two labels; as a row it could not be written at all."""
    with pytest.raises(RejectedFileError, match="one line of text") as caught:
        class_of(f"{name}/1.jpg")
    assert caught.value.reason_code == "class_name_not_text"

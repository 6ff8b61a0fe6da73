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
    ],
)
def test_the_folder_that_holds_a_file_is_its_class(place: str, expected: str | None) -> None:
    """Only the nearest folder counts; a file at the top has no class."""
    assert class_of(place) == expected


def test_a_name_too_long_for_a_class_is_refused() -> None:
    """Cut off, it could become equal to another one."""
    with pytest.raises(RejectedFileError, match="at most 64 characters"):
        class_of(f"{'x' * 65}/1.jpg")

"""The error tree."""

import pickle
import re

import pytest

import foundation.errors
from foundation.errors import ConfigError, DicomillError, ImagingError


def children_of(error: type[DicomillError]) -> list[type[DicomillError]]:
    """Return the direct subclasses that foundation.errors defines, in the order of the file."""
    return [child for child in error.__subclasses__() if child.__module__ == "foundation.errors"]


def tree_of(error: type[DicomillError], depth: int = 0) -> list[tuple[int, str]]:
    """Return (depth, name) of an error and all below it, depth first."""
    below = [line for child in children_of(error) for line in tree_of(child, depth + 1)]
    return [(depth, error.__name__), *below]


def drawn_tree() -> list[tuple[int, str]]:
    """Return (depth, name) of each line of the drawing in the module's docstring."""
    drawing = (foundation.errors.__doc__ or "").split("\n\n")[1]
    lines = [re.match(r"( {4})([│├└─ ]*)(\w+Error)\b", line) for line in drawing.splitlines()]
    assert all(lines), "a line of the drawing holds no error"
    return [(len(line[2]) // 4, line[3]) for line in lines if line]


def test_the_drawn_tree_is_the_real_one() -> None:
    """Each error stands where the drawing shows it, and none is missing."""
    assert drawn_tree() == tree_of(DicomillError)


def test_every_error_that_is_defined_hangs_on_the_root() -> None:
    """No error class of the module stands outside the tree."""
    defined = {
        name
        for name, value in vars(foundation.errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert defined == {name for _, name in drawn_tree()}


def test_the_drawing_says_which_errors_leave_with_status_two() -> None:
    """The users' mistakes leave with 2, everything else with 1."""
    assert DicomillError.exit_status == 1
    assert all(child.exit_status == 2 for child in (ConfigError, *children_of(ConfigError)))
    assert ImagingError.exit_status == 1


@pytest.mark.parametrize("kind", [ImagingError, *children_of(ImagingError)])
def test_an_imaging_error_survives_pickling(kind: type[ImagingError]) -> None:
    """A worker's error arrives with its class, reason code and detail."""
    found = pickle.loads(pickle.dumps(kind("truncated_pixels", "The pixels stop early.")))
    assert type(found) is kind
    assert (found.reason_code, found.detail) == ("truncated_pixels", "The pixels stop early.")
    assert str(found) == "The pixels stop early."

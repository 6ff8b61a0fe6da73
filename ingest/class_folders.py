"""Class folders: the folder that a picture lies in is its class (`yes/`, `no/`, `ChestCT/`)."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

from foundation.errors import RejectedFileError

LONGEST_CLASS_NAME = 64

FOLDER_READER = "folder"
"""The reader that a class folder's readings are recorded under."""


def class_of(relative_path: str) -> str | None:
    """Return the name of the folder that directly holds the file; None at the top.

    Blanks around a name are no part of it, and letters with marks count as equal however a file
    system writes them (macOS takes them apart).

    Args:
        relative_path: the file's place below the folder that was ingested.

    Raises:
        RejectedFileError: the name is longer than a class name may be, or is not one line of text.

    Example:
        >>> class_of("train/ChestCT/000001.jpeg")
        'ChestCT'
        >>> class_of("labels.csv") is None
        True
    """
    return checked_class_name(PurePosixPath(relative_path).parent.name) or None


def checked_class_name(name: str) -> str:
    """Return a class name as it is stored: in Unicode NFC, without blanks at its ends; blank stays blank.

    Raises:
        RejectedFileError: the name is longer than a class name may be, or is not one line of text.

    Example:
        >>> checked_class_name(" Mass ")
        'Mass'
    """
    name = unicodedata.normalize("NFC", name).strip()
    if len(name) > LONGEST_CLASS_NAME:
        raise RejectedFileError(
            "class_name_too_long",
            f"The name cannot be a class: expected at most {LONGEST_CLASS_NAME} characters.",
        )
    if not name.isprintable():
        raise RejectedFileError(
            "class_name_not_text", "The name cannot be a class: expected one line of text in UTF-8."
        )
    return name

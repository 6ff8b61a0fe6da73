"""NIH ChestX-ray14: what its table says beside its findings, in all the forms it is passed around in.

Source: X. Wang et al., ChestX-ray8, CVPR 2017; the tables Data_Entry_2017.csv, Data_Entry_2017_v2020.csv
and sample_labels.csv, and the lists train_val_list.txt and test_list.txt of its official split.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from foundation.errors import ConfigError, IngestError
from ingest.label_tables import is_there, open_table

NIH_TASK = "finding"
NIH_BINARY_TASK = "no_finding_vs_any"
NIH_SPLIT_TASK = "official_split"
NIH_EXCLUSIVE_CLASS = "No Finding"
NIH_BODY_PART = "CHEST"
NIH_CLASSES = (
    *("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis"),
    *("Hernia", "Infiltration", "Mass", "No Finding", "Nodule", "Pleural_Thickening", "Pneumonia"),
    "Pneumothorax",
)
"""The 14 diseases and `No Finding`: of each a picture has a reading, 1 or 0."""

FINDINGS_COLUMN = "finding labels"
_COLUMNS = {"image index", FINDINGS_COLUMN, "patient id"}
_LISTS = {"train_val": "train_val_list.txt", "test": "test_list.txt"}
_LARGEST_FOLLOW_UP = 999


def is_nih_header(header: Iterable[str]) -> bool:
    """Tell whether a table's columns are those of ChestX-ray14.

    Example:
        >>> is_nih_header(["Image Index", "Finding Labels", "Follow-up #", "Patient ID"])
        True
    """
    return {name.strip().casefold() for name in header} >= _COLUMNS


def nih_patient_id(text: str) -> str:
    """Return a patient's number without leading zeros: the tables write 13 and 00000013.

    Example:
        >>> nih_patient_id("00000013")
        '13'
    """
    return str(int(text)) if text.isascii() and text.isdecimal() else text


def nih_follow_up(text: str) -> int | None:
    """Return the number of a follow-up, from 0; the tables write 5 and 005.

    Example:
        >>> nih_follow_up("005"), nih_follow_up("")
        (5, None)
    """
    number = int(text) if text.isascii() and text.isdecimal() else None
    return number if number is not None and number <= _LARGEST_FOLLOW_UP else None


def binary_class(findings: Iterable[str]) -> str:
    """Return the class of the task `no_finding_vs_any`.

    Example:
        >>> binary_class(["No Finding"]), binary_class(["Mass", "Nodule"])
        ('no_finding', 'any_finding')
    """
    return "no_finding" if list(findings) == [NIH_EXCLUSIVE_CLASS] else "any_finding"


def read_split_lists(table: Path, told: Mapping[str, Path]) -> dict[str, str]:
    """Return the official split's class of each picture that a list names.

    Args:
        table: beside it, in its folder or zip, the official lists are looked for where none were told.
        told: class to the file with a picture's name a line.

    Raises:
        IngestError: a list cannot be read.
        ConfigError: two lists name one picture.
    """
    beside = {name: table.with_name(file) for name, file in _LISTS.items()}
    lists = dict(told) or {name: path for name, path in beside.items() if is_there(path)}
    found: dict[str, str] = {}
    for name, path in lists.items():
        try:
            with open_table(path) as stream:
                lines = stream.read().decode("utf-8-sig").splitlines()
        except (IngestError, UnicodeDecodeError) as error:
            raise IngestError(f"The split list {path} cannot be read as text in UTF-8.") from error
        for picture in filter(None, map(str.strip, lines)):
            if found.setdefault(picture, name) != name:
                raise ConfigError(f"The split lists {found[picture]} and {name} share a picture.")
    return found

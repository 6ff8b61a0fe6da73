"""A contact sheet of a record set: the first pictures of each split as they lie in the records."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from foundation.errors import ConfigError
from foundation.files import write_file
from imaging.contact_sheets import ContactSheet
from imaging.png import encode_png
from preprocessing.examples import Example
from preprocessing.record_formats import decode_from_record
from preprocessing.record_sets import RecordSet, iterate_examples

_TILE = 160


def write_record_sheet(record_set: RecordSet, path: Path, *, count: int) -> int:
    """Draw the first records of each split with split and labels below, and return how many there are.

    Args:
        record_set: opened.
        path: of the PNG; what is there is replaced.
        count: records a split.

    Raises:
        ConfigError: the file's folder is missing.
        RecordError, ImagingError: a record cannot be read.
    """
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"There is no folder {path.absolute().parent} for the sheet. Make it first.")
    sheet = ContactSheet(tile=_TILE)
    for split in record_set.splits:
        for example in islice(iterate_examples(record_set.folder, split), count):
            sheet.add(decode_from_record(example), [split, _labels_of(example)])
    write_file(path, encode_png(sheet.draw()))
    return len(sheet)


def _labels_of(example: Example) -> str:
    texts = example.get("image/class/text", [])
    return ", ".join(text.decode("utf-8", "replace") for text in texts if isinstance(text, bytes))

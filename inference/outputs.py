"""Predictions as files: the original's tab-separated table, CSV or JSON lines, whole or not at all."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foundation.errors import ConfigError
from foundation.files import check_target, new_file, write_file
from foundation.lineage import Lineage, write_lineage
from foundation.partials import refused_folder, remove_leftovers

FormatName = Literal["csv", "jsonl", "tsv"]
Probabilities: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class RowFormat:
    """One way to write predictions.

    Attributes:
        header: the lines before the first row, from the class names ("" for none).
        row: one row, from the image's name, its probabilities and the class names.
    """

    header: Callable[[Sequence[str]], str]
    row: Callable[[str, Probabilities, Sequence[str]], str]


def printable_name(name: str) -> str:
    r"""Return a name that stays on one line and in one column, and is valid UTF-8.

    File names may hold tabs, line ends and bytes that are no text; those are written as escapes.

    Example:
        >>> printable_name("left\thand.png")
        'left\\thand.png'
    """
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def shortest(probability: np.float32) -> str:
    """Return the shortest decimal number that reads back as the same float32.

    Example:
        >>> shortest(np.float32(0.1))
        '0.1'
    """
    return str(np.float32(probability))


def _tsv_header(class_names: Sequence[str]) -> str:
    columns = [f"class{index}" for index in range(len(class_names))]
    return "\t".join(["image", *columns, "predicted_class", "predicted_name"]) + "\n"


def _tsv_row(name: str, probabilities: Probabilities, class_names: Sequence[str]) -> str:
    predicted = int(np.argmax(probabilities))
    numbers = [shortest(probability) for probability in probabilities]
    cells = [printable_name(name), *numbers, str(predicted), printable_name(class_names[predicted])]
    return "\t".join(cells) + "\n"


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _csv_header(class_names: Sequence[str]) -> str:
    names = [printable_name(name) for name in class_names]
    return _csv_line(["image", *names, "predicted_class", "predicted_name"])


def _csv_row(name: str, probabilities: Probabilities, class_names: Sequence[str]) -> str:
    predicted = int(np.argmax(probabilities))
    numbers = [shortest(probability) for probability in probabilities]
    return _csv_line([printable_name(name), *numbers, str(predicted), printable_name(class_names[predicted])])


def _no_header(class_names: Sequence[str]) -> str:
    del class_names
    return ""


def _json_row(name: str, probabilities: Probabilities, class_names: Sequence[str]) -> str:
    predicted = int(np.argmax(probabilities))
    numbers = [float(shortest(probability)) for probability in probabilities]
    row = {
        "image": printable_name(name),
        "probabilities": dict(zip(class_names, numbers, strict=True)),
        "predicted_class": predicted,
        "predicted_name": class_names[predicted],
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


# The original's columns come first and unchanged in "tsv"; the class name trails them.
FORMATS: Mapping[FormatName, RowFormat] = {
    "csv": RowFormat(_csv_header, _csv_row),
    "jsonl": RowFormat(_no_header, _json_row),
    "tsv": RowFormat(_tsv_header, _tsv_row),
}


def rejected_path(out: Path) -> Path:
    """Return where the rejected inputs of a predictions file are listed.

    Example:
        >>> rejected_path(Path("chest.tsv")).name
        'chest.tsv.rejected.tsv'
    """
    return out.with_name(f"{out.name}.rejected.tsv")


def check_out(out: Path, *, overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Refuse a target that cannot become the predictions file, before any work is done.

    Raises:
        ConfigError: the target is a folder, is one of the inputs, or cannot be written.
        TargetExistsError: the target is there and `overwrite` is off.
    """
    if out.is_dir():
        raise ConfigError(f"{out} is a folder. Name a file for the predictions, such as {out / 'rows.tsv'}.")
    if any(out.resolve() == path.resolve() for path in inputs):
        raise ConfigError(f"{out} is one of the inputs. Name another file for the predictions.")
    check_target(out, overwrite=overwrite)
    above = next(folder for folder in out.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise refused_folder(out.parent, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


class PredictionWriter:
    """Writes rows of one format to a stream.

    Args:
        stream: opened for bytes.
        class_names: in index order.
        format_name: a name in `FORMATS`.

    Example:
        >>> stream = io.BytesIO()
        >>> writer = PredictionWriter(stream, class_names=["Hand", "Skull"], format_name="tsv")
        >>> writer.write("a.png", np.array([0.25, 0.75], np.float32))
        >>> print(stream.getvalue().decode().splitlines()[1].replace(chr(9), " | "))
        a.png | 0.25 | 0.75 | 1 | Skull
    """

    def __init__(self, stream: BinaryIO, *, class_names: Sequence[str], format_name: FormatName) -> None:
        self._stream = stream
        self._class_names = list(class_names)
        self._format = FORMATS[format_name]
        self._digest = hashlib.sha256()
        self._append(self._format.header(self._class_names))

    @property
    def sha256(self) -> str:
        """SHA-256 of everything written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, name: str, probabilities: Probabilities) -> None:
        """Write one image's row."""
        self._append(self._format.row(name, probabilities, self._class_names))

    def _append(self, text: str) -> None:
        content = text.encode()
        self._digest.update(content)
        self._stream.write(content)


@contextmanager
def new_predictions(
    out: Path, *, class_names: Sequence[str], format_name: FormatName
) -> Iterator[PredictionWriter]:
    """Give a writer whose file takes its final name only when the block ends well.

    Args:
        out: the final name; an older file of that name is replaced at the end.
        class_names: in index order.
        format_name: a name in `FORMATS`.

    Raises:
        ConfigError: the file cannot be written.
    """
    with ExitStack() as stack:
        with _writing_to(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(out)
            stream = stack.enter_context(new_file(out))
        yield PredictionWriter(stream, class_names=class_names, format_name=format_name)


def write_rejected(out: Path, rejected: Sequence[tuple[str, str, str]]) -> Path | None:
    """Write the list of rejected inputs beside the predictions; none when nothing was rejected.

    An older list of that name goes, so that what stands there always belongs to the last run.

    Args:
        out: the predictions file.
        rejected: (name, reason code, detail) of each.
    """
    path = rejected_path(out)
    with _writing_to(path):
        if not rejected:
            path.unlink(missing_ok=True)
            return None
        lines = ["\t".join(printable_name(cell) for cell in row) for row in rejected]
        write_file(path, "\n".join(["name\treason_code\tdetail", *lines]) + "\n")
    return path


def write_prediction_lineage(out: Path, lineage: Lineage) -> None:
    """Write the lineage beside the predictions."""
    with _writing_to(out):
        write_lineage(out, lineage)


@contextmanager
def _writing_to(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into one clear line."""
    try:
        yield
    except OSError as error:
        raise refused_folder(path.parent, error) from error

"""Classes: their order, the file that keeps it, and what a label that names none of them gets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from foundation.errors import ConfigError, UnknownNameError

LABELS_FILE = "labels.txt"

_NUMBERED = re.compile(r"(\d+)\s*:(.*)", re.DOTALL)


def order_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct labels sorted by name: the class order where no file gives another.

    Example:
        >>> order_classes(["Skull", "Hand", "Skull"])
        ('Hand', 'Skull')
    """
    return tuple(sorted(set(labels)))


def read_classes_file(path: Path) -> tuple[str, ...]:
    """Return the class names of a file in index order.

    Args:
        path: one class a line, either all `id:name` with ids from 0 upwards, or all bare names.

    Raises:
        ConfigError: the file cannot be read, is empty, names a class twice, or its ids have gaps.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Cannot read the classes file {path}: expected UTF-8 text, one class a line."
        ) from error
    return parse_classes([line.strip() for line in lines if line.strip()], origin=str(path))


def parse_classes(lines: list[str], *, origin: str) -> tuple[str, ...]:
    """Return the class names of non-blank lines in index order.

    Args:
        lines: stripped; all `id:name` or all bare names.
        origin: what the lines come from, for messages.

    Raises:
        ConfigError: no line, a name twice, or ids that do not run from 0 without gaps.

    Example:
        >>> parse_classes(["1:Skull", "0:none"], origin="classes.txt")
        ('none', 'Skull')
    """
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if lines and all(numbered):
        pairs = sorted((int(match[1]), match[2].strip()) for match in numbered if match)
        if [index for index, _ in pairs] != list(range(len(pairs))):
            found = ", ".join(str(index) for index, _ in pairs)
            raise ConfigError(
                f"The class ids of {origin} must run from 0 to {len(pairs) - 1}, each once. "
                f"Received: {found}."
            )
        names = tuple(name for _, name in pairs)
    else:
        names = tuple(lines)
    repeated = sorted(name for name, count in Counter(names).items() if count > 1 or not name)
    if repeated or not names:
        fault = f"repeated or blank: {', '.join(repeated)}" if names else "no line"
        raise ConfigError(
            f"{origin} must name each class once, a line each, as `id:name` or `name`. Received: {fault}."
        )
    return names


def classes_text(classes: Iterable[str]) -> str:
    """Return the content of `labels.txt`: one `id:name` a line.

    Example:
        >>> classes_text(["Hand", "Skull"]).splitlines()
        ['0:Hand', '1:Skull']
    """
    return "".join(f"{index}:{name}\n" for index, name in enumerate(classes))


def check_labels(labels: Iterable[str], classes: tuple[str, ...]) -> None:
    """Refuse labels that name no class.

    Args:
        labels: of all pictures, repeated as they occur, so that the message can count them.
        classes: the known ones.

    Raises:
        UnknownNameError: naming each such label with its count, and the known classes.
    """
    known = set(classes)
    foreign = Counter(label for label in labels if label not in known)
    if foreign:
        found = ", ".join(f'"{label}" ({foreign[label]} pictures)' for label in sorted(foreign))
        raise UnknownNameError(
            f"{len(foreign)} label(s) name no class: {found}. Known: {', '.join(classes)}. "
            "Correct the labels, or add the classes to the classes file."
        )

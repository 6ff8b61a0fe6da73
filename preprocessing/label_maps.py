"""Label maps that users name: the original's seven classes, or a file of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from foundation.errors import ConfigError
from foundation.registries import unknown_name_message
from imaging.body_parts import ORIGINAL_CLASSES

_LONGEST_CLASS = 64

LABEL_MAPS: Mapping[str, Callable[[], Mapping[str, str]]] = MappingProxyType(
    {"original": lambda: ORIGINAL_CLASSES}
)
"""Ready maps by name: `original` takes body parts to MedicalCV's Skull, Spine, Chest, Breast, Abdomen and
Musculoskeletal; its seventh class, none, is never assigned."""


def read_label_map(name: str) -> dict[str, str]:
    r"""Return a label map by its name, or from a file.

    Args:
        name: one of `LABEL_MAPS`, or the path of a text file with a line `from<TAB>to` for each class; a
            line that begins with `*` stands for every class without a line of its own.

    Raises:
        ConfigError: no such map or file, or a line that is none.

    Example:
        >>> read_label_map("original")["HAND"]
        'Musculoskeletal'
    """
    if name in LABEL_MAPS:
        return dict(LABEL_MAPS[name]())
    path = Path(name)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise ConfigError(
            f"{unknown_name_message(LABEL_MAPS, name, kind='label map')} There is no such file either."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Cannot read the label map {path}: expected text in UTF-8, lines of from<TAB>to."
        ) from error
    return _parse(lines, origin=str(path))


def _parse(lines: list[str], *, origin: str) -> dict[str, str]:
    label_map: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        source, target = (part.strip() for part in line.partition("\t")[::2])
        if not source or not target or "\t" in target or len(target) > _LONGEST_CLASS:
            raise ConfigError(
                f"{origin}, line {number}: expected one class, a tab and the class it becomes, of at most "
                f"{_LONGEST_CLASS} characters."
            )
        if label_map.setdefault(source, target) != target:
            raise ConfigError(
                f"{origin}, line {number}: {source} leads to two classes. Keep one of the lines."
            )
    if not label_map:
        raise ConfigError(f"The label map {origin} is empty: expected lines of from<TAB>to.")
    return label_map

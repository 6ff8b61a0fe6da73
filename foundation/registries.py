"""Looking a name up in a readable dict, with an answer that helps when it is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from foundation.errors import UnknownNameError

Entry = TypeVar("Entry")


def look_up(registry: Mapping[str, Entry], name: str, *, kind: str) -> Entry:
    """Return the entry of that name.

    Args:
        registry: name to entry.
        name: what the user asked for.
        kind: what the registry holds, in the singular, for the message ("model").

    Raises:
        UnknownNameError: the name is not there; the message lists the known ones and the nearest.

    Example:
        >>> look_up({"lenet5": 1}, "lenet5", kind="model")
        1
    """
    if name in registry:
        return registry[name]
    raise UnknownNameError(unknown_name_message(registry, name, kind=kind))


def unknown_name_message(known: Iterable[str], name: str, *, kind: str) -> str:
    """Return the sentence for a name that is not among the known ones.

    Example:
        >>> unknown_name_message(["lenet5"], "lenet", kind="model")
        'There is no model "lenet". Did you mean "lenet5"? Known: lenet5.'
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return f'There is no {kind} "{name}".{hint} Known: {", ".join(names) or "none"}.'

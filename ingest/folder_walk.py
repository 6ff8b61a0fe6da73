"""Walk a folder to any depth, sorted by name in each, with or without a pattern that names must fit."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.source_files import Problem, SourceFile

UNREADABLE_FOLDER = Problem(
    "unreadable_folder", "The folder may not be listed, or its path is too long; nothing below it was read."
)
LINK_TO_FOLDER = Problem(
    "link_to_folder", "The name is a link to a folder; links to folders are not followed. Name it itself."
)

States = frozenset[int]


class Pattern:
    """The parts of a path with wildcards, followed part by part as a walk goes down.

    `*`, `?` and `[...]` stand for text within a name, `**` for folders at any depth. As in a shell, a
    wildcard does not stand for the dot that a hidden name begins with.

    Args:
        parts: of the path, below the folder that the walk starts in.

    Example:
        >>> pattern = Pattern(("**", "*.dcm"))
        >>> inside = pattern.step(pattern.start, "deep")
        >>> pattern.accepts(inside), pattern.accepts(pattern.step(inside, "1.dcm"))
        (False, True)
    """

    def __init__(self, parts: tuple[str, ...]) -> None:
        self._parts = [None if part == "**" else re.compile(fnmatch.translate(part)) for part in parts]
        self._takes_hidden = [part.startswith(".") for part in parts]
        self.start = self._with_skipped({0})

    def step(self, states: States, name: str) -> States:
        """Return how far the pattern is followed one name further down; empty where it does not fit."""
        following = set()
        for state in states:
            if state == len(self._parts) or (name.startswith(".") and not self._takes_hidden[state]):
                continue
            part = self._parts[state]
            if part is None:
                following.add(state)
            elif part.match(name):
                following.add(state + 1)
        return self._with_skipped(following)

    def accepts(self, states: States) -> bool:
        """Return whether the pattern ends here."""
        return len(self._parts) in states

    def _with_skipped(self, states: set[int]) -> States:
        """Add what follows each `**`, which may stand for no folder at all."""
        found = set(states)
        for state in sorted(states):
            while state < len(self._parts) and self._parts[state] is None:
                state += 1  # noqa: PLW2901 - one after the other
                found.add(state)
        return frozenset(found)


@dataclass(slots=True)
class _Level:
    """One folder on the way down.

    Only names are held, not entries: a folder may have a million of them.
    """

    path: str
    place: str
    states: States | None
    names: Iterator[str]
    folders: set[str]
    links: set[str]


def walk_folder(folder: Path, place: str = "", *, pattern: Pattern | None = None) -> Iterator[SourceFile]:
    """Yield every file below a folder; a folder that may not be listed stands for itself, with a reason.

    Args:
        folder: where to start.
        place: its own place below what the user named; blank for what the user named.
        pattern: which files; below a folder that it names, all.

    Memory grows with the largest folder and the depth, not with the number of files.
    """
    levels = [_open(str(folder), place, None if pattern is None else pattern.start)]
    while levels:
        level = levels[-1]
        if level is None:
            levels.pop()
            yield SourceFile(folder, place or folder.name, problem=UNREADABLE_FOLDER)
            continue
        name = next(level.names, None)
        if name is None:
            levels.pop()
            continue
        states = _step(pattern, level.states, name)
        if states is not None and not states:
            continue
        below = f"{level.place}/{name}" if level.place else name
        path = os.path.join(level.path, name)  # noqa: PTH118 - a name may be more than a Path takes
        chosen = states is None or pattern is None or pattern.accepts(states)
        if name in level.folders:
            deeper = _open(path, below, None if chosen else states)
            if deeper is None:
                yield SourceFile(Path(path), below, problem=UNREADABLE_FOLDER)
            else:
                levels.append(deeper)
        elif chosen:
            yield SourceFile(Path(path), below, problem=LINK_TO_FOLDER if name in level.links else None)


def _step(pattern: Pattern | None, states: States | None, name: str) -> States | None:
    return None if pattern is None or states is None else pattern.step(states, name)


def _open(path: str, place: str, states: States | None) -> _Level | None:
    """List a folder; None where the system refuses."""
    names: list[str] = []
    folders: set[str] = set()
    links: set[str] = set()
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                names.append(entry.name)
                if entry.is_dir(follow_symlinks=False):
                    folders.add(entry.name)
                elif entry.is_symlink() and _leads_to_folder(entry):
                    links.add(entry.name)
    except OSError:
        return None
    names.sort()
    return _Level(path, place, states, iter(names), folders, links)


def _leads_to_folder(link: os.DirEntry[str]) -> bool:
    try:
        return link.is_dir()
    except OSError:  # a link to itself
        return False

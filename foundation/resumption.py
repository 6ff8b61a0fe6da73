"""Folders whose making can be interrupted: what is finished stays, and the same command goes on with it.

The unfinished folder lies beside the target under a hidden name with a key, a fingerprint of what is
being made. Another recipe, source or version has another key, so nothing is ever mixed; its leftovers
are removed. A journal, one line of JSON for each finished item, says how far the maker came.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from foundation.errors import DicomillError, ExecutionError
from foundation.files import check_target, take_place
from foundation.partials import keyed_folder, keyed_name, remove, remove_leftovers

_CONTENT, _JOURNAL = "content", "journal.jsonl"


class UnfinishedFolder:
    """A folder that is being made, with the notes that its makers left.

    Attributes:
        folder: to be filled; takes the final name at the end.
        notes: what earlier makers noted, in order; plain JSON values.
    """

    def __init__(self, folder: Path, stream: BinaryIO) -> None:
        self.folder = folder
        self._stream = stream
        self._ends: list[int] = []
        self.notes: list[Any] = []
        self._read()

    def note(self, value: Any) -> None:
        """Write that one more item is finished; call it once the item stands in the folder.

        Args:
            value: plain JSON values, enough to take the item over without making it again.
        """
        self._stream.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
        self._stream.flush()  # to the system, where it outlives this process

    def forget_after(self, count: int) -> None:
        """Drop all notes but the first; for those whose items do not stand in the folder any more."""
        del self.notes[count:], self._ends[count:]
        self._cut()

    def _read(self) -> None:
        """Read the notes; a last line that was cut in the writing is dropped."""
        self._stream.seek(0)
        end = 0
        for line in self._stream:
            try:
                value = json.loads(line)
            except ValueError:
                break
            if not line.endswith(b"\n"):
                break
            end += len(line)
            self.notes.append(value)
            self._ends.append(end)
        self._cut()

    def _cut(self) -> None:
        """Let the journal end after the last note."""
        self._stream.seek(self._ends[-1] if self._ends else 0)
        self._stream.truncate()


@contextmanager
def resumable_folder(path: Path, *, key: str, overwrite: bool = False) -> Iterator[UnfinishedFolder]:
    """Give a folder to fill, perhaps partly filled, that takes its final name when the block ends well.

    A block that is killed, interrupted or ends with an error of the system leaves what it has made for
    the next one with the same key. One that ends with a refusal of ours leaves nothing.

    Args:
        path: the final name.
        key: fingerprint, in hexadecimal, of all that decides what the folder will hold.
        overwrite: replace what stands at the final name; otherwise a non-empty target is refused.

    Raises:
        TargetExistsError: the target holds something and `overwrite` is off.
        ConfigError: another process is making the same, or the folder above cannot be written to.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "target"
        >>> with resumable_folder(target, key="0" * 16) as unfinished:
        ...     _ = (unfinished.folder / "a").write_text("finished")
        ...     unfinished.note("a")
        >>> [entry.name for entry in target.iterdir()]
        ['a']
    """
    remove_leftovers(path, spared=keyed_name(path, key))
    check_target(path, overwrite=overwrite)
    with keyed_folder(path, key) as hidden:
        content = hidden / _CONTENT
        content.mkdir(exist_ok=True)
        try:
            descriptor = os.open(hidden / _JOURNAL, os.O_RDWR | os.O_CREAT, 0o644)
            with os.fdopen(descriptor, "r+b") as stream:
                yield UnfinishedFolder(content, stream)
            check_target(path, overwrite=overwrite)  # another may have been faster
            take_place(content, path)
        except ExecutionError:  # the workers are gone, not the work
            raise
        except DicomillError:
            remove(hidden)
            raise
        remove(hidden)

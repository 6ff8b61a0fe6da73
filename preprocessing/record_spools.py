"""The spool of one packing: a hidden folder where encoded pictures wait for their record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foundation.partials import partial_folder, remove


@contextmanager
def spool_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder on the target's disk that is gone when the block ends, however it ends.

    A killed maker's is removed by the next one for the same target. Folders above the target that were
    made for it go too, if nothing else came into them.

    Args:
        target: the final name of what is made.

    Raises:
        ConfigError: the folder above cannot be written to.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "above" / "records"
        >>> with spool_folder(target) as spool:
        ...     (spool / "a").write_bytes(b"...")
        3
        >>> target.parent.exists()
        False
    """
    missing = [folder for folder in target.absolute().parents if not folder.exists()]
    try:
        with partial_folder(target) as spool:
            try:
                yield spool
            finally:
                remove(spool)
    finally:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()

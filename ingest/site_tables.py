"""Reading site tables from files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from foundation.errors import ConfigError
from imaging.site_tables import SiteTable, join_site_tables, parse_site_table

_LARGEST_BYTES = 32 << 20


def read_site_tables(paths: Iterable[Path]) -> SiteTable:
    """Return site tables as one, the later over the earlier.

    Args:
        paths: files as `imaging.site_tables` describes them.

    Raises:
        ConfigError: a file cannot be read, or is no site table.
    """
    return join_site_tables(parse_site_table(_read(path), origin=str(path)) for path in paths)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ConfigError(f"The site table {path} is larger than 32 MB: split it into several.")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Cannot read the site table {path}: expected text in UTF-8, split by tabs."
        ) from error

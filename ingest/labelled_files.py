"""The files of a run, each with what a label table says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from imaging.limits import Limits
from imaging.settings import ReadSettings
from ingest.label_tables import LabelTable
from ingest.picture_tables import PictureTable, TableReport, open_picture_table
from ingest.row_problems import write_problems
from ingest.sources import SourceFile, count_files, find_files


class LabelledFiles:
    """What the paths of a run lead to; without a table, the files as they are.

    Args:
        paths: as `ingest.sources.find_files` takes them.
        table: from `ingest.picture_tables.open_picture_table`.
        limits: for archives.
    """

    def __init__(self, paths: Sequence[Path], table: PictureTable | None, limits: Limits) -> None:
        self._paths, self._table, self._limits = paths, table, limits

    def count(self) -> int | None:
        """Return how many files there are, and look at their names; None where they come only once."""
        total = count_files(self._paths, limits=self._limits)
        if self._table is None or total is None:
            return total
        return self._table.count(find_files(self._paths, limits=self._limits))

    def __iter__(self) -> Iterator[SourceFile]:
        """Yield the files in the order of `find_files`."""
        files = find_files(self._paths, limits=self._limits)
        return files if self._table is None else self._table.attach(files)

    def report(self, rows_file: Path | None) -> TableReport | None:
        """Return how table and files found each other, once all were seen; None without a table.

        Args:
            rows_file: where the rows that came to nothing are written, readable by its owner alone;
                nowhere when there is none.
        """
        if self._table is None:
            return None
        if rows_file is None:
            return self._table.report(None)
        return self._table.report(write_problems(rows_file, self._table.problems()))


def open_labelled_files(
    paths: Sequence[Path], table: LabelTable | None, *, settings: ReadSettings, source_name: str
) -> LabelledFiles:
    """Return the files of a run, the label table read.

    Raises:
        ConfigError: a column or a task of the table that has to be named.
        IngestError: the table cannot be read.
    """
    opened = None if table is None else open_picture_table(table, settings=settings, source_name=source_name)
    return LabelledFiles(paths, opened, settings.limits)


def rows_file_beside(operator_file: Path) -> Path:
    """Return the name of the file of a table's rows: beside that of paths.

    Example:
        >>> rows_file_beside(Path("study.paths.tsv")).name
        'study.rows.tsv'
    """
    stem = operator_file.name.removesuffix(".tsv").removesuffix("paths").rstrip(".-")
    return operator_file.with_name(f"{stem}.rows.tsv" if stem else "rows.tsv")

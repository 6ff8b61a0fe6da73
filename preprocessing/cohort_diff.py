"""The door `cohort_diff`: what two frozen cohorts differ in, picture by picture."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from database.cohort_differences import MemberChange, count_shared, member_changes
from database.cohorts import CohortRecord, find_cohort
from database.session import Database
from foundation.contracts import Config, Report
from foundation.errors import PreprocessingError
from foundation.files import check_target, write_file

HEADINGS = ("change", "sop_instance_uid", "labels_before", "labels_after")


class CohortDiffConfig(Config):
    """Which two cohorts.

    Attributes:
        before: NAME, or NAME@VERSION.
        after: likewise.
        output: a CSV file with a row for each picture that differs.
        overwrite: replace what stands there.
    """

    before: str = Field(min_length=1)
    after: str = Field(min_length=1)
    output: Path | None = None
    overwrite: bool = False


class CohortDiffReport(Report):
    """What differs.

    Attributes:
        before, after: as NAME@VERSION.
        num_same: pictures in both, with the same pixels, header and labels.
        num_added, num_removed: pictures in the one only.
        num_replaced: in both, as another version of the picture.
        num_relabelled: in both, with other labels; of replaced ones, too.
        relabelled: number by `labels before -> labels after`, the most frequent first.
        label_changes: by class, how many images more (or fewer) show it.
        selections_differ: fields of the selections that are not the same.
    """

    before: str
    after: str
    num_same: int
    num_added: int
    num_removed: int
    num_replaced: int
    num_relabelled: int
    relabelled: dict[str, int]
    label_changes: dict[str, int]
    selections_differ: tuple[str, ...]


def cohort_diff(
    config: CohortDiffConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Any = None,
) -> CohortDiffReport:
    """Hold two cohorts against each other.

    Args:
        config: which.
        database: open.
        executor: not used.
        progress: not used.

    Raises:
        QueryError: there is no such cohort or version.
        TargetExistsError: the file is there already.
    """
    del executor, progress
    if database is None:
        raise PreprocessingError("cohort diff reads rows: give it an open database.")
    if config.output is not None:
        check_target(config.output, overwrite=config.overwrite)
    with database.session() as session:
        before, after = (find_cohort(session, name) for name in (config.before, config.after))
        changes = member_changes(session, before.id, after.id)
        num_shared = count_shared(session, before.id, after.id)
    if config.output is not None:
        write_file(config.output, _csv(changes))
    return _report(before, after, changes, num_shared)


def _report(
    before: CohortRecord, after: CohortRecord, changes: Iterable[MemberChange], num_shared: int
) -> CohortDiffReport:
    counts: Counter[str] = Counter()
    moves: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for change in changes:
        counts[change.change] += 1
        if change.is_relabelled:
            moves[f"{_told(change.before)} -> {_told(change.after)}"] += 1
        labels.subtract(_present(change.before))
        labels.update(_present(change.after))
    differing = sorted(
        name
        for name in {*before.selection, *after.selection} - {"name"}
        if before.selection.get(name) != after.selection.get(name)
    )
    return CohortDiffReport(
        before=f"{before.name}@{before.version}",
        after=f"{after.name}@{after.version}",
        num_same=num_shared - counts["relabelled"],
        num_added=counts["added"],
        num_removed=counts["removed"],
        num_replaced=counts["replaced"],
        num_relabelled=sum(moves.values()),
        relabelled=dict(sorted(moves.items(), key=lambda item: (-item[1], item[0]))),
        label_changes={name: number for name, number in sorted(labels.items()) if number},
        selections_differ=tuple(differing),
    )


def _present(labels: Mapping[str, str] | None) -> list[str]:
    return sorted(name for name, value in (labels or {}).items() if value == "1")


def _told(labels: Mapping[str, str] | None) -> str:
    """Return labels in one line: present classes by name, others with their value.

    Example:
        >>> _told({"Mass": "1", "Nodule": "0"})
        'Mass, Nodule=0'
    """
    words = [name if value == "1" else f"{name}={value}" for name, value in sorted((labels or {}).items())]
    return ", ".join(words)


def _csv(changes: Iterable[MemberChange]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADINGS)
    for change in changes:
        writer.writerow([change.change, change.sop_instance_uid, _told(change.before), _told(change.after)])
    return stream.getvalue()

"""The door `disagreements`: where what a header says at one place contradicts another."""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import Executor
from typing import Annotated, Literal

from pydantic import Field

from database.recleaning import CleanedRow, cleaned_rows
from database.session import Database
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from foundation.progress import Progress, SilentProgress
from imaging.cleaned_columns import COLUMNS
from imaging.contradictions import Contradiction, find_contradictions

ColumnName = Literal["modality", "view_position", "body_part", "image_laterality"]
_AT_ONCE = 5000


class DisagreementsConfig(Config):
    """What to list.

    Attributes:
        columns: cleaned columns; all when empty.
        limit: kinds of contradiction to list, the most frequent first.
        examples: ids of instances to name with each.
    """

    columns: tuple[ColumnName, ...] = ()
    limit: Annotated[int, Field(ge=1)] = 50
    examples: Annotated[int, Field(ge=0, le=1000)] = 3


class Disagreement(Report):
    """One kind of contradiction.

    Attributes:
        value: what the column came to, by `value_source`.
        other: what `other_source` says instead.
        num_instances: current instances that it stands in.
        examples: their ids, as the view `image` has them.
    """

    column: str
    value: str
    value_source: str
    other: str
    other_source: str
    num_instances: int
    examples: list[int]


class DisagreementsReport(Report):
    """What contradicts what.

    Attributes:
        num_instances: current instances looked at.
        num_contradicting: those with at least one contradiction in the columns asked for.
        num_kinds: kinds of contradiction, listed or not.
        disagreements: the listed ones.
    """

    num_instances: int
    num_contradicting: int
    num_kinds: int
    disagreements: list[Disagreement]


def disagreements(
    config: DisagreementsConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> DisagreementsReport:
    """Count contradicting sources by pair, with examples.

    Args:
        config: what to list.
        database: open.
        executor: not used.
        progress: told of each batch of rows.

    Raises:
        DatabaseError: rows cannot be read.
    """
    del executor
    if database is None:
        raise IngestError("disagreements reads rows: give it an open database.")
    progress = progress or SilentProgress()
    wanted = frozenset(config.columns or COLUMNS)
    counts: Counter[Contradiction] = Counter()
    examples: defaultdict[Contradiction, list[int]] = defaultdict(list)
    num_instances = num_contradicting = after = 0
    progress.begin("disagreements", None)
    while rows := _read(database, after):
        after = rows[-1].instance_id
        num_instances += len(rows)
        for row in rows:
            found = [one for one in _contradictions_of(row) if one.column in wanted]
            num_contradicting += bool(found)
            for one in found:
                counts[one] += 1
                if len(examples[one]) < config.examples:
                    examples[one].append(row.instance_id)
        progress.advance(len(rows))
    progress.end()
    ordered = sorted(
        counts, key=lambda one: (-counts[one], one.column, one.value, one.other_source, one.other)
    )
    return DisagreementsReport(
        num_instances=num_instances,
        num_contradicting=num_contradicting,
        num_kinds=len(counts),
        disagreements=[_listed(one, counts[one], examples[one]) for one in ordered[: config.limit]],
    )


def _read(database: Database, after: int) -> list[CleanedRow]:
    with database.session() as session:
        return cleaned_rows(session, after=after, limit=_AT_ONCE, current_only=True)


def _contradictions_of(row: CleanedRow) -> list[Contradiction]:
    return list(
        find_contradictions(
            {column: row.values[column] for column in COLUMNS},
            {column: row.values[f"{column}_rule"] for column in COLUMNS},
            sources=row.sources or {},
            sop_class_uid=row.sop_class_uid,
        )
    )


def _listed(one: Contradiction, count: int, examples: list[int]) -> Disagreement:
    return Disagreement(
        column=one.column,
        value=one.value,
        value_source=one.value_source,
        other=one.other,
        other_source=one.other_source,
        num_instances=count,
        examples=examples,
    )

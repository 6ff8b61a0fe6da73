"""Rows for cleaning anew: what they hold of the cleaned columns, read and written in batches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database.bulk import chunks, fit_text, table_of
from database.schema import Instance, Series

CLEANED_COLUMNS = ("modality", "view_position", "body_part", "image_laterality")
CLEANED_FIELDS = tuple(
    f"{column}{suffix}" for column in CLEANED_COLUMNS for suffix in ("", "_raw", "_rule", "_confidence")
)

_FIELDS = [getattr(Instance, name) for name in CLEANED_FIELDS]


@dataclass(frozen=True, slots=True)
class CleanedRow:
    """What one instance holds of the cleaned columns.

    Attributes:
        values: by the names of `CLEANED_FIELDS`.
        sources: `cleaning_sources`; None where the row was stored without.
    """

    instance_id: int
    kind: str
    status: str
    series_id: int | None
    sop_class_uid: str | None
    values: Mapping[str, Any]
    sources: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RowChange:
    """One instance with what it should hold instead.

    Attributes:
        fields: names of `CLEANED_FIELDS` and `cleaning_sources` to the new values.
    """

    row: CleanedRow
    fields: Mapping[str, Any]


def cleaned_rows(session: Session, *, after: int, limit: int, current_only: bool = False) -> list[CleanedRow]:
    """Return the next rows by id.

    Args:
        session: for reading.
        after: the id that they come after; 0 for the first.
        limit: how many at most.
        current_only: leave superseded and contradicting versions out.
    """
    query = (
        select(
            Instance.id,
            Instance.kind,
            Instance.status,
            Instance.series_id,
            Instance.sop_class_uid,
            Instance.cleaning_sources,
            *_FIELDS,
        )
        .where(Instance.id > after)
        .order_by(Instance.id)
        .limit(limit)
    )
    if current_only:
        query = query.where(Instance.status == "current")
    return [
        CleanedRow(row_id, kind, status, series_id, sop_class_uid, _named(values), sources)
        for row_id, kind, status, series_id, sop_class_uid, sources, *values in session.execute(query)
    ]


def store_changes(session: Session, changes: Sequence[RowChange]) -> None:
    """Write the new values of rows; rows that change alike share a statement.

    A series takes its modality from its instances: where one changes, and the series has the former one,
    it changes with it.
    """
    alike: defaultdict[str, list[RowChange]] = defaultdict(list)
    for change in changes:
        alike[json.dumps(change.fields, sort_keys=True)].append(change)
    table = table_of(Instance)
    for group in alike.values():
        fields = fit_text(table, group[0].fields)
        for some in chunks(change.row.instance_id for change in group):
            statement = update(Instance).where(Instance.id.in_(some)).values(**fields)
            session.execute(statement.execution_options(synchronize_session=False))
    _follow_in_series(session, changes)


def _named(values: Iterable[Any]) -> dict[str, Any]:
    return dict(zip(CLEANED_FIELDS, values, strict=True))


def _follow_in_series(session: Session, changes: Sequence[RowChange]) -> None:
    moves: defaultdict[tuple[str | None, str | None], set[int]] = defaultdict(set)
    for change in changes:
        before, series_id = change.row.values["modality"], change.row.series_id
        after = change.fields.get("modality", before)
        if series_id is not None and after != before:
            moves[before, after].add(series_id)
    for (before, after), series_ids in moves.items():
        former = Series.modality.is_(None) if before is None else Series.modality == before
        for some in chunks(series_ids):
            statement = update(Series).where(Series.id.in_(some), former).values(modality=after)
            session.execute(statement.execution_options(synchronize_session=False))

"""What a privacy officer asks of a database: how much of whom, from which runs, with what risks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from database.product_tree import Descendant, descendants_of
from database.schema import (
    Cohort,
    Frame,
    IngestRun,
    Instance,
    InstanceIdentity,
    Label,
    Patient,
    Pixels,
    PixelStore,
    PseudonymKey,
    RejectedFile,
    Series,
    Source,
    Study,
    Withdrawal,
)

FACE_MODALITIES = ("CT", "MR", "PT")
_WHOLE_BODY = "WHOLEBODY"
LEAST_FACE_FRAMES = 20
"""Frames of a series from which a surface, and so a face, can be rendered; fewer are too coarse."""


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs that were asked for the same thing; of tables, the SHA-256.

    Attributes:
        allow_list: the site's own over attributes.tsv.
        site_table: the site's terms over ours, by which attributes are cleaned.
    """

    kind: str
    profile: str
    options: tuple[str, ...]
    attributes_sha256: str | None
    allow_list: str | None
    site_table: str | None
    num_runs: int
    num_unfinished: int
    first_at: datetime
    last_at: datetime
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaceRisk:
    """Series of many slices that show a head, or may.

    Attributes:
        num_series: of the head.
        num_patients: known ones behind them.
        num_images: in them.
        num_series_unknown: as many slices, but nothing says what they show.
    """

    num_series: int
    num_patients: int
    num_images: int
    num_series_unknown: int


@dataclass(frozen=True, slots=True)
class WithdrawalCounts:
    """What withdrawals left.

    Attributes:
        num_keys: patient keys that are blocked.
        num_instances: rows that were deleted.
        last_at: None when nobody withdrew.
        cohorts: name and version of those that lost members, with how many.
        products: made from such a cohort before the last withdrawal; they may hold them still.
    """

    num_keys: int
    num_instances: int
    last_at: datetime | None
    cohorts: tuple[tuple[str, int], ...]
    products: tuple[Descendant, ...]


def count_rows(session: Session) -> dict[str, int]:
    """Return how many rows there are, by words for people."""
    is_current = Instance.status == "current"
    return {
        "patients (pseudonyms, merged ones once)": _count(
            session, Patient.id, Patient.merged_into_id.is_(None)
        ),
        "studies": _count(session, Study.id),
        "series": _count(session, Series.id),
        "instances, current": _count(session, Instance.id, is_current),
        "instances, superseded or in conflict": _count(session, Instance.id, ~is_current),
        "instances of unknown patients": _count(session, Instance.id, Instance.patient_id.is_(None)),
        "frames": _count(session, Frame.id),
        "pictures": _count(session, Pixels.id),
        "readings (labels)": _count(session, Label.id),
        "sites, coded": session.scalar(select(func.count(Instance.site_code.distinct()))) or 0,
    }


def count_identities(session: Session) -> int:
    """Return for how many instances the identifiers themselves are kept."""
    return _count(session, InstanceIdentity.instance_id)


def count_modalities(session: Session) -> dict[str, int]:
    """Return current instances by modality, the most first."""
    query = (
        select(Instance.modality, func.count())
        .where(Instance.status == "current")
        .group_by(Instance.modality)
        .order_by(func.count().desc(), Instance.modality)
    )
    return {modality or "unknown": number for modality, number in session.execute(query)}


def count_files(session: Session) -> list[tuple[str, str, int]]:
    """Return files by disposition and reason code, the most first."""
    stored = select(Source.disposition, func.count()).group_by(Source.disposition)
    unstored = select(RejectedFile.disposition, RejectedFile.reason_code, func.count()).group_by(
        RejectedFile.disposition, RejectedFile.reason_code
    )
    found = [(disposition, "", number) for disposition, number in session.execute(stored)]
    found += [(disposition, reason, number) for disposition, reason, number in session.execute(unstored)]
    return sorted(found, key=lambda row: (-row[2], row[0], row[1]))


def key_fingerprints(session: Session) -> list[str]:
    """Return the fingerprint of the database's key; nothing when it has none yet."""
    return list(session.scalars(select(PseudonymKey.key_fingerprint)))


def pixel_store_urls(session: Session) -> list[str]:
    """Return where pictures lie outside the database."""
    return list(session.scalars(select(PixelStore.url).order_by(PixelStore.url)))


def run_groups(session: Session) -> list[RunGroup]:
    """Return what runs were asked to keep, runs alike in one group; the oldest first."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    query = select(
        IngestRun.kind,
        IngestRun.profile,
        IngestRun.config,
        IngestRun.source_name,
        IngestRun.started_at,
        IngestRun.finished_at,
    )
    for run in session.execute(query.order_by(IngestRun.id)):
        config = run.config
        options = tuple(config.get("options", ()))
        tables = (config.get(name) for name in ("attributes_sha256", "allow_list", "site_table_sha256"))
        key = (run.kind, run.profile, options, *tables)
        groups.setdefault(key, []).append(run)
    return [
        RunGroup(
            kind=key[0],
            profile=key[1],
            options=key[2],
            attributes_sha256=key[3],
            allow_list=key[4],
            site_table=key[5],
            num_runs=len(runs),
            num_unfinished=sum(run.finished_at is None for run in runs),
            first_at=runs[0].started_at,
            last_at=runs[-1].started_at,
            sources=tuple(sorted({run.source_name for run in runs})),
        )
        for key, runs in groups.items()
    ]


def count_face_risk(session: Session, head_parts: Iterable[str]) -> FaceRisk:
    """Return series of CT, MR or PT with at least `LEAST_FACE_FRAMES` frames that show a head, or may.

    Args:
        session: for reading.
        head_parts: canonical terms for the head and what lies within it.
    """
    head = _large_series(Instance.body_part.in_(sorted(head_parts)))
    unknown = _large_series(or_(Instance.body_part.is_(None), Instance.body_part == _WHOLE_BODY))
    num_series, num_patients, num_images = session.execute(
        select(
            func.count(Instance.series_id.distinct()),
            func.count(Instance.patient_id.distinct()),
            func.count(),
        ).where(Instance.series_id.in_(head), Instance.status == "current")
    ).one()
    num_unknown = session.scalar(
        select(func.count(Instance.series_id.distinct())).where(
            Instance.series_id.in_(unknown), Instance.series_id.not_in(head)
        )
    )
    return FaceRisk(num_series, num_patients, num_images, num_unknown or 0)


def count_withdrawals(session: Session) -> WithdrawalCounts:
    """Return what withdrawals deleted, and which products may still hold it."""
    num_keys, num_instances, last_at = session.execute(
        select(func.count(), func.sum(Withdrawal.num_instances), func.max(Withdrawal.withdrawn_at))
    ).one()
    cohorts = session.execute(
        select(Cohort.cohort_uuid, Cohort.name, Cohort.version, Cohort.num_withdrawn)
        .where(Cohort.num_withdrawn > 0)
        .order_by(Cohort.name, Cohort.version)
    ).all()
    products = descendants_of(session, [row.cohort_uuid for row in cohorts])
    return WithdrawalCounts(
        num_keys=num_keys,
        num_instances=int(num_instances or 0),
        last_at=last_at,
        cohorts=tuple((f"{row.name}, version {row.version}", row.num_withdrawn) for row in cohorts),
        products=tuple(one for one in products if last_at is not None and one.created_at < last_at),
    )


def _large_series(is_shown: ColumnElement[bool]) -> Select[Any]:
    """Return the query for series of many slices: their ids."""
    return (
        select(Instance.series_id)
        .where(
            Instance.status == "current",
            Instance.modality.in_(FACE_MODALITIES),
            Instance.series_id.is_not(None),
            is_shown,
        )
        .group_by(Instance.series_id)
        .having(func.sum(Instance.number_of_frames) >= LEAST_FACE_FRAMES)
    )


def _count(session: Session, column: Any, *conditions: Any) -> int:
    return session.scalar(select(func.count(column)).where(*conditions)) or 0

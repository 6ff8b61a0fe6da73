"""The figures of the privacy report, as they stand in the rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from database.columns import utc_now
from database.privacy_counts import (
    FaceRisk,
    RunGroup,
    WithdrawalCounts,
    count_face_risk,
    count_files,
    count_identities,
    count_modalities,
    count_rows,
    count_withdrawals,
    key_fingerprints,
    pixel_store_urls,
    run_groups,
)
from database.risk import Clearing, RiskCount, count_risks, list_clearings
from database.session import Database
from foundation.contracts import Report
from imaging.allow_list import allow_list_sha256
from pipeline.privacy_tables import head_parts


class RunsAlike(Report):
    """Runs that were asked to keep the same."""

    kind: str
    profile: str
    options: list[str]
    attributes_sha256: str | None
    allow_list: str | None
    site_table: str | None
    num_runs: int
    num_unfinished: int
    first_at: str
    last_at: str
    sources: list[str]


class FilesAlike(Report):
    """Files that ended alike; the reason is blank where a picture was stored."""

    disposition: str
    reason_code: str
    num_files: int


class PrivacyFigures(Report):
    """All figures of the report, as they stand in the database.

    Attributes:
        keeps_identifiers: the profile `identified` was used, or rows of it are there.
        num_identities: instances whose identifiers are kept.
        attributes_sha256: of the allow-list of this version; each run says its own.
        output: the file that was written.
    """

    made_at: str
    database: Literal["sqlite", "mysql", "mariadb"]
    keeps_identifiers: bool
    num_identities: int
    key_fingerprint: str | None
    attributes_sha256: str
    rows: dict[str, int]
    modalities: dict[str, int]
    files: list[FilesAlike]
    runs: list[RunsAlike]
    pixel_stores: list[str]
    risks: list[dict[str, Any]]
    clearings: list[dict[str, Any]]
    face_risk: dict[str, int]
    withdrawals: dict[str, Any]
    output: Path | None = None


def count_privacy(database: Database) -> PrivacyFigures:
    """Count what a database keeps; nothing in it is changed."""
    with database.session() as session:
        runs = run_groups(session)
        num_identities = count_identities(session)
        return PrivacyFigures(
            made_at=_told(utc_now()),
            database=database.dialect_name,
            keeps_identifiers=bool(num_identities) or any(run.profile == "identified" for run in runs),
            num_identities=num_identities,
            key_fingerprint=next(iter(key_fingerprints(session)), None),
            attributes_sha256=allow_list_sha256(),
            rows=count_rows(session),
            modalities=count_modalities(session),
            files=[
                FilesAlike(disposition=disposition, reason_code=reason, num_files=number)
                for disposition, reason, number in count_files(session)
            ],
            runs=[_run(run) for run in runs],
            pixel_stores=pixel_store_urls(session),
            risks=[_risk(count) for count in count_risks(session)],
            clearings=[_clearing(clearing) for clearing in list_clearings(session)],
            face_risk=_face_risk(count_face_risk(session, head_parts())),
            withdrawals=_withdrawals(count_withdrawals(session)),
        )


def _run(run: RunGroup) -> RunsAlike:
    values = asdict(run) | {"first_at": _told(run.first_at), "last_at": _told(run.last_at)}
    return RunsAlike(**values | {"options": list(run.options), "sources": list(run.sources)})


def _risk(count: RiskCount) -> dict[str, Any]:
    return asdict(count)


def _clearing(clearing: Clearing) -> dict[str, Any]:
    undone = None if clearing.undone_at is None else _told(clearing.undone_at)
    return asdict(clearing) | {"cleared_at": _told(clearing.cleared_at), "undone_at": undone}


def _face_risk(face: FaceRisk) -> dict[str, int]:
    return asdict(face)


def _withdrawals(counts: WithdrawalCounts) -> dict[str, Any]:
    return {
        "num_keys": counts.num_keys,
        "num_instances": counts.num_instances,
        "last_at": None if counts.last_at is None else _told(counts.last_at),
        "cohorts": dict(counts.cohorts),
        "products": [
            {"product_uuid": one.product_uuid, "kind": one.kind, "created_at": _told(one.created_at)}
            for one in counts.products
        ],
    }


def _told(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")

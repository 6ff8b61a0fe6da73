"""The door `doctor`: what works on this machine, and what to install where something does not."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from database.migrating import status
from database.opening import open_with_key
from database.privacy_counts import count_identities, run_groups
from database.session import Database
from foundation.contracts import Config, Report
from foundation.errors import DicomillError
from foundation.execution import default_workers
from foundation.progress import Progress, SilentProgress
from foundation.versions import installed_versions
from imaging.decoder_checks import check_decoders

LEAST_FREE_BYTES = 2 << 30
"""Room for the demo: its database, exports, records and artifact."""


class DoctorConfig(Config):
    """What to look at.

    Attributes:
        database_url: the database to open; None leaves it out.
        key_file: its secret key; None for the file beside an SQLite database.
        folder: where products would be written.
    """

    database_url: str | None = None
    key_file: Path | None = None
    folder: Path = Path()


class Check(Report):
    """One thing that was tried.

    Attributes:
        subject: what was tried.
        outcome: `works`; `missing`, an optional part that is not there; `broken`, a needed one.
        detail: what was seen.
        remedy: what to do, blank when it works.
    """

    subject: str
    outcome: Literal["works", "missing", "broken"]
    detail: str
    remedy: str = ""


class DoctorReport(Report):
    """Every check, in order."""

    checks: list[Check]

    @property
    def is_healthy(self) -> bool:
        """Nothing that is needed is broken."""
        return all(check.outcome != "broken" for check in self.checks)


def doctor(
    config: DoctorConfig,
    *,
    database: None = None,
    executor: None = None,
    progress: Progress | None = None,
) -> DoctorReport:
    """Try each part that dicomill stands on and report what works.

    Nothing is written but a file that is removed at once, to see that the folder can be written to.
    """
    del database, executor
    progress = progress or SilentProgress()
    tries: list[Callable[[], list[Check]]] = [
        _check_python,
        lambda: [_check_folder(config.folder)],
        lambda: _check_database(config),
        _check_decoders,
        _check_tensorflow,
    ]
    progress.begin("doctor", len(tries))
    checks: list[Check] = []
    for attempt in tries:
        checks.extend(attempt())
        progress.advance()
    progress.end()
    return DoctorReport(checks=checks)


def _check_python() -> list[Check]:
    version = platform.python_version()
    versions = installed_versions()
    seen = f"{version} on {platform.system()} {platform.machine()}, {default_workers()} cores"
    supported = (3, 11) <= sys.version_info[:2] < (3, 14)
    return [
        Check(
            subject="Python",
            outcome="works" if supported else "broken",
            detail=seen,
            remedy="" if supported else "Install Python 3.11, 3.12 or 3.13.",
        ),
        Check(
            subject="dicomill", outcome="works", detail=versions.get("dicomill", "not installed as a package")
        ),
    ]


def _check_folder(folder: Path) -> Check:
    probe = folder / ".dicomill-doctor"
    try:
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Check(
            subject="folder",
            outcome="broken",
            detail=f"cannot be written to: {error.strerror}",
            remedy="Change to a folder that you may write to.",
        )
    enough = free >= LEAST_FREE_BYTES
    return Check(
        subject="folder",
        outcome="works" if enough else "broken",
        detail=f"writable, {free / (1 << 30):.1f} GiB free",
        remedy="" if enough else f"Free at least {LEAST_FREE_BYTES >> 30} GiB.",
    )


def _check_database(config: DoctorConfig) -> list[Check]:
    if config.database_url is None:
        return []
    try:
        migration = status(config.database_url)
        with open_with_key(config.database_url, key_file=config.key_file) as database:
            privacy = _check_privacy(database)
    except DicomillError as error:
        is_new = config.database_url.startswith("sqlite") and "no database" in str(error)
        return [Check(subject="database", outcome="missing" if is_new else "broken", detail=str(error))]
    return [
        Check(
            subject="database",
            outcome="works",
            detail=f"{migration.dialect_name} {migration.server_version}, schema {migration.current}",
        ),
        privacy,
    ]


def _check_privacy(database: Database) -> Check:
    """Say what the runs of a database kept; that it keeps identifiers is no fault, but must be known."""
    with database.session() as session:
        runs = [run for run in run_groups(session) if run.kind == "ingest"]
        num_identities = count_identities(session)
    profiles = ", ".join(sorted({" + ".join((run.profile, *run.options)) for run in runs})) or "no run yet"
    keeps = f"; KEEPS IDENTIFIERS of {num_identities:,} instances" if num_identities else ""
    return Check(subject="privacy", outcome="works", detail=f"profiles: {profiles}{keeps}")


def _check_decoders() -> list[Check]:
    return [
        Check(
            subject=f"decoder for {row.syntax}",
            outcome="works" if row.works else "missing",
            detail=row.decoder,
            remedy="" if row.works else row.remedy,
        )
        for row in check_decoders()
    ]


def _check_tensorflow() -> list[Check]:
    if importlib.util.find_spec("tensorflow") is None:
        return [
            Check(
                subject="TensorFlow",
                outcome="missing",
                detail="not installed; train, predict and evaluate need it",
                remedy='In the checkout: pip install ".[cpu]" (or ".[gpu]" for NVIDIA GPUs)',
            )
        ]
    from training.trial import try_one_step  # noqa: PLC0415 - the rest of the house works without TensorFlow

    try:
        trial = try_one_step()
    except Exception as error:  # noqa: BLE001 - a broken installation can fail in any way
        return [
            Check(
                subject="TensorFlow",
                outcome="broken",
                detail=f"{type(error).__name__} in one training step",
                remedy="Install it again: pip install --force-reinstall tensorflow-cpu",
            )
        ]
    return [
        Check(
            subject="TensorFlow",
            outcome="works",
            detail=(
                f"{trial.version}, one training step in {trial.seconds:.1f} s on {', '.join(trial.devices)}"
            ),
        )
    ]

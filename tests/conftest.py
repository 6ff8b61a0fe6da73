"""What every test may ask for, and the rule that a strict run skips nothing it could have run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

pytest_plugins = ["tests.dask_cluster", "tests.mysql_server"]

_NO_SKIP = "DICOMILL_TEST_NO_SKIP"
_CORPUS = "DICOMILL_CORPUS"
_MYSQL_URL = "DICOMILL_TEST_MYSQL_URL"
# What other programs a marker asks for; no user needs them, so a machine may lack them.
_PROGRAMS = {"dcmtk": "dcmj2pnm", "tesseract": "tesseract"}


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Give the folder of real files; skip where there is none."""
    named = os.environ.get(_CORPUS)
    if not named:
        pytest.skip(f"{_CORPUS} is not set: no real files to read")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"{_CORPUS} names a folder that is not there")
    return folder


def _could_have_run(item: pytest.Item) -> bool:
    """Tell whether what a test needs is on this machine, so that skipping it hides something."""
    if item.get_closest_marker("corpus") and not os.environ.get(_CORPUS):
        return False
    if any(item.get_closest_marker(marker) and not shutil.which(_PROGRAMS[marker]) for marker in _PROGRAMS):
        return False
    server = os.environ.get(_MYSQL_URL) or shutil.which("mariadbd") or shutil.which("mysqld")
    return bool(server) or not item.get_closest_marker("mysql")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In a strict run (DICOMILL_TEST_NO_SKIP=1) make a failure of a skip, with its reason.

    An expected failure (xfail) is no skip.
    """
    report = yield
    strict = os.environ.get(_NO_SKIP) == "1" and not hasattr(report, "wasxfail")
    if strict and report.skipped and _could_have_run(item):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in a run that skips nothing. {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In a strict run make a failure of a whole module that skips itself."""
    report = yield
    if os.environ.get(_NO_SKIP) == "1" and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} skipped itself in a run that skips nothing. {report.longrepr}"
    return report

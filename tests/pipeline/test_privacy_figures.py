"""The figures of the privacy report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from database.opening import open_with_key
from database.session import Database
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest
from ingest.withdraw import WithdrawConfig, withdraw
from pipeline.privacy_figures import count_privacy

FILES = tuple(bundled_dicom_folder() / name for name in ("CT_small.dcm", "MR_small.dcm", "reportsi.dcm"))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give a new key file."""
    from foundation.keys import create_key_file

    create_key_file(tmp_path / "secret.key")
    return tmp_path / "secret.key"


@pytest.fixture
def database(database_url: str, key_file: Path) -> object:
    """Give an open, empty database with its key."""
    with open_with_key(database_url, key_file=key_file) as opened:
        yield opened


def read(database: Database, tmp_path: Path, **options: object) -> None:
    """Ingest three files."""
    values = {"paths": FILES, "workers": 1, "operator_file": tmp_path / "p.tsv", **options}
    ingest(IngestConfig.checked(values), database=database)


def test_an_empty_database_has_figures(database: Database) -> None:
    """Zeros, and nothing that fails."""
    figures = count_privacy(database)
    assert (figures.keeps_identifiers, figures.key_fingerprint, figures.runs) == (False, None, [])


def test_figures_follow_the_rows(database: Database, tmp_path: Path) -> None:
    """Files, runs, risks, withdrawals."""
    read(database, tmp_path, options=("retain-uids",))
    withdraw(WithdrawConfig(patients=("4MR1",), compact=False), database=database)
    figures = count_privacy(database)
    assert figures.modalities == {"CT": 1}
    assert [(run.profile, run.options) for run in figures.runs] == [("research", ["retain-uids"])]
    assert {(one.disposition, one.reason_code) for one in figures.files} == {
        ("stored", ""),
        ("not_an_image", "structured_report"),
    }
    assert figures.withdrawals["num_keys"] == figures.withdrawals["num_instances"] == 1
    assert figures.key_fingerprint is not None
    json.dumps(figures.model_dump(mode="json"))


def test_identified_is_told(database: Database, tmp_path: Path) -> None:
    """By the run and by the rows."""
    read(database, tmp_path, profile="identified", keeps_identifiers=True)
    figures = count_privacy(database)
    assert (figures.keeps_identifiers, figures.num_identities) == (True, 2)
    assert "CompressedSamples" not in figures.model_dump_json()

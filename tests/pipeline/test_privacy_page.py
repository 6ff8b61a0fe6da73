"""The page of the privacy report."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.privacy_figures import FilesAlike, PrivacyFigures, RunsAlike
from pipeline.privacy_page import privacy_page


def run(**values: Any) -> RunsAlike:
    """Return a run."""
    known: dict[str, Any] = {
        "kind": "ingest",
        "profile": "research",
        "options": [],
        "attributes_sha256": "a" * 64,
        "allow_list": None,
        "site_table": "c" * 64,
        "num_runs": 2,
        "num_unfinished": 0,
        "first_at": "2026-01-01 10:00",
        "last_at": "2026-01-02 10:00",
        "sources": ["main"],
    }
    return RunsAlike(**{**known, **values})


def figures(**values: Any) -> PrivacyFigures:
    """Return figures of a small database."""
    clearing = {"id": 1, "num_images": 3, "num_in_force": 2, "num_with_text": 1, "cleared_by": "officer"}
    clearing |= {"cleared_at": "2026-01-03 10:00", "where": "modality = 'US'", "reason": "masked"}
    known: dict[str, Any] = {
        "made_at": "2026-01-04 10:00",
        "database": "sqlite",
        "keeps_identifiers": False,
        "num_identities": 0,
        "key_fingerprint": "f" * 32,
        "attributes_sha256": "a" * 64,
        "rows": {"patients": 7},
        "modalities": {"CT": 1200},
        "files": [FilesAlike(disposition="quarantined", reason_code="odd", num_files=4)],
        "runs": [run()],
        "pixel_stores": [],
        "risks": [
            {"modality": "CT", "risk": "none", "num_images": 1200, "num_searched": 0},
            {"modality": "US", "risk": "possible", "num_images": 5, "num_searched": 3},
            {"modality": "US", "risk": "cleared", "num_images": 2, "num_searched": 0},
        ],
        "clearings": [clearing | {"undone_by": None, "undone_at": None}],
        "face_risk": {"num_series": 3, "num_patients": 2, "num_images": 400, "num_series_unknown": 1},
        "withdrawals": {
            "num_keys": 1,
            "num_instances": 9,
            "last_at": "2026-01-03 10:00",
            "cohorts": {"all, version 1": 9},
            "products": [{"product_uuid": "p-u-1", "kind": "export", "created_at": "2026-01-02 10:00"}],
        },
    }
    return PrivacyFigures(**{**known, **values})


@pytest.mark.parametrize("markdown", [True, False])
def test_the_page_says_what_an_officer_asks(markdown: bool) -> None:
    """Counts, runs, key, risks with decisions, faces, withdrawals, files, lists."""
    page = privacy_page(figures(), markdown=markdown)
    for told in ("f" * 32, "1,200", "masked", "all, version 1", "p-u-1", "PatientSex", "(0010,0040)"):
        assert told in page
    assert f"terms {'c' * 12}" in page
    assert "5 images are at risk and not cleared; 3 were searched" in page
    assert "3 series of 2 known patients" in page
    assert "4 files are quarantined" in page
    assert "keeps no identifiers in its rows" in page


def test_identified_cannot_be_overlooked() -> None:
    """It is the first thing on the page."""
    page = privacy_page(figures(keeps_identifiers=True, num_identities=12), markdown=True)
    assert "> **This database keeps identifiers." in page
    assert "keeps no identifiers" not in page


def test_an_option_that_keeps_more_is_told_first() -> None:
    """With true UIDs in the rows, "no identifiers" would not be so."""
    page = privacy_page(figures(runs=[run(options=["retain-uids"])]), markdown=True)
    assert "keeps no identifiers" not in page
    assert "runs kept more by option: retain-uids" in page


def test_runs_that_differ_are_told() -> None:
    """Another profile, or another allow-list than that of this version."""
    same = privacy_page(figures(), markdown=True)
    assert "asked for different things" not in same
    runs = [run(), run(profile="strict", attributes_sha256="b" * 64)]
    other = privacy_page(figures(runs=runs), markdown=True)
    assert "asked for different things" in other
    assert "b" * 12 in other


def test_an_empty_database_gives_a_page() -> None:
    """Before the first file came."""
    empty = {"runs": [], "risks": [], "clearings": [], "files": [], "key_fingerprint": None}
    told = {"num_keys": 0, "num_instances": 0, "last_at": None, "cohorts": {}, "products": []}
    page = privacy_page(figures(**empty, withdrawals=told), markdown=True)
    assert "No file was ingested yet" in page
    assert "Nobody withdrew" in page

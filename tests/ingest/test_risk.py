"""The doors for text burned into pixels."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from database.session import Database
from foundation.errors import IngestError
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest
from ingest.risk import (
    RiskClearConfig,
    RiskListConfig,
    RiskUndoConfig,
    risk_clear,
    risk_list,
    risk_undo,
)


@pytest.fixture
def stocked(sqlite_database: Database) -> Database:
    """One picture at risk (a secondary capture) and one without."""
    paths = tuple(bundled_dicom_folder() / name for name in ("CT_small.dcm", "SC_rgb_jpeg.dcm"))
    ingest(IngestConfig(paths=paths, workers=1), database=sqlite_database)
    return sqlite_database


def clear(database: Database, where: str, **options: object) -> object:
    """Clear what a condition names."""
    values = {"where": where, "cleared_by": "officer", "reason": "looked at", **options}
    return risk_clear(RiskClearConfig.checked(values), database=database)


def test_a_decision_is_made_listed_and_taken_back(stocked: Database) -> None:
    """Counts before, after, and after all."""
    before = risk_list(RiskListConfig(), database=stocked)
    at_risk = sum(one.num_images for one in before.counts if one.risk == "possible")
    assert at_risk == 1
    dry = clear(stocked, "id > 0", dry_run=True)
    assert (dry.clearing, dry.num_images) == (None, at_risk)  # type: ignore[attr-defined]
    report = clear(stocked, "id > 0")
    assert report.classes == {"possible": at_risk}  # type: ignore[attr-defined]
    told = risk_list(RiskListConfig(), database=stocked)
    assert [one.risk for one in told.counts if one.risk == "possible"] == []
    (decision,) = told.clearings
    assert (decision.cleared_by, decision.reason, decision.num_in_force) == ("officer", "looked at", at_risk)
    undone = risk_undo(RiskUndoConfig(clearing=decision.id, undone_by="boss"), database=stocked)
    assert undone.num_images == at_risk
    after = risk_list(RiskListConfig(), database=stocked)
    assert after.counts == before.counts
    assert after.clearings[0].undone_by == "boss"


def test_a_decision_about_nothing_is_not_recorded(stocked: Database) -> None:
    """A condition that fits nothing at risk."""
    report = clear(stocked, "modality = 'XX'")
    assert (report.clearing, report.num_images) == (None, 0)  # type: ignore[attr-defined]
    assert risk_list(RiskListConfig(), database=stocked).clearings == []


@pytest.mark.parametrize("name", ["where", "cleared_by", "reason"])
def test_a_decision_says_what_who_and_why(name: str) -> None:
    """None of the three may be blank."""
    values = {"where": "id > 0", "cleared_by": "x", "reason": "y", name: ""}
    with pytest.raises(ValidationError):
        RiskClearConfig(**values)


def test_without_a_database_nothing_is_done() -> None:
    """The rows are all there is."""
    with pytest.raises(IngestError, match="open database"):
        risk_list(RiskListConfig())

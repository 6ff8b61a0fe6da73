"""The pictures of a cohort on their way into records."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from database.schema import Cohort, CohortMember
from database.session import Database, transaction
from foundation.errors import PreprocessingError, QueryError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.cohort_sources import source_of_cohort
from preprocessing.export import ExportConfig, export
from preprocessing.folders import open_image_folder
from preprocessing.frame_choices import FrameChoice
from preprocessing.record_sources import PackSource
from preprocessing.treatments import Treatment


def source(database: Database, *, frames: str = "first") -> PackSource:
    """Return the source of the cohort `all`."""
    treatment = Treatment.parse("full", ["invert"])
    return source_of_cohort(database, "all", None, treatment=treatment, frames=FrameChoice(frames))


def test_entries_are_those_of_an_export(ingested: Database, tmp_path: Path) -> None:
    """The same names, labels, instances, versions and patients, in the same order, and the same state."""
    cohort(CohortConfig(name="all"), database=ingested)
    config = ExportConfig(
        cohort="all", folder=tmp_path / "out", rendering="full", steps=("invert",), frames="all", workers=1
    )
    export(config, database=ingested)
    folder, found = open_image_folder(tmp_path / "out"), source(ingested, frames="all")
    assert found.state == folder.state
    for entry, listed in zip(found.entries, folder.entries, strict=True):
        for name in ("name", "image", "labels", "instance", "version", "frame_number", "patient_key"):
            assert getattr(entry, name) == getattr(listed, name)


def test_members_who_withdrew_are_told(ingested: Database) -> None:
    """And where nobody is left there is nothing to pack."""
    cohort(CohortConfig(name="all"), database=ingested)
    assert source(ingested).warnings == ()
    transaction(ingested, lambda session: session.execute(update(Cohort).values(num_withdrawn=3)))
    assert source(ingested).warnings == ("3 members of the cohort left with patients who withdrew.",)
    transaction(ingested, lambda session: session.execute(delete(CohortMember)))
    with pytest.raises(PreprocessingError, match="no picture any more"):
        source(ingested)
    with pytest.raises(QueryError, match="no cohort"):
        source_of_cohort(
            ingested, "none", None, treatment=Treatment.parse("full"), frames=FrameChoice("first")
        )

"""The door `disagreements`."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from database.session import Database
from foundation.errors import IngestError
from imaging.samples import bundled_dicom_folder
from ingest.disagreements import DisagreementsConfig, disagreements
from ingest.ingest import IngestConfig, ingest

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")


@pytest.fixture
def contradicting(database: Database, tmp_path: Path) -> Database:
    """Give a database with three contradictions in two kinds, and a sound instance."""
    for number, values in enumerate(
        (
            {"BodyPartExamined": "CHEST", "ProtocolName": "Knie"},
            {"BodyPartExamined": "CHEST", "ProtocolName": "KNEE"},
            {"BodyPartExamined": "CHEST", "Modality": "MR"},
            {"BodyPartExamined": "CHEST", "ProtocolName": "Thorax"},
        )
    ):
        ds = pydicom.dcmread(bundled_dicom_folder() / "CT_small.dcm")
        ds.SOPInstanceUID, ds.StudyDescription = f"1.2.3.{number}", ""
        for keyword, value in values.items():
            setattr(ds, keyword, value)
        ds.save_as(tmp_path / f"{number}.dcm")
    ingest(IngestConfig(paths=tuple(sorted(tmp_path.glob("*.dcm"))), workers=1), database=database)
    return database


def test_contradictions_are_counted_by_pair_with_examples(contradicting: Database) -> None:
    """The most frequent first; ids are those of the view `image`."""
    report = disagreements(DisagreementsConfig(examples=1), database=contradicting)
    assert (report.num_instances, report.num_contradicting, report.num_kinds) == (4, 3, 2)
    first, second = report.disagreements
    assert (first.column, first.value, first.other, first.other_source) == (
        "body_part",
        "CHEST",
        "KNEE",
        "protocol",
    )
    assert (first.num_instances, len(first.examples)) == (2, 1)
    assert (second.column, second.value, second.other) == ("modality", "MR", "CT")


def test_columns_and_kinds_can_be_chosen(contradicting: Database) -> None:
    """What is not listed is counted nevertheless."""
    one = disagreements(DisagreementsConfig(columns=("modality",)), database=contradicting)
    assert [each.column for each in one.disagreements] == ["modality"]
    short = disagreements(DisagreementsConfig(limit=1), database=contradicting)
    assert (len(short.disagreements), short.num_kinds) == (1, 2)


def test_an_empty_database_has_none(sqlite_database: Database) -> None:
    """And none at all is refused."""
    assert disagreements(DisagreementsConfig(), database=sqlite_database).disagreements == []
    with pytest.raises(IngestError):
        disagreements(DisagreementsConfig())

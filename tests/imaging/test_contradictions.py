"""Sources that contradict a value."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from imaging.cleaned_columns import COLUMNS, clean_columns
from imaging.contradictions import Contradiction, find_contradictions
from imaging.pseudonyms import Pseudonymiser
from imaging.site_tables import SiteTable

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

CT, DX, MG = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2", "1.1", "1.2"))


def _find(sop_class_uid: str = DX, **attributes: Any) -> list[tuple[str, ...]]:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    cleaned = clean_columns(
        ds, sop_class_uid=sop_class_uid, pseudonymiser=Pseudonymiser(bytes(32)), site_table=SiteTable()
    )
    found = find_contradictions(
        {column: cleaned.columns[column].value for column in COLUMNS},
        {column: cleaned.columns[column].rule for column in COLUMNS},
        sources=cleaned.sources,
        sop_class_uid=sop_class_uid,
    )
    return [(one.column, one.value, one.value_source, one.other, one.other_source) for one in found]


def test_a_body_part_against_a_protocol() -> None:
    """Chest by the scanner's default, knee by the protocol."""
    assert _find(BodyPartExamined="CHEST", ProtocolName="KNEE ap") == [
        ("body_part", "CHEST", "body_part_examined", "KNEE", "protocol")
    ]


@pytest.mark.parametrize("other", ["Thorax", "Lunge", "CT Chest Abd Pelvis", "Whole body", "Knee and brain"])
def test_what_lies_within_or_around_contradicts_nothing(other: str) -> None:
    """A lung is in the chest; of an ambiguous text nobody knows what it means."""
    assert _find(BodyPartExamined="CHEST", StudyDescription=other) == []


def test_a_modality_against_its_class() -> None:
    """The class tells what kind of object it is."""
    assert _find(CT, Modality="MR") == [("modality", "MR", "modality", "CT", "sop_class")]
    assert _find(DX, Modality="CR") == []


def test_a_view_against_a_description() -> None:
    """Of projections only."""
    assert _find(ViewPosition="AP", SeriesDescription="Cervical OBLI 2") == [
        ("view_position", "AP", "view_position", "OBLIQUE", "series_description")
    ]
    assert _find(CT, ViewPosition="AP", SeriesDescription="Cervical OBLI 2") == []
    assert _find(ViewPosition="RL", SeriesDescription="lat") == []


def test_a_side_against_a_view_and_a_text() -> None:
    """Both sides in a text say nothing against one."""
    assert ("image_laterality", "L", "image_laterality", "R", "view_position") in _find(
        MG, ImageLaterality="L", ViewPosition="RCC"
    )
    assert _find(ImageLaterality="L", StudyDescription="Knie rechts") == [
        ("image_laterality", "L", "image_laterality", "R", "study_description")
    ]
    assert _find(ImageLaterality="L", StudyDescription="Knie bds") == []
    assert _find(ImageLaterality="L", StudyDescription="Thorax right lateral") == []


def test_a_value_that_no_source_gave_is_told_by_its_rule() -> None:
    """A class folder, for example."""
    sources = {"found": {"body_part": {"protocol": ["KNEE", "phrase"]}}}
    found = list(
        find_contradictions(
            {"body_part": "HAND"}, {"body_part": "class_folder"}, sources=sources, sop_class_uid=None
        )
    )
    assert found == [Contradiction("body_part", "HAND", "class_folder", "KNEE", "protocol")]

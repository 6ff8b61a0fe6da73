"""Columns settled again from hashes."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from imaging.cleaned_columns import CleanedColumns, clean_columns
from imaging.findings import Cleaned, Finding
from imaging.pseudonyms import Pseudonymiser
from imaging.recleaning import Phrasebook, Recleaned, StoredColumns, make_phrasebook, reclean_columns
from imaging.site_tables import SiteTable, parse_site_table
from imaging.source_texts import normalise_text

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

KEY = Pseudonymiser(bytes(range(32)))
CT = "1.2.840.10008.5.1.4.1.1.2"
OURS = make_phrasebook(KEY, SiteTable())


def _table(*lines: str) -> SiteTable:
    return parse_site_table("field\ttext\tvalue\tsource\n" + "\n".join(lines), origin="x")


def _clean(table: SiteTable | None = None, **attributes: Any) -> CleanedColumns:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return clean_columns(ds, sop_class_uid=CT, pseudonymiser=KEY, site_table=table or SiteTable())


def _again(stored: CleanedColumns, phrasebook: Phrasebook = OURS, **columns: Cleaned) -> Recleaned:
    row = StoredColumns({**stored.columns, **columns}, stored.sources, CT)
    return reclean_columns(row, phrasebook)


FILES: list[dict[str, Any]] = [
    {},
    {"BodyPartExamined": "CHEST", "Modality": "CT"},
    {"BodyPartExamined": "C-Spine", "ViewPosition": "LAT", "Modality": "nmr", "ImageLaterality": "links"},
    {"BodyPartExamined": "X-RAY OF SHOULDE", "StudyDescription": "Knee and Brain"},
    {"BodyPartExamined": "SHOULDRE", "ProtocolName": "3.6 SQ. NECK+CHEST", "SeriesDescription": "PA"},
    {"ViewPosition": "?", "Modality": "?", "ImageLaterality": "?", "StudyDescription": "e+1"},
    {"Modality": "MG", "SeriesDescription": "R MLO", "PatientOrientation": ["P", "L"]},
    {"ProtocolName": "Head first", "SeriesDescription": "Hände bds."},
]


@pytest.mark.parametrize("attributes", FILES)
def test_nothing_changes_when_nothing_has_changed(attributes: dict[str, Any]) -> None:
    """Cleaning anew with the same vocabulary gives the row that ingest gave."""
    stored = _clean(**attributes)
    again = _again(stored)
    assert again.columns == stored.columns
    assert again.sources == stored.sources


@pytest.mark.parametrize("attributes", FILES)
def test_a_table_applied_later_gives_what_it_gives_at_ingest(attributes: dict[str, Any]) -> None:
    """Without the file; and taken back it leaves the row as it was."""
    table = _table(
        "body_part\tchest\tLUNG\tbody_part_examined",
        "body_part\tE+1\tABDOMEN",
        "body_part\tx ray of shoulde\t",
        "modality\t?x\tDX",
        "view\tlat\tRL",
        "laterality\tR MLO\tL",
    )
    plain, at_ingest = _clean(**attributes), _clean(table, **attributes)
    later = _again(plain, make_phrasebook(KEY, table))
    assert (later.columns, later.sources) == (at_ingest.columns, at_ingest.sources)
    stored = CleanedColumns(later.columns, later.sources)
    taken_back = _again(stored)
    assert (taken_back.columns, taken_back.sources) == (plain.columns, plain.sources)


def test_a_vocabulary_that_has_grown_reaches_old_rows() -> None:
    """The text stands for a term as a whole now, so its hash is known."""
    stored = _clean(BodyPartExamined="Zzunge 7")
    assert stored.columns["body_part"].value is None
    key = KEY.text_key(normalise_text("Zzunge 7"))
    grown = Phrasebook(
        {("body_part", "body_part_examined"): {key: (Finding("TONGUE", "synonym"), "ZZUNGE 7")}}
    )
    again = _again(stored, grown).columns["body_part"]
    assert (again.value, again.raw, again.rule) == ("TONGUE", "ZZUNGE 7", "synonym")


def test_a_term_that_the_vocabulary_gave_up_is_taken_back() -> None:
    """A row must not hold what nobody knows."""
    stored = _clean(BodyPartExamined="CHEST")
    sources = {
        "texts": stored.sources["texts"],
        "found": {"body_part": {"body_part_examined": ["GONE", "exact"]}},
    }
    again = _again(CleanedColumns(stored.columns, sources), Phrasebook())
    assert again.columns["body_part"].value is None


@pytest.mark.parametrize("rule", ["class_folder", "label_table"])
def test_what_people_gave_stays(rule: str) -> None:
    """Who sorted the pictures, or read them, looked at them."""
    stored = _clean(StudyDescription="Knie")
    folder = Cleaned("HAND", None, rule, 1.0)
    assert _again(stored, body_part=folder).columns["body_part"] == folder


def test_what_could_not_be_looked_up_is_told() -> None:
    """A text among whose words our vocabulary once found a region is gone."""
    again = _again(_clean(StudyDescription="MRT Knie rechts mit KM", Modality="?"))
    assert again.kept_as_read == ("body_part", "image_laterality")
    assert _again(_clean(StudyDescription="Knie")).kept_as_read == ()
    assert _again(_clean(StudyDescription="e+1", ViewPosition="?x")).still_unknown == (
        "view_position",
        "body_part",
    )


def test_another_key_finds_nothing() -> None:
    """Hashes are of no use without the key."""
    stored = _clean(StudyDescription="e+1")
    other = make_phrasebook(Pseudonymiser(bytes(32)), _table("body_part\te+1\tABDOMEN"))
    assert _again(stored, other).columns["body_part"].value is None


def test_a_line_for_one_source_comes_before_one_for_all() -> None:
    """As at ingest."""
    table = _table("body_part\te 1\tABDOMEN", "body_part\te 1\tKNEE\tstudy_description")
    again = _again(_clean(StudyDescription="e+1"), make_phrasebook(KEY, table))
    assert again.columns["body_part"].value == "KNEE"

"""The four cleaned columns together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydicom.dataset import Dataset

from imaging.cleaned_columns import (
    COLUMNS,
    CleanedColumns,
    clean_columns,
    column_fields,
    find_terms,
    finder,
    lay_over,
    read_source_texts,
    settle_columns,
    to_sources,
)
from imaging.findings import Finding
from imaging.pseudonyms import Pseudonymiser
from imaging.site_tables import COLUMN_SOURCES, SiteTable, parse_site_table

# The values are wrong on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Invalid value", "ignore:The value length")

KEY = Pseudonymiser(bytes(range(32)))
CR = "1.2.840.10008.5.1.4.1.1.1"


def _dataset(**attributes: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def _code(value: str, meaning: str = "", **further: Any) -> Dataset:
    return _dataset(CodeValue=value, CodeMeaning=meaning, **further)


def _clean(ds: Dataset, table: str = "", sop_class_uid: str | None = CR) -> CleanedColumns:
    site = parse_site_table(f"field\ttext\tvalue\tsource\n{table}", origin="x") if table else SiteTable()
    return clean_columns(ds, sop_class_uid=sop_class_uid, pseudonymiser=KEY, site_table=site)


def _values(cleaned: CleanedColumns) -> Mapping[str, str | None]:
    return {column: cleaned.columns[column].value for column in COLUMNS}


def test_each_column_follows_from_the_others() -> None:
    """The modality lets a view in a text count, the view tells the breast, the breast has a side."""
    ds = _dataset(SeriesDescription="L MLO", Modality="MG")
    assert _values(_clean(ds, sop_class_uid=None)) == {
        "modality": "MG",
        "view_position": "MLO",
        "body_part": "BREAST",
        "image_laterality": "L",
    }
    assert _values(_clean(_dataset(SeriesDescription="L MLO", Modality="CT"), sop_class_uid=None)) == {
        "modality": "CT",
        "view_position": None,
        "body_part": None,
        "image_laterality": "L",
    }


def test_a_blank_modality_is_told_by_the_class_and_what_follows_counts() -> None:
    """Otherwise the view would be lost as well."""
    cleaned = _clean(_dataset(StudyDescription="Knie rechts", SeriesDescription="Knie seitl."))
    assert _values(cleaned) == {
        "modality": "CR",
        "view_position": "LATERAL",
        "body_part": "KNEE",
        "image_laterality": "R",
    }
    assert cleaned.columns["modality"].rule == "sop_class"


@pytest.mark.parametrize(
    ("attributes", "part", "rule"),
    [
        ({"AnatomicRegionSequence": [_code("T-D3000")]}, "CHEST", "anatomic_region_code"),
        ({"AnatomicRegionSequence": [_code("72696002")]}, "KNEE", "anatomic_region_code"),
        ({"PrimaryAnatomicStructureSequence": [_code("39607008")]}, "LUNG", "anatomic_region_code"),
        ({"ProcedureCodeSequence": [_code("24627-2", "?")]}, "CHEST", "procedure_code"),
        ({"ProcedureCodeSequence": [_code("XY1", "CT CHEST W/O")]}, "CHEST", "procedure_meaning"),
        ({"RequestedProcedureCodeSequence": [_code("1", "MRT Knie")]}, "KNEE", "procedure_meaning"),
        ({"PerformedProtocolCodeSequence": [_code("1", "Hand ap")]}, "HAND", "procedure_meaning"),
        (
            {"RequestAttributesSequence": [_dataset(RequestedProcedureDescription="RX BACINO")]},
            "PELVIS",
            "requested_procedure",
        ),
        ({"BodyPartExamined": "HAND HEAD", "ProtocolName": "Schädel"}, "SKULL", "protocol"),
    ],
)
def test_a_blank_or_doubtful_body_part_is_found_elsewhere(
    attributes: dict[str, Any], part: str, rule: str
) -> None:
    """Registered codes first, then texts in their order."""
    cleaned = _clean(_dataset(**attributes)).columns["body_part"]
    assert (cleaned.value, cleaned.rule) == (part, rule)


@pytest.mark.parametrize(
    ("values", "term"),
    [(["CHEST", "ABDOMEN"], "CHESTABDOMEN"), (["", "KNEE"], "KNEE"), (["HEAD", ""], "HEAD")],
)
def test_several_values_of_body_part_are_one_text(values: list[str], term: str) -> None:
    """One is allowed, and several are written."""
    assert (
        read_source_texts(_dataset(BodyPartExamined=values))["body_part_examined"] == " ".join(values).strip()
    )
    assert _clean(_dataset(BodyPartExamined=values)).columns["body_part"].value == term


def test_codes_of_frames_count() -> None:
    """PS3.3 C.7.6.16.2.8: region, modifier and laterality of enhanced objects."""
    region = _code("72696002", AnatomicRegionModifierSequence=[_code("24028007")])
    group = _dataset(FrameAnatomySequence=[_dataset(AnatomicRegionSequence=[region])])
    ds = _dataset(SharedFunctionalGroupsSequence=[group])
    cleaned = _clean(ds).columns
    assert (cleaned["body_part"].value, cleaned["image_laterality"].value) == ("KNEE", "R")
    assert cleaned["image_laterality"].rule == "region_modifier_code"
    group.FrameAnatomySequence[0].FrameLaterality = "L"
    assert _clean(ds).columns["image_laterality"].rule == "frame_laterality"


def test_no_text_is_in_what_is_kept() -> None:
    """Hashes, terms and rules only."""
    texts = {
        "BodyPartExamined": "Miller knee",
        "ProtocolName": "Protocol Miller",
        "SeriesDescription": "Series Miller RIGHT",
        "StudyDescription": "Study Miller",
        "ViewPosition": "AP Miller",
        "ImageLaterality": "Miller",
        "Modality": "Miller",
        "ProcedureCodeSequence": [_code("MILLER1", "Miller procedure")],
    }
    cleaned = _clean(_dataset(**texts))
    assert "MILLER" not in json.dumps(cleaned.fields()).upper()
    assert len(cleaned.sources["texts"]) == 9
    assert all(len(key) == 16 for key in cleaned.sources["texts"].values())


def test_what_each_source_led_to_is_kept() -> None:
    """Nothing at all where a text led nowhere."""
    cleaned = _clean(_dataset(BodyPartExamined="CHEST", ProtocolName="Knie", StudyDescription="Routine"))
    assert cleaned.sources["found"]["body_part"] == {
        "body_part_examined": ["CHEST", "exact"],
        "protocol": ["KNEE", "synonym"],
    }
    assert set(cleaned.sources["texts"]) == {"body_part_examined", "protocol", "study_description"}


def test_a_header_without_texts_keeps_nothing_of_them() -> None:
    """The class alone told the modality."""
    assert set(_clean(Dataset()).sources) == {"found"}
    assert _clean(Dataset(), sop_class_uid=None).sources == {}


def test_a_sites_line_goes_before_ours() -> None:
    """At whatever source, in their order; the rule says so."""
    ds = _dataset(BodyPartExamined="CHEST", ProtocolName="ROUTINE 7", Modality="XYZ")
    cleaned = _clean(ds, "body_part\tRoutine 7\tKNEE\tprotocol\nmodality\txyz\tDX\n")
    part, modality = cleaned.columns["body_part"], cleaned.columns["modality"]
    assert (part.value, part.rule, part.raw) == ("KNEE", "site", "CHEST")
    assert (modality.value, modality.rule, modality.raw) == ("DX", "site", "XYZ")
    assert cleaned.sources["site"] == {"body_part": {"protocol": "KNEE"}, "modality": {"modality": "DX"}}


def test_a_silenced_text_lets_the_next_source_speak() -> None:
    """The scanner's default for every picture."""
    ds = _dataset(BodyPartExamined="CHEST", ProtocolName="Knie")
    cleaned = _clean(ds, "body_part\tchest\t\tbody_part_examined\n").columns["body_part"]
    assert (cleaned.value, cleaned.rule, cleaned.raw) == ("KNEE", "protocol", None)


def test_sites_findings_take_the_place_of_ours() -> None:
    """A blank term takes one away."""
    ours = {"a": Finding("CHEST", "exact"), "b": Finding("KNEE", "phrase")}
    assert lay_over(ours, {"a": "", "c": "HAND"}) == {
        "b": Finding("KNEE", "phrase"),
        "c": Finding("HAND", "site"),
    }


def test_every_source_has_a_way_to_a_term() -> None:
    """A finder for each, and fields for each column."""
    for column, sources in COLUMN_SOURCES.items():
        for source in sources:
            assert finder(column, source)("no such word at all") is None
    settled = settle_columns(find_terms({}, None), site={}, raws={}, sop_class_uid=None)
    assert len(column_fields(settled)) == 16
    assert to_sources({}, {}, {}) == {}


def test_only_texts_that_are_there_are_read() -> None:
    """Of many codes the first few."""
    codes = [_code(f"C{number}") for number in range(40)]
    texts = read_source_texts(_dataset(ProcedureCodeSequence=codes, ProtocolName="  "))
    assert texts == {"procedure_code": "C0 C1 C2 C3"}

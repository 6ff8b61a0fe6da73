"""The forms of a cohort's table."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from database.cohort_candidates import CandidateCount
from database.cohort_steps import SelectionStep
from database.cohort_tables import AgeSummary, Characteristic, CohortTable, LabelCount, ValueCount
from foundation.errors import ConfigError
from preprocessing.cohort_show import CohortShowReport
from preprocessing.cohort_table_files import check_table_path, summary_lines, table_rows, table_text

REPORT = CohortShowReport(
    cohort_uuid="u",
    name="a <b>",
    version=2,
    task="finding",
    label_policy="multiple",
    unit="study",
    created_at=datetime(2026, 1, 2, 3, 4),  # noqa: DTZ001 - stored without a zone
    fingerprint="f",
    num_withdrawn=1,
    is_as_frozen=False,
    steps=(SelectionStep(name="crown", asked="age_years < 9", count=CandidateCount(num_images=4)),),
    left_out={"unlabelled": 3},
    disputed_repeats=0,
    selection={},
    table=CohortTable(
        num_images=4,
        num_patients=2,
        num_studies=3,
        num_series=3,
        num_units=3,
        num_patient_unknown=1,
        characteristics=(
            Characteristic(
                name="modality",
                values=(ValueCount(value="CR & <DX>", num_images=2, num_patients=1),),
                num_missing=1,
                num_other_values=5,
                num_other_images=1,
            ),
        ),
        ages=AgeSummary(
            num_known=3,
            mean=50.123,
            median=51,
            lower_quartile=40,
            upper_quartile=60,
            youngest=0.5,
            oldest=90,
        ),
        labels=(LabelCount(class_name="Mass", num_images={"1": 1, "0": 3}, num_patients=1),),
    ),
)


def test_the_rows_are_all_that_is_known() -> None:
    """Values, what is not told one by one, what is missing; shares of all images."""
    assert list(table_rows(REPORT)) == [
        ("label (finding)", "Mass", 1, 0.25, 1),
        ("label (finding)", "Mass: 0", 3, 0.75, None),
        ("modality", "CR & <DX>", 2, 0.5, 1),
        ("modality", "5 other values", 1, 0.25, None),
        ("modality", "not known", 1, 0.25, None),
        ("patient", "not known", 1, 0.25, None),
    ]


def test_the_summary_says_what_must_be_known() -> None:
    """Units, ages, members that left, and that the table is of today."""
    told = "\n".join(summary_lines(REPORT))
    for words in (
        "a <b>@2",
        "one answer for each study (3)",
        "median 51 (quartiles 40 to 60), mean 50.12, 0.5 to 90",
        "1 members left since",
        "counted today",
    ):
        assert words in told


def test_csv_and_json_are_read_again() -> None:
    """By any reader."""
    rows = list(csv.DictReader(io.StringIO(table_text(REPORT, ".csv"))))
    assert rows[2] == {
        "characteristic": "modality",
        "value": "CR & <DX>",
        "images": "2",
        "share_of_images": "0.500000",
        "patients": "1",
    }
    assert len(rows) == 6
    assert json.loads(table_text(REPORT, ".json")) == REPORT.model_dump(mode="json")


def test_text_holds_every_value() -> None:
    """In columns, under the name of the characteristic."""
    told = table_text(REPORT, ".txt")
    assert "\nmodality\n  CR & <DX> " in told
    assert "50.0%" in told


def test_the_page_is_well_formed_and_escaped() -> None:
    """What names hold is text."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.text = ""

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

        def handle_data(self, data: str) -> None:
            self.text += data

    page = table_text(REPORT, ".html")
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "CR & <DX>" in reader.text
    assert "age_years < 9" in reader.text
    assert "<DX>" not in page


def test_other_endings_are_refused() -> None:
    """With those that there are."""
    check_table_path(Path("t.HTML"))
    with pytest.raises(ConfigError, match=r"\.csv, \.html, \.json, \.txt"):
        check_table_path(Path("t.xlsx"))

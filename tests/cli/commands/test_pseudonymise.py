"""`dicomill pseudonymise`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]

TABLE = """PatID;From;AccNo;Exam;Born;Name;Report
PHANTOM-00001;SYNTHETIC;SYN000010;01.02.2023;01.01.1950;Doe^Jane;seen: Doe
PHANTOM-00002;SYNTHETIC;;02.02.2023;;Roe^Jim;normal
"""
COLUMNS = ("--patient", "PatID", "--issuer-column", "From", "--accession", "AccNo", "--date", "Exam")


def test_a_table_comes_out_without_its_patients(works: Call, rows: Path, tmp_path: Path) -> None:
    """Only the named columns, under our names; what a kept column gives away is told on stderr."""
    (tmp_path / "ris.csv").write_text(TABLE)
    outcome = works(
        *("pseudonymise", "ris.csv", *COLUMNS, "--keep", "Report", "--output", "keys.csv"),
        *("--date-format", "%d.%m.%Y", "--set", "birth_date=Born"),
    )
    assert "2 of 2 rows in keys.csv" in outcome.out
    assert "2 rows are of patients that the database knows" in outcome.out
    assert 'The kept column "Report" holds the row\'s own number or name in 1 row' in outcome.err
    lines = (tmp_path / "keys.csv").read_text().splitlines()
    assert lines[0] == "patient_key,accession_key,exam_shifted,age_years,Report"
    assert lines[1].endswith(",73,seen: Doe")
    assert "PHANTOM" not in outcome.out + outcome.err + "".join(lines)
    assert (tmp_path / "keys.csv.pseudonyms.json").is_file()


def test_what_is_wrong_is_one_clear_line(refuses: Call, rows: Path, other_key: Path, tmp_path: Path) -> None:
    """And nothing is written: a missing column, dates of two readings, a taken place, another key."""
    (tmp_path / "ris.csv").write_text(TABLE)
    (tmp_path / "taken.csv").touch()
    call = ("pseudonymise", "ris.csv", *COLUMNS)
    refuses(*call, "--output", "o.csv", says="2 dates can be read in several ways")
    refuses(*call, "--keep", "Nmae", "--output", "o.csv", says='Did you mean "Name"')
    refuses(*call, "--output", "taken.csv", says="already exists")
    refuses(*call, "--output", "o.csv", "--key-file", other_key, says="key")
    refuses("pseudonymise", "ris.csv", "--keep", "Name", "--output", "o.csv", says="--patient")

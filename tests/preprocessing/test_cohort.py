"""The door `cohort`."""

from __future__ import annotations

from pathlib import Path

import pytest

from database.session import Database
from foundation.errors import ConfigError, EmptyCohortError, PreprocessingError, QueryError
from preprocessing.cohort import CohortConfig, cohort, list_cohort_reports


def test_a_cohort_by_body_part_counts_what_it_holds(ingested: Database) -> None:
    """Images, patients and labels, on both databases alike."""
    report = cohort(CohortConfig(name="chests", body_parts=("chest",)), database=ingested)
    assert (report.name, report.version, report.is_new) == ("chests", 1, True)
    assert report.label_counts == {"CHEST": report.num_images}
    assert report.num_images > 0
    assert 0 < report.num_patients <= report.num_images


def test_without_a_condition_every_labelled_picture_is_taken(ingested: Database) -> None:
    """The counts of the steps say how many were there and how many had no label."""
    report = cohort(CohortConfig(name="all"), database=ingested)
    first, last = report.steps[0].count, report.steps[-1].count
    assert last.num_images == report.num_images == first.num_images - sum(report.left_out.values())
    assert last.num_patients == report.num_patients


def test_the_same_selection_again_is_the_same_version(ingested: Database) -> None:
    """Nothing changed, nothing new."""
    first = cohort(CohortConfig(name="all"), database=ingested)
    again = cohort(CohortConfig(name="all"), database=ingested)
    assert (again.version, again.is_new, again.cohort_uuid) == (1, False, first.cohort_uuid)


def test_another_result_under_the_name_is_the_next_version(ingested: Database) -> None:
    """The first one stays as it was."""
    cohort(CohortConfig(name="some"), database=ingested)
    report = cohort(CohortConfig(name="some", where="body_part = 'CHEST'"), database=ingested)
    assert (report.version, report.is_new) == (2, True)
    listed = list_cohort_reports(ingested).cohorts
    assert [(row.name, row.version) for row in listed] == [("some", 1), ("some", 2)]
    assert listed[0].num_images > listed[1].num_images == report.num_images


def test_a_condition_and_a_query_choose_alike(ingested: Database, tmp_path: Path) -> None:
    """`where` is a condition on the view, `sql_file` a whole query with a column id."""
    (tmp_path / "q.sql").write_text("SELECT id FROM image WHERE body_part = 'HAND'")
    by_query = cohort(CohortConfig(name="q", sql_file=tmp_path / "q.sql"), database=ingested)
    by_condition = cohort(CohortConfig(name="w", where="body_part = 'HAND'"), database=ingested)
    assert by_query.fingerprint == by_condition.fingerprint


def test_a_query_file_may_begin_with_a_mark_and_end_with_a_comment(
    ingested: Database, tmp_path: Path
) -> None:
    """As editors on Windows and careful people write them."""
    (tmp_path / "q.sql").write_bytes(b"\xef\xbb\xbfSELECT id FROM image\nWHERE body_part = 'HAND';\n-- end\n")
    assert cohort(CohortConfig(name="q", sql_file=tmp_path / "q.sql"), database=ingested).num_images


def test_values_of_simple_filters_may_stand_in_one_word() -> None:
    """With commas between them, as on the command line."""
    config = CohortConfig.checked({"name": "x", "modalities": "CT,MR", "years": "2003, 2004", "sexes": ["F"]})
    assert (config.modalities, config.years, config.sexes) == (("CT", "MR"), (2003, 2004), ("F",))


def test_an_empty_selection_tells_the_values_that_it_could_have_asked_for(ingested: Database) -> None:
    """Of the body part, and of every column that was asked for."""
    with pytest.raises(EmptyCohortError, match=r"Body parts in the database: .*; modalities: [A-Z]+ \("):
        cohort(CohortConfig(name="none", modalities=("XX",)), database=ingested)


@pytest.mark.parametrize(
    ("where", "word"),
    [
        ("body_prt = 'HAND'", "body_part"),
        ("1; DELETE FROM instance", "statement|refused|one"),
        ("id IN (SELECT id FROM patient)", "patient"),
    ],
)
def test_a_condition_that_is_wrong_or_harmful_is_refused(ingested: Database, where: str, word: str) -> None:
    """In one line, with the near column or the views there are."""
    with pytest.raises(QueryError, match=word):
        cohort(CohortConfig(name="x", where=where), database=ingested)


def test_an_empty_selection_is_refused_with_what_there_is(ingested: Database) -> None:
    """The message counts the steps and names the body parts."""
    with pytest.raises(EmptyCohortError, match="CHEST"):
        cohort(CohortConfig(name="none", body_parts=("TOE",)), database=ingested)


def test_a_query_that_cannot_be_read_is_told(ingested: Database, tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(ConfigError, match="nowhere"):
        cohort(CohortConfig(name="x", sql_file=tmp_path / "nowhere.sql"), database=ingested)


def test_a_cohort_needs_a_database() -> None:
    """It selects rows."""
    with pytest.raises(PreprocessingError, match="open database"):
        cohort(CohortConfig(name="x"))

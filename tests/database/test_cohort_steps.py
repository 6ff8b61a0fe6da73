"""From a selection to its members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from database import cohort_steps
from database.batches import NewInstance, NewReading
from database.cohort_candidates import CANDIDATE, working_tables
from database.cohort_selections import CohortSelection
from database.cohort_steps import SelectionCounts, filter_columns, select_members
from database.labels import add_readings
from database.session import Database, transaction
from foundation.errors import QueryError

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]

ROWS: list[dict[str, Any]] = [
    {
        "modality": "CR",
        "view_position": "PA",
        "patient_sex": "F",
        "patient_age_years": 30,
        "study_year": 2010,
    },
    {
        "modality": "CR",
        "view_position": "AP",
        "patient_sex": "M",
        "patient_age_years": 17,
        "study_year": 2011,
    },
    {
        "modality": "DX",
        "view_position": "PA",
        "patient_sex": "F",
        "patient_age_years": None,
        "study_year": 2012,
    },
    {"modality": "US", "burned_in_risk": "possible", "patient_age_years": 40, "study_year": 2012},
    {
        "modality": "DX",
        "view_position": "PA",
        "patient_age_years": 50,
        "body_part": "HAND",
        "study_year": 2012,
    },
]


@pytest.fixture
def filled(database: Database, store: Store, make: Make) -> Database:
    """Give five pictures, one of them at risk, each of a patient of its own."""
    store(
        *(
            make(f"2.25.{n}", **({"picture": str(n), "patient_key": f"p{n}"} | row))
            for n, row in enumerate(ROWS)
        )
    )
    return database


def members(database: Database, **fields: Any) -> tuple[str, SelectionCounts]:
    """Return the last digits of the members' UIDs, and the counts."""
    counts = SelectionCounts()
    selection = CohortSelection.checked({"name": "x", **fields})
    with database.session() as session, working_tables(session):
        select_members(session, selection, counts, max_label_id=None)
        uids = session.scalars(select(CANDIDATE.c.sop_instance_uid)).all()
    return "".join(sorted(uid.removeprefix("2.25.") for uid in uids)), counts


CONDITIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "0124"),
    ({"keep": ["risk"]}, "01234"),
    ({"modalities": ["cr"]}, "01"),
    ({"modalities": ["CR", "DX"], "view_positions": "PA"}, "024"),
    ({"sexes": "f"}, "02"),
    ({"years": [2011, 2012]}, "124"),
    ({"min_age": 18}, "04"),
    ({"max_age": 17}, "1"),
    ({"body_parts": "hand"}, "4"),
    ({"body_parts": "chest", "where": "modality = 'CR'"}, "01"),
    ({"where": "id IN (SELECT id FROM image WHERE sex = 'M')"}, "1"),
    ({"sql": "SELECT id FROM image WHERE modality = 'DX' UNION SELECT 999"}, "24"),
    ({"sql": "SELECT id FROM image WHERE modality = 'DX' UNION ALL SELECT id FROM image; -- twice"}, "0124"),
    ({"steps": ["a: modality <> 'US'", "b: age_years > 20"]}, "04"),
    ({"one_per": "patient", "where": "modality = 'CR'"}, "01"),
]


def test_every_condition_holds(filled: Database) -> None:
    """Alone and together; the risk is left out unless it is asked for."""
    assert [members(filled, **fields)[0] for fields, _ in CONDITIONS] == [left for _, left in CONDITIONS]


def test_every_step_is_counted(filled: Database) -> None:
    """With patients and studies, and what each step left out."""
    _, counts = members(
        filled, where="age_years > 0", steps=["crown: study_year > 2010"], one_per="study", pick="last"
    )
    told = [(step.name, step.asked, step.count.num_images, step.count.num_patients) for step in counts.steps]
    assert told == [
        ("in the database", "", 5, None),
        ("selected", "age_years > 0", 4, 4),
        ("crown", "study_year > 2010", 3, 3),
        ("no burned-in risk", "", 2, 2),
        ("labelled", "body_part", 2, 2),
        ("no repeats", "", 2, 2),
        ("last of each study", "", 1, 1),
    ]
    assert counts.left_out == {"burned-in risk possible (--keep risk)": 1}


def test_readings_go_before_headers_in_the_choice_by_body_part(filled: Database) -> None:
    """One reader who says so is enough; the cohort's policy judges afterwards."""
    for class_name, reader in (("HAND", "ana"), ("FOOT", "ben")):
        reading = NewReading("body_part", class_name, "1", reader, subject_key="2.25.0")
        transaction(filled, lambda session, one=reading: add_readings(session, [one]))
    assert members(filled, body_parts="hand", label_policy="multiple")[0] == "04"
    left, counts = members(filled, body_parts="hand")
    assert (left, counts.left_out) == ("4", {"readers_disagree": 1})
    assert members(filled, body_parts="chest")[0] == "12"


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"steps": ["a: modalty = 'CR'"]}, 'Did you mean "modality"'),
    ({"steps": ["a: 1 = 1; DELETE FROM label"]}, "condition"),
    ({"where": "view_postion = 'PA'"}, 'Did you mean "view_position"'),
    ({"sql": "SELECT sex, modality FROM image"}, "Expected a column id"),
    ({"sql": "SELECT sex FROM image"}, "whole numbers"),
    ({"sql": "SELECT id FROM image UNION SELECT NULL"}, r"whole numbers .* Received: nothing \(NULL\)"),
    ({"sql": "SELECT id FROM image; SELECT id FROM image"}, "2 statements"),
    ({"sql": "SELECT id FROM image INTO OUTFILE '/x'"}, "uses INTO OUTFILE"),
    ({"sql": "SELECT GET_LOCK('a', 1)"}, "GET_LOCK"),
    ({"sql": "ATTACH DATABASE 'x' AS y"}, "Expected one SELECT"),
    ({"sql": "PRAGMA user_version"}, "Expected one SELECT"),
    ({"sql": "DELETE FROM image"}, "Expected one SELECT"),
]


def test_bad_sql_is_one_clear_line(filled: Database) -> None:
    """On every database alike."""
    for fields, says in MISTAKES:
        with pytest.raises(QueryError, match=says) as caught:
            members(filled, **fields)
        assert "\n" not in str(caught.value)


def test_a_query_past_its_time_is_stopped(filled: Database) -> None:
    """With the time in the message."""
    endless = (
        "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 900) "
        "SELECT COUNT(*) AS id FROM n AS a, n AS b, n AS c, n AS d WHERE a.x + b.x + c.x + d.x > 7"
    )
    with pytest.raises(QueryError, match=r"longer than 0\.2 seconds"):
        members(filled, sql=endless, seconds=0.2)


def test_an_endless_list_of_ids_does_not_fill_the_memory(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped at the number of pictures, or at a million."""
    monkeypatch.setattr(cohort_steps, "_IDS_TAKEN", 50)
    endless = (
        "WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < 500) SELECT id FROM n"
    )
    with pytest.raises(QueryError, match=r"more than \d+ ids"):
        members(filled, sql=endless)


def test_an_empty_column_of_values_is_told_with_what_there_is() -> None:
    """Each simple filter names the column that it looks into."""
    selection = CohortSelection.checked({"name": "x", "modalities": ["CR", "DX"], "years": 2011})
    wanted = {words: values for words, (_, values) in filter_columns(selection).items() if values}
    assert wanted == {"modalities": ("CR", "DX"), "years": (2011,)}

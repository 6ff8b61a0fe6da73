"""Risks of text in the pixels: counts, decisions, detections."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from database.research import run_research_query
from database.risk import (
    clear_images,
    count_risks,
    images_at_risk,
    keep_detections,
    list_clearings,
    undo_clearing,
    unsearched_images,
)
from database.schema import Instance
from database.session import Database, transaction
from foundation.errors import QueryError


@pytest.fixture
def stocked(database: Database, store: Any, make: Any) -> Database:
    """Four pictures, one of each class of the header and an ultrasound more."""
    store(
        make("2.25.1", picture="a", modality="CR", burned_in_risk="none"),
        make("2.25.2", picture="b", modality="US", burned_in_risk="possible"),
        make("2.25.3", picture="c", modality="US", burned_in_risk="declared"),
        make("2.25.4", picture="d", modality=None, burned_in_risk="possible"),
    )
    return database


def ids(database: Database) -> dict[str, int]:
    """Return row ids by UID."""
    with database.session() as session:
        return dict(session.execute(select(Instance.sop_instance_uid, Instance.id)).all())  # type: ignore[arg-type]


def seen(database: Database) -> dict[str, str]:
    """Return what the view says of each picture."""
    result = run_research_query(database, "SELECT sop_instance_uid, burned_in_risk FROM image")
    return dict(result.rows)  # type: ignore[arg-type]


def clear(database: Database, where: str) -> int:
    """Clear what a condition names."""
    found = images_at_risk(database, where)
    chosen = [row_id for some in found.values() for row_id in some]
    return transaction(
        database,
        lambda session: clear_images(session, chosen, where=where, cleared_by="officer", reason="looked at"),
    )


def detect(database: Database, **found: bool) -> None:
    """Keep what a search found, by the last digit of the UID."""
    known = ids(database)
    told = [(known[f"2.25.{name[1:]}"], has) for name, has in found.items()]
    transaction(database, lambda session: keep_detections(session, told))


def test_counts_follow_the_view(stocked: Database) -> None:
    """By modality, then from harmless to decided."""
    detect(stocked, u1=True, u2=False)
    clear(stocked, "modality = 'US' AND burned_in_risk = 'declared'")
    with stocked.session() as session:
        counts = [(one.modality, one.risk, one.num_images, one.num_searched) for one in count_risks(session)]
    assert counts == [
        ("CR", "detected", 1, 1),
        ("US", "possible", 1, 1),
        ("US", "cleared", 1, 0),
        ("unknown", "possible", 1, 0),
    ]
    assert seen(stocked) == {
        "2.25.1": "detected",
        "2.25.2": "possible",
        "2.25.3": "cleared",
        "2.25.4": "possible",
    }


def test_only_pictures_at_risk_are_cleared(stocked: Database) -> None:
    """A condition may name others; they need no decision."""
    found = images_at_risk(stocked, "id > 0")
    assert {risk: len(rows) for risk, rows in found.items()} == {"possible": 2, "declared": 1}
    clearing = clear(stocked, "id > 0")
    assert images_at_risk(stocked, None) == {}
    with stocked.session() as session:
        (told,) = list_clearings(session)
    assert (told.id, told.num_images, told.num_in_force, told.cleared_by) == (clearing, 3, 3, "officer")
    assert told.where == "id > 0"


def test_a_decision_that_is_taken_back_stays_as_a_record(stocked: Database) -> None:
    """Its pictures are at risk again; once is enough."""
    clearing = clear(stocked, "modality = 'US'")
    assert transaction(stocked, lambda session: undo_clearing(session, clearing, undone_by="boss")) == 2
    assert seen(stocked)["2.25.3"] == "declared"
    with stocked.session() as session:
        (told,) = list_clearings(session)
    assert (told.undone_by, told.num_images, told.num_in_force) == ("boss", 2, 0)
    assert told.undone_at is not None
    with pytest.raises(QueryError, match="taken back before"):
        transaction(stocked, lambda session: undo_clearing(session, clearing, undone_by="boss"))
    with pytest.raises(QueryError, match='no clearing "99"'):
        transaction(stocked, lambda session: undo_clearing(session, 99, undone_by="boss"))


def test_text_in_cleared_pictures_is_told(stocked: Database) -> None:
    """A person decided, a search disagrees: the officer wants to know."""
    clear(stocked, "modality = 'US'")
    detect(stocked, u2=True, u3=False)
    with stocked.session() as session:
        assert [one.num_with_text for one in list_clearings(session)] == [1]


def test_a_new_version_is_at_risk_again(stocked: Database, store: Any, make: Any) -> None:
    """The decision was about the picture with that header."""
    clear(stocked, "modality = 'US'")
    store(make("2.25.2", picture="b", header="corrected", modality="US", burned_in_risk="possible"))
    assert seen(stocked)["2.25.2"] == "possible"


def test_what_was_searched_is_searched_again_only_when_asked(stocked: Database) -> None:
    """By default those at risk, else what a condition names."""
    detect(stocked, u2=False)
    known = ids(stocked)
    at_risk = sorted(known[uid] for uid in ("2.25.2", "2.25.3", "2.25.4"))
    assert unsearched_images(stocked, None, again=True) == at_risk
    assert unsearched_images(stocked, None, again=False) == sorted(set(at_risk) - {known["2.25.2"]})
    assert unsearched_images(stocked, "modality = 'CR'", again=False) == [known["2.25.1"]]


def test_a_condition_that_is_none_is_refused(stocked: Database) -> None:
    """As everywhere."""
    with pytest.raises(QueryError):
        images_at_risk(stocked, "1; DROP TABLE image")

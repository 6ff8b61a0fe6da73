"""Column types."""

from __future__ import annotations

from sqlalchemy import func, select

from database.columns import exact_text, utc_now
from database.schema import Frame, IngestRun
from database.session import Database, transaction


def test_exact_text_is_plain_on_sqlite_and_binary_on_servers() -> None:
    """One type for both."""
    kind = exact_text(7)
    assert kind.length == 7
    assert kind._variant_mapping.keys() == {"mysql", "mariadb"}


def test_times_are_in_utc_to_the_microsecond(database: Database) -> None:
    """What is written comes back the same."""
    moment = utc_now().replace(microsecond=123_456)
    assert moment.tzinfo is None
    row = IngestRun(
        run_uuid="u", source_name="s", profile="p", config={}, counts=None, versions={}, started_at=moment
    )
    transaction(database, lambda session: session.add(row))
    with database.session() as session:
        assert session.scalars(select(IngestRun.started_at)).one() == moment


def test_no_json_is_null(database: Database) -> None:
    """None in a JSON column is SQL's NULL, not the word null."""
    row = IngestRun(run_uuid="u", source_name="s", profile="p", config={}, counts=None, versions={})
    transaction(database, lambda session: session.add(row))
    with database.session() as session:
        assert session.scalar(select(func.count()).where(IngestRun.counts.is_(None))) == 1
    assert Frame.__table__.c.rendering.type.none_as_null

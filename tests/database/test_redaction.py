"""Keys taken out of recorded texts."""

from __future__ import annotations

from sqlalchemy import select

from database.redaction import REDACTED, redact_texts, without_keys
from database.schema import IngestRun
from database.session import Database, transaction

KEY = "00112233445566778899aabbccddeeff"


def test_only_what_is_gone_is_replaced() -> None:
    """Whole keys and whole UIDs; a longer UID is another one."""
    text = f"k = '{KEY}' AND u IN ('2.25.17', '2.25.170')"
    assert without_keys(text, {KEY, "2.25.17"}) == f"k = '{REDACTED}' AND u IN ('{REDACTED}', '2.25.170')"
    assert without_keys(text, set()) == text


def test_rows_without_a_key_are_left_alone(database: Database, run_id: int) -> None:
    """One row of two changes, and stays JSON."""
    from database.runs import begin_run

    def work(session: object) -> int:
        begin_run(session, source_name="s", profile="p", config={"sources": [f'a "{KEY}"', 1]})  # type: ignore[arg-type]
        return redact_texts(session, {KEY})  # type: ignore[arg-type]

    assert transaction(database, work) == 1
    with database.session() as session:
        configs = session.scalars(select(IngestRun.config).order_by(IngestRun.id)).all()
    assert configs == [{}, {"sources": ['a "withdrawn"', 1]}]
    assert run_id

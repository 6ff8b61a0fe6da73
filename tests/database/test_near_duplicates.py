"""Pairs of pictures that look alike, as rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from database.batches import NewFrame, NewInstance
from database.near_duplicates import (
    FoundPair,
    confirmed_pairs,
    count_pairs,
    decide_pair,
    find_picture,
    hashed_frames,
    instances_without_hash,
    list_pairs,
    renderings_of,
    replace_candidates,
    store_hashes,
)
from database.session import Database, transaction
from foundation.errors import QueryError

Make = Callable[..., NewInstance]
Store = Callable[..., list[str]]
Sha = Callable[[str], str]


@pytest.fixture
def stored(make: Make, store: Store, make_sha: Sha) -> Callable[..., None]:
    """Give a function that stores pictures with hashes, each under an instance of its own."""

    def keep(**hashes: int | None) -> None:
        for number, (name, value) in enumerate(hashes.items(), start=1):
            frame = NewFrame(1, b"PNG", "png", "uint8", 0, make_sha(name), perceptual_hash=value)
            patient = f"patient-{name}" if name != "unknown" else None
            store(make(f"2.25.{number}", picture=name, frames=(frame,), patient_key=patient))

    return keep


def ids(database: Database) -> dict[int, int]:
    """Return the row id of pixels by hash."""
    with database.session() as session:
        return {frame.perceptual_hash: frame.pixels_id for frame in hashed_frames(session)}


def test_hashes_come_with_their_patients(database: Database, stored: Callable[..., None]) -> None:
    """All 64 bits, signed; frames without a hash are asked for apart, and given one."""
    stored(a=5, b=-(1 << 63), unknown=(1 << 63) - 1, late=None)
    with database.session() as session:
        frames = {frame.perceptual_hash: frame for frame in hashed_frames(session)}
        (missing,) = instances_without_hash(session)
        assert renderings_of(session, [missing]) == {missing: {"window": [40.0, 400.0]}}
    assert set(frames) == {5, -(1 << 63), (1 << 63) - 1}
    assert frames[5].patient_id != frames[-(1 << 63)].patient_id
    assert frames[(1 << 63) - 1].patient_id is None
    transaction(database, lambda session: store_hashes(session, {(missing, 1): 9}))
    with database.session() as session:
        assert instances_without_hash(session) == []
        assert 9 in {frame.perceptual_hash for frame in hashed_frames(session)}


def test_candidates_are_those_of_the_last_time(
    database: Database, stored: Callable[..., None], make_sha: Sha
) -> None:
    """The smaller hash first; what was decided is neither dropped nor found again."""
    stored(a=1, b=2, c=3)
    row = ids(database)
    pairs = [FoundPair(row[1], row[2], 3), FoundPair(row[1], row[3], 1)]
    assert transaction(database, lambda session: replace_candidates(session, pairs)) == 2
    transaction(
        database,
        lambda session: decide_pair(
            session, make_sha("a"), make_sha("b"), status="refuted", decided_by="reader"
        ),
    )
    pairs = [FoundPair(row[2], row[1], 3), FoundPair(row[2], row[3], 2)]
    assert transaction(database, lambda session: replace_candidates(session, pairs)) == 1
    with database.session() as session:
        found = {(pair.first_sha256, pair.second_sha256): pair for pair in list_pairs(session)}
        assert count_pairs(session) == {"candidate": 1, "refuted": 1}
    refuted, candidate = tuple(sorted(map(make_sha, "ab"))), tuple(sorted(map(make_sha, "bc")))
    assert set(found) == {refuted, candidate}
    assert (found[refuted].status, found[refuted].decided_by) == ("refuted", "reader")
    assert (found[candidate].status, found[candidate].distance) == ("candidate", 2)
    assert found[candidate].decided_by is None


def test_confirmed_pairs_are_what_splits_ask_for(
    database: Database, stored: Callable[..., None], make_sha: Sha
) -> None:
    """Also of pictures that nobody had found; a later word counts."""
    stored(a=0b1, b=0b111, c=3)

    def say(status: str, first: str, second: str) -> tuple[str, str]:
        return transaction(
            database,
            lambda session: decide_pair(session, first, second, status=status, decided_by="me"),  # type: ignore[arg-type]
        )

    both = tuple(sorted((make_sha("a"), make_sha("b"))))
    assert say("confirmed", make_sha("b")[:8], make_sha("a").upper()) == both
    with database.session() as session:
        assert confirmed_pairs(session) == [both]
        (pair,) = list_pairs(session, status="confirmed")
        assert pair.distance == 2
        assert len(pair.first_images) == len(pair.second_images) == 1
        assert list_pairs(session, status="candidate") == []
    say("refuted", *both)
    with database.session() as session:
        assert confirmed_pairs(session) == []
        assert count_pairs(session) == {"refuted": 1}


def test_the_nearest_come_first(database: Database, stored: Callable[..., None]) -> None:
    """And no more than were asked for."""
    stored(a=1, b=2, c=3)
    row = ids(database)
    pairs = [FoundPair(row[1], row[2], 4), FoundPair(row[1], row[3], 2), FoundPair(row[2], row[3], 3)]
    transaction(database, lambda session: replace_candidates(session, pairs))
    with database.session() as session:
        assert [pair.distance for pair in list_pairs(session)] == [2, 3, 4]
        assert [pair.distance for pair in list_pairs(session, limit=1)] == [2]


def test_a_name_must_lead_to_one_picture(
    database: Database, stored: Callable[..., None], make_sha: Sha
) -> None:
    """Too short, unknown, no hash at all: one line that says what to give."""
    stored(a=1, late=None)
    with database.session() as session:
        assert find_picture(session, make_sha("a")[:12]) == make_sha("a")
        for name in (make_sha("a")[:7], "picture.png", "%" * 10):
            with pytest.raises(QueryError, match="first 8 characters"):
                find_picture(session, name)
        with pytest.raises(QueryError, match="No picture begins"):
            find_picture(session, "0" * 20)
        with pytest.raises(QueryError, match="one and the same"):
            decide_pair(session, make_sha("a"), make_sha("a"), status="confirmed", decided_by="me")
        with pytest.raises(QueryError, match="no perceptual hash yet"):
            decide_pair(session, make_sha("a"), make_sha("late"), status="confirmed", decided_by="me")

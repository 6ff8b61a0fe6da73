"""Pictures that look alike: their hashes out, pairs in, and what somebody decided of a pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from database.bulk import chunks, insert_rows
from database.columns import utc_now
from database.schema import Frame, Instance, NearDuplicate, Patient, Pixels
from foundation.errors import QueryError
from foundation.execution import batched

PairStatus = Literal["candidate", "confirmed", "refuted"]

SHORTEST_NAME = 8
"""Characters of a SHA-256 that are enough to name a picture, where no other one begins alike."""

_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class HashedFrame:
    """One frame of a current instance.

    Attributes:
        pixels_id: row id of its pixels: equal for identical pictures.
        perceptual_hash: 64 bits, signed.
        instance_id: row id of its instance.
        patient_id: row id of its patient, merged ones as one; None when unknown.
    """

    pixels_id: int
    perceptual_hash: int
    instance_id: int
    patient_id: int | None


@dataclass(frozen=True, slots=True)
class FoundPair:
    """Two pictures that look alike, by the row ids of their pixels."""

    first_id: int
    second_id: int
    distance: int


@dataclass(frozen=True, slots=True)
class StoredPair:
    """One row: two pictures by the hashes of their stored values, the smaller one first.

    Attributes:
        first_images: the current instances that show the first, as the view `image` numbers them.
        second_images: likewise.
    """

    first_sha256: str
    second_sha256: str
    distance: int
    status: str
    decided_by: str | None
    first_images: tuple[int, ...]
    second_images: tuple[int, ...]


def confirmed_pairs(session: Session) -> list[tuple[str, str]]:
    """Return the pairs that somebody confirmed, as hashes of stored values: splits keep each together."""
    query = (
        select(NearDuplicate.first_sha256, NearDuplicate.second_sha256)
        .where(NearDuplicate.status == "confirmed")
        .order_by(NearDuplicate.first_sha256, NearDuplicate.second_sha256)
    )
    return [(first, second) for first, second in session.execute(query)]


def hashed_frames(session: Session) -> Iterator[HashedFrame]:
    """Yield every frame of a current instance that has a hash, in no order; memory stays flat."""
    query = (
        select(
            Frame.pixels_id,
            Frame.perceptual_hash,
            Frame.instance_id,
            func.coalesce(Patient.merged_into_id, Patient.id),
        )
        .join(Instance, Instance.id == Frame.instance_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
        .where(Instance.status == "current", Frame.perceptual_hash.is_not(None))
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in session.execute(query):
        yield HashedFrame(row[0], row[1] or 0, row[2], row[3])


def instances_without_hash(session: Session) -> list[int]:
    """Return the row ids of current instances with a frame that has no hash yet."""
    query = (
        select(Frame.instance_id)
        .join(Instance, Instance.id == Frame.instance_id)
        .where(Instance.status == "current", Frame.perceptual_hash.is_(None))
        .distinct()
        .order_by(Frame.instance_id)
    )
    return list(session.scalars(query))


def renderings_of(session: Session, instance_ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Return what rendering needs of instances, by row id, as imaging wrote it."""
    found: dict[int, Mapping[str, Any]] = {}
    for some in chunks(instance_ids):
        query = select(Instance.id, Instance.rendering).where(Instance.id.in_(some))
        found.update((row_id, rendering) for row_id, rendering in session.execute(query))
    return found


def store_hashes(session: Session, hashes: Mapping[tuple[int, int], int]) -> None:
    """Keep hashes of frames, by row id of the instance and frame number."""
    for (instance_id, frame_number), value in sorted(hashes.items()):
        session.execute(
            update(Frame)
            .where(Frame.instance_id == instance_id, Frame.frame_number == frame_number)
            .values(perceptual_hash=value)
            .execution_options(synchronize_session=False)
        )


def replace_candidates(session: Session, pairs: Iterable[FoundPair]) -> int:
    """Put other candidates in the place of all there are; what was decided stays. Return how many are new.

    Args:
        session: in a transaction.
        pairs: each once.
    """
    session.execute(
        delete(NearDuplicate)
        .where(NearDuplicate.status == "candidate")
        .execution_options(synchronize_session=False)
    )
    decided = {
        (first, second)
        for first, second in session.execute(select(NearDuplicate.first_sha256, NearDuplicate.second_sha256))
    }
    found_at, num_stored = utc_now(), 0
    for some in batched(pairs, _AT_ONCE):
        shas = _hashes_of(session, [row_id for pair in some for row_id in (pair.first_id, pair.second_id)])
        rows = []
        for pair in some:
            first, second = sorted((shas[pair.first_id], shas[pair.second_id]))
            if (first, second) not in decided:
                rows.append(_row(first, second, pair.distance, "candidate") | {"found_at": found_at})
        insert_rows(session, NearDuplicate, rows)
        num_stored += len(rows)
    return num_stored


def list_pairs(session: Session, *, status: PairStatus | None = None, limit: int = 100) -> list[StoredPair]:
    """Return pairs, the nearest first.

    Args:
        session: for reading.
        status: only these; None for all.
        limit: at most so many.
    """
    query = select(NearDuplicate).order_by(
        NearDuplicate.distance, NearDuplicate.first_sha256, NearDuplicate.second_sha256
    )
    if status is not None:
        query = query.where(NearDuplicate.status == status)
    rows = session.scalars(query.limit(limit)).all()
    images = _images_of(session, [sha for row in rows for sha in (row.first_sha256, row.second_sha256)])
    return [
        StoredPair(
            row.first_sha256,
            row.second_sha256,
            row.distance,
            row.status,
            row.decided_by,
            images.get(row.first_sha256, ()),
            images.get(row.second_sha256, ()),
        )
        for row in rows
    ]


def count_pairs(session: Session) -> dict[str, int]:
    """Return how many pairs have which status."""
    query = select(NearDuplicate.status, func.count()).group_by(NearDuplicate.status)
    return dict(session.execute(query).all())


def decide_pair(
    session: Session, first: str, second: str, *, status: PairStatus, decided_by: str
) -> tuple[str, str]:
    """Record what somebody decided of two pictures, a pair that was found or not; a later word counts.

    Args:
        session: in a transaction.
        first: the hash of a picture's stored values, or its first characters.
        second: likewise.
        status: `confirmed` or `refuted`.
        decided_by: who.

    Returns:
        The two hashes, whole, as they are stored.

    Raises:
        QueryError: no picture or several are named so, or one has no perceptual hash.
    """
    one, other = sorted((find_picture(session, first), find_picture(session, second)))
    if one == other:
        raise QueryError("Both names are of one and the same picture. Name two.")
    row = session.scalars(
        select(NearDuplicate).where(NearDuplicate.first_sha256 == one, NearDuplicate.second_sha256 == other)
    ).first()
    if row is None:
        row = NearDuplicate(**_row(one, other, _distance(session, one, other), status))
        session.add(row)
    row.status, row.decided_by, row.decided_at = status, decided_by, utc_now()
    session.flush()
    return one, other


def find_picture(session: Session, name: str) -> str:
    """Return the whole hash of the one picture that a hash, or its beginning, names.

    Raises:
        QueryError: there is none, or there are several, or the name is too short.
    """
    wanted = name.strip().lower()
    if len(wanted) < SHORTEST_NAME or not set(wanted) <= set("0123456789abcdef"):
        raise QueryError(
            "A picture is named by the SHA-256 of its stored values, or by its first "
            f'{SHORTEST_NAME} characters or more, as `duplicates list` shows it. Received: "{name}".'
        )
    query = select(Pixels.stored_values_sha256).where(Pixels.stored_values_sha256.startswith(wanted)).limit(2)
    found = session.scalars(query).all()
    if len(found) != 1:
        many = "Several pictures begin" if found else "No picture begins"
        raise QueryError(f'{many} with "{wanted}". Give what `duplicates list` shows, or more characters.')
    return found[0]


def _row(first: str, second: str, distance: int, status: str) -> dict[str, object]:
    return {"first_sha256": first, "second_sha256": second, "distance": distance, "status": status}


def _hashes_of(session: Session, pixels_ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(pixels_ids):
        query = select(Pixels.id, Pixels.stored_values_sha256).where(Pixels.id.in_(some))
        found.update((row_id, sha) for row_id, sha in session.execute(query))
    return found


def _images_of(session: Session, shas: Iterable[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for some in chunks(shas):
        query = (
            select(Frame.stored_values_sha256, Frame.instance_id)
            .join(Instance, Instance.id == Frame.instance_id)
            .where(Frame.stored_values_sha256.in_(some), Instance.status == "current")
            .distinct()
            .order_by(Frame.instance_id)
        )
        for sha, instance_id in session.execute(query):
            found[sha] = (*found.get(sha, ()), instance_id)
    return found


def _distance(session: Session, one: str, other: str) -> int:
    query = select(Frame.stored_values_sha256, Frame.perceptual_hash).where(
        or_(Frame.stored_values_sha256 == one, Frame.stored_values_sha256 == other),
        Frame.perceptual_hash.is_not(None),
    )
    hashes = [value for value in dict(session.execute(query).all()).values() if value is not None]
    if len(hashes) < 2:
        raise QueryError(
            "One of the pictures has no perceptual hash yet. Run `dicomill duplicates find`, which makes it."
        )
    return ((hashes[0] ^ hashes[1]) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()

"""What is left out unless asked, and what is picked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date

import pytest
from sqlalchemy import insert, select

from database.batches import NewInstance
from database.cohort_candidates import ANSWER_OF, CANDIDATE, load_candidates, working_tables
from database.cohort_exclusions import LeftRepeats, leave_repeats, leave_risks, pick_one
from database.cohort_selections import OnePer, Pick
from database.session import Database

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]


def test_risky_pictures_go_and_are_counted(database: Database, store: Store, make: Make) -> None:
    """Plain pictures (`unknown`) have no header to tell of a risk, and stay."""
    risks = ("none", "possible", "possible", "declared", "unknown")
    store(
        *(make(f"2.25.{n}", picture=str(n), burned_in_risk=risk) for n, risk in enumerate(risks)),
    )
    with database.session() as session, working_tables(session):
        load_candidates(session, unit="image", instance_ids=None)
        assert leave_risks(session) == {"declared": 1, "possible": 2}
        assert set(session.scalars(select(CANDIDATE.c.sop_instance_uid))) == {"2.25.0", "2.25.4"}


@pytest.mark.parametrize("order", [1, -1])
def test_one_of_identical_pictures_stays(
    database: Database, store: Store, make: Make, make_sha: Callable[[str], str], order: int
) -> None:
    """That of a known patient, then the smallest UID, whatever the order of rows; other labels are told."""
    batch = [
        make("2.25.1", picture="same", patient_key=None),
        make("2.25.2", picture="same"),
        make("2.25.3", picture="same"),
        make("2.25.4", picture="other"),
        make("2.25.5", picture="twin", patient_key=None),
        make("2.25.6", picture="twin", patient_key=None),
    ]
    store(*batch[::order])
    with database.session() as session, working_tables(session):
        load_candidates(session, unit="image", instance_ids=None)
        rows = session.execute(select(CANDIDATE.c.unit_id, CANDIDATE.c.sop_instance_uid)).all()
        for unit_id, uid in rows:
            session.execute(insert(ANSWER_OF).values(unit_id=unit_id, answer=2 if uid == "2.25.3" else 1))
        assert leave_repeats(session) == LeftRepeats(num_images=3, num_groups=2, num_disputed=1)
        kept = set(session.scalars(select(CANDIDATE.c.sop_instance_uid)))
    assert kept == {"2.25.2", "2.25.4", "2.25.5"}


def pictures(make: Make) -> list[NewInstance]:
    """Two studies of one patient, of three pictures and one, a picture of nobody's study, one without."""
    rows = [
        ("1", "s1", date(2010, 1, 2), 2, "p"),
        ("2", "s1", date(2010, 1, 2), 10, "p"),
        ("3", "s1", date(2010, 1, 2), None, "p"),
        ("4", "s2", date(2009, 5, 5), 7, "p"),
        ("5", "s3", None, 1, "p"),
        ("6", "s4", None, 1, None),
        ("7", "s4", None, 2, None),
        ("8", None, None, None, None),
    ]
    return [
        make(
            f"2.25.{uid}",
            picture=uid,
            study_instance_uid=study,
            series_instance_uid=study and f"e{study}",
            study_date_shifted=day,
            attributes={} if number is None else {"instance_number": float(number)},
            patient_key=patient,
        )
        for uid, study, day, number, patient in rows
    ]


def picked(database: Database, one_per: OnePer, pick: Pick, seed: int = 0) -> str:
    """Return the last digits of the UIDs that are left."""
    with database.session() as session, working_tables(session):
        load_candidates(session, unit="image", instance_ids=None)
        pick_one(session, one_per=one_per, pick=pick, seed=seed)
        uids: Sequence[str] = session.scalars(select(CANDIDATE.c.sop_instance_uid)).all()
    return "".join(sorted(uid.removeprefix("2.25.") for uid in uids))


def test_one_is_picked_by_date_and_number(database: Database, store: Store, make: Make) -> None:
    """Unknown dates and numbers come last and are not the last; unknown patients stand by study."""
    store(*pictures(make)[::-1])
    wanted: dict[tuple[OnePer, Pick], str] = {
        ("patient", "first"): "468",
        ("patient", "last"): "278",
        ("patient", "middle"): "268",
        ("study", "first"): "14568",
        ("study", "last"): "24578",
        ("study", "middle"): "24568",
        ("series", "first"): "14568",
    }
    assert {(one_per, pick): picked(database, one_per, pick) for one_per, pick in wanted} == wanted


@pytest.mark.parametrize("order", [1, -1])
def test_a_random_one_depends_on_the_seed_alone(
    database: Database, store: Store, make: Make, order: int
) -> None:
    """Not on the order of rows; another seed gives another draw."""
    store(*pictures(make)[::order])
    draws = [picked(database, "patient", "random", seed) for seed in range(6)]

    def place(uid: str, seed: int) -> bytes:
        return hashlib.blake2b(f"{seed}\x002.25.{uid}".encode()).digest()

    groups = ("12345", "67", "8")
    wanted = [
        [min(group, key=lambda uid, seed=seed: place(uid, seed)) for group in groups] for seed in range(6)
    ]
    assert draws == ["".join(each) for each in wanted]
    assert len(set(draws)) > 2

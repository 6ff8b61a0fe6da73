"""What a privacy officer asks of a database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from database.privacy_counts import (
    LEAST_FACE_FRAMES,
    count_face_risk,
    count_files,
    count_identities,
    count_modalities,
    count_rows,
    count_withdrawals,
    key_fingerprints,
    pixel_store_urls,
    run_groups,
)
from database.pseudonym_keys import ensure_key
from database.runs import begin_run, finish_run
from database.schema import Instance
from database.session import Database, transaction


def test_an_empty_database_has_nothing_of_anybody(database: Database) -> None:
    """No key, no rows, no withdrawal."""
    with database.session() as session:
        assert set(count_rows(session).values()) == {0}
        assert (key_fingerprints(session), pixel_store_urls(session), run_groups(session)) == ([], [], [])
        assert count_withdrawals(session).num_keys == 0
        assert count_files(session) == []


def test_rows_are_counted_by_what_they_are(database: Database, store: Any, make: Any) -> None:
    """Current and other versions apart, unknown patients apart, sites once."""
    store(
        make("2.25.1", patient_key="a", site_code="site-1", identifiers={"patient_name": "N"}),
        make("2.25.2", picture="q", patient_key=None, site_code="site-1", modality=None),
    )
    store(make("2.25.1", header="better", patient_key="a"))
    transaction(database, lambda session: ensure_key(session, bytes(32)))
    with database.session() as session:
        rows = count_rows(session)
        assert rows["patients (pseudonyms, merged ones once)"] == 1
        assert rows["instances, current"] == 2
        assert rows["instances, superseded or in conflict"] == 1
        assert rows["instances of unknown patients"] == 1
        assert rows["sites, coded"] == 1
        assert count_identities(session) == 1
        assert count_modalities(session) == {"CR": 1, "unknown": 1}
        assert count_files(session) == [("stored", "", 2), ("updated", "", 1)]
        assert len(key_fingerprints(session)) == 1


def test_runs_alike_are_one_group(database: Database) -> None:
    """By profile, options and tables; a run that was cut short is told."""

    def work(session: Any) -> None:
        plain = {"attributes_sha256": "x"}
        first = begin_run(session, source_name="b", profile="research", config=plain)
        begin_run(session, source_name="a", profile="research", config=plain)
        begin_run(session, source_name="a", profile="strict", config=plain | {"options": ["retain-uids"]})
        finish_run(session, first, {})

    transaction(database, work)
    with database.session() as session:
        groups = run_groups(session)
    told = [(one.profile, one.options, one.num_runs, one.num_unfinished, one.sources) for one in groups]
    assert told == [("research", (), 2, 1, ("a", "b")), ("strict", ("retain-uids",), 1, 1, ("a",))]
    assert groups[0].first_at <= groups[0].last_at


def test_a_face_needs_a_head_and_enough_slices(database: Database, store: Any, make: Any) -> None:
    """By series: of many images or of many frames; radiographs and small series are none."""
    many = range(LEAST_FACE_FRAMES)

    def series(number: int, count: int, **values: Any) -> list[Any]:
        uid = f"2.25.9{number}"
        return [
            make(
                f"2.25.{number}{index:03d}",
                picture=f"{number}/{index}",
                series_instance_uid=uid,
                study_instance_uid=f"{uid}0",
                patient_key=f"p{number}",
                **values,
            )
            for index in range(count)
        ]

    store(*series(1, len(many), modality="CT", body_part="BRAIN"))
    store(*series(2, 1, modality="MR", body_part="HEAD", number_of_frames=len(many)))
    store(*series(3, len(many) - 1, modality="CT", body_part="HEAD"))
    store(*series(4, len(many), modality="CT", body_part="CHEST"))
    store(*series(5, len(many), modality="PT", body_part="WHOLEBODY"))
    store(*series(6, len(many), modality="CT", body_part=None))
    store(*series(7, len(many), modality="CR", body_part="HEAD"))
    with database.session() as session:
        face = count_face_risk(session, {"HEAD", "BRAIN"})
    assert (face.num_series, face.num_patients, face.num_images) == (2, 2, len(many) + 1)
    assert face.num_series_unknown == 2


def test_pictures_that_are_not_current_are_no_risk(database: Database, store: Any, make: Any) -> None:
    """Superseded versions are in no view."""
    store(make(modality="CT", body_part="HEAD", number_of_frames=500))
    transaction(database, lambda session: session.execute(update(Instance).values(status="superseded")))
    with database.session() as session:
        assert count_face_risk(session, {"HEAD"}).num_series == 0

"""Files that are stored already and come again with a label table or in class folders: what these add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from database.batches import NewReading
from database.known_pictures import KnownPicture, known_pictures, release_files
from database.labels import append_readings
from database.session import Database, transaction
from imaging.pseudonyms import Pseudonymiser
from ingest.facts import PictureFacts

FileKey = tuple[str, str]


def add_facts(
    database: Database,
    *,
    run_id: int,
    source_name: str,
    facts: Mapping[FileKey, PictureFacts],
    pseudonymiser: Pseudonymiser,
) -> set[FileKey]:
    """Add the readings of known files; return those files that have to be read again.

    Read again is a plain picture of which the table tells another patient, sex, age or view than is
    stored: it becomes another instance or another version.

    Args:
        database: written to in one transaction.
        run_id: of the run that brings the table.
        source_name: the source that the files lie in.
        facts: what the table says, by path key and file SHA-256; files that are not known do nothing.
        pseudonymiser: makes the UIDs.
    """
    with database.session() as session:
        known = known_pictures(session, source_name, facts)
    renamed: dict[FileKey, str] = {}
    readings = []
    for key, picture in sorted(known.items()):
        uid = _uid(picture, key, facts[key], pseudonymiser)
        if _is_outdated(picture, uid, facts[key]):
            renamed[key] = uid
        elif picture.status != "conflict":
            readings += [
                replace(reading, subject_key=picture.sop_instance_uid) for reading in facts[key].readings
            ]
    transaction(
        database,
        lambda session: (
            append_readings(session, readings, run_id=run_id),
            release_files(session, source_name, renamed),
        ),
    )
    return set(renamed)


def add_folder_readings(
    database: Database,
    *,
    run_id: int,
    source_name: str,
    readings: Mapping[FileKey, tuple[NewReading, ...]],
) -> None:
    """Add what class folders tell of known files, where they are what counts of their instance.

    Args:
        database: written to in one transaction.
        run_id: of the run that reads the folders.
        source_name: the source that the files lie in.
        readings: by path key and file SHA-256; files that are not known do nothing.
    """
    with database.session() as session:
        known = known_pictures(session, source_name, readings)
    told = [
        replace(reading, subject_key=picture.sop_instance_uid)
        for key, picture in sorted(known.items())
        if picture.status == "current"
        for reading in readings[key]
    ]
    if told:
        transaction(database, lambda session: append_readings(session, told, run_id=run_id))


def _uid(picture: KnownPicture, key: FileKey, facts: PictureFacts, pseudonymiser: Pseudonymiser) -> str:
    if picture.kind != "picture" or facts.patient_key is None:
        return picture.sop_instance_uid
    return pseudonymiser.content_uid(key[1], facts.patient_key)


def _is_outdated(picture: KnownPicture, uid: str, facts: PictureFacts) -> bool:
    if picture.kind != "picture":
        return False
    told = ("patient_sex", "patient_age_years", "view_position")
    return uid != picture.sop_instance_uid or any(
        getattr(facts, name) not in {None, getattr(picture, name)} for name in told
    )

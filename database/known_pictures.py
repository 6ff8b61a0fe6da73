"""Plain pictures that are stored already, and of which a label table now says more, or says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from database.batches import NewReading
from database.bulk import chunks
from database.labels import append_readings
from database.schema import Instance, Label, Source
from database.sources import FileKey


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """What is stored of one file's picture, as far as a table can tell it."""

    sop_instance_uid: str
    kind: str
    status: str
    patient_sex: str | None
    patient_age_years: float | None
    view_position: str | None


def known_pictures(
    session: Session, source_name: str, files: Iterable[FileKey]
) -> dict[FileKey, KnownPicture]:
    """Return what is stored of files, by path key and file SHA-256."""
    wanted = set(files)
    found: dict[FileKey, KnownPicture] = {}
    for some in chunks(path_key for path_key, _ in wanted):
        query = (
            select(
                Source.path_key,
                Source.file_sha256,
                Instance.sop_instance_uid,
                Instance.kind,
                Instance.status,
                Instance.patient_sex,
                Instance.patient_age_years,
                Instance.view_position,
            )
            .join(Instance, Instance.id == Source.instance_id)
            .where(Source.source_name == source_name, Source.path_key.in_(some))
        )
        for path_key, sha256, uid, kind, status, sex, age, view in session.execute(query):
            if (path_key, sha256) in wanted:
                found[path_key, sha256] = KnownPicture(uid, kind, status, sex, age, view)
    return found


def release_files(session: Session, source_name: str, renamed: Mapping[FileKey, str]) -> int:
    """Make files unknown, so that they are read again, under another UID or as another version.

    An instance whose last file goes is superseded. Its readings are said again of the new UID: rows
    are never changed, and a cohort that was frozen before keeps what it had.

    Args:
        session: in a transaction.
        source_name: the source that the files lie in.
        renamed: file to the UID that its picture will have; files that are not known do nothing.

    Returns:
        How many files were known.
    """
    known = known_pictures(session, source_name, renamed)
    for path_key, sha256 in known:
        session.execute(
            delete(Source)
            .where(
                Source.source_name == source_name,
                Source.path_key == path_key,
                Source.file_sha256 == sha256,
            )
            .execution_options(synchronize_session=False)
        )
    moved: dict[str, set[str]] = {}
    for key, picture in known.items():
        if picture.sop_instance_uid != renamed[key]:
            moved.setdefault(picture.sop_instance_uid, set()).add(renamed[key])
    for some in chunks(moved):
        session.execute(
            update(Instance)
            .where(
                Instance.sop_instance_uid.in_(some),
                Instance.status == "current",
                ~select(Source.id).where(Source.instance_id == Instance.id).exists(),
            )
            .values(status="superseded")
            .execution_options(synchronize_session=False)
        )
    _say_again(session, moved)
    return len(known)


def _say_again(session: Session, moved: Mapping[str, set[str]]) -> None:
    """Repeat every reader's newest readings of an instance under its new UID."""
    readings = []
    for some in chunks(moved):
        query = (
            select(Label)
            .where(Label.subject_level == "instance", Label.subject_key.in_(some))
            .order_by(Label.id)
        )
        readings += [
            NewReading(
                task=label.task,
                class_name=label.class_name,
                value=label.value,
                reader=label.reader,
                subject_key=uid,
                read_at=label.read_at,
                blinded=label.blinded,
                ai_shown=label.ai_shown,
            )
            for label in session.scalars(query)
            for uid in sorted(moved[label.subject_key])
        ]
    append_readings(session, readings)

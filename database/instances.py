"""Storing instances: a batch of files becomes rows, each file with its disposition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from database.batches import Disposition, NewInstance, NewReading
from database.bulk import chunks, ensure_rows, insert_rows
from database.columns import utc_now
from database.identity import Verdict, Version, judge
from database.labels import add_readings
from database.packets import check_contents
from database.pictures import ensure_pixels, insert_frames, kept_contents
from database.schema import Instance, InstanceIdentity, Patient, Series, Source, Study
from database.sources import forget_rejected, known_sources

VersionKey = tuple[str, int]

_OWN_COLUMNS = sorted(
    {column.key for column in Instance.__table__.columns} & {field.name for field in fields(NewInstance)}
)
"""What a row of `instance` takes from a `NewInstance` as it is."""


@dataclass(frozen=True, slots=True)
class _Judged:
    instance: NewInstance
    verdict: Verdict

    @property
    def key(self) -> VersionKey:
        """UID and number: what names a version before it has a row id."""
        return self.instance.sop_instance_uid, self.verdict.version.number


def store_instances(
    session: Session, *, run_id: int, source_name: str, batch: Sequence[NewInstance]
) -> list[Disposition]:
    """Store a batch of files and return what became of each, in their order.

    Args:
        session: in a transaction of `database.session.transaction`: of two processes that store one
            UID at once, one is tried again and then sees the other's rows.
        run_id: from `begin_run`.
        source_name: the source that the files lie in.
        batch: the files; the same one may be in it twice.

    Raises:
        DatabaseError: a picture is larger than the server takes, or a reading is none.
    """
    check_contents(session, kept_contents(frame for instance in batch for frame in instance.frames))
    keys = [(instance.path_key, instance.file_sha256) for instance in batch]
    known = known_sources(session, source_name, keys)
    dispositions: list[Disposition] = ["unchanged"] * len(batch)
    fresh: dict[int, NewInstance] = {}
    for position, (key, instance) in enumerate(zip(keys, batch, strict=True)):
        if key not in known:
            known.add(key)
            fresh[position] = instance
    judged = _judge_all(session, list(fresh.values()))
    ids = _store_versions(session, run_id, [one for one in judged if one.verdict.disposition != "resent"])
    ids.update(_known_ids(session, [one for one in judged if one.key not in ids]))
    _store_sources(session, run_id, source_name, judged, ids)
    forget_rejected(session, source_name, [keys[position] for position in fresh])
    add_readings(session, [reading for one in judged for reading in _readings(one)], run_id=run_id)
    for position, one in zip(fresh, judged, strict=True):
        dispositions[position] = one.verdict.disposition
    return dispositions


def stored_uids(session: Session, uids: Iterable[str]) -> set[str]:
    """Return those of the pseudonymous SOP instance UIDs that there is an instance of."""
    found: set[str] = set()
    for some in chunks(uids):
        found.update(
            session.scalars(select(Instance.sop_instance_uid).where(Instance.sop_instance_uid.in_(some)))
        )
    return found


def _judge_all(session: Session, batch: Sequence[NewInstance]) -> list[_Judged]:
    versions = _known_versions(session, {instance.sop_instance_uid for instance in batch})
    judged = []
    for instance in batch:
        known = versions[instance.sop_instance_uid]
        verdict = judge(list(known.values()), instance.stored_values_sha256, instance.attributes_sha256)
        if verdict.supersedes is not None:
            known[verdict.supersedes] = replace(known[verdict.supersedes], status="superseded")
        known[verdict.version.number] = verdict.version
        judged.append(_Judged(instance, verdict))
    return judged


def _known_versions(session: Session, uids: set[str]) -> defaultdict[str, dict[int, Version]]:
    found: defaultdict[str, dict[int, Version]] = defaultdict(dict)
    for some in chunks(uids):
        query = select(
            Instance.sop_instance_uid,
            Instance.version,
            Instance.status,
            Instance.stored_values_sha256,
            Instance.attributes_sha256,
        ).where(Instance.sop_instance_uid.in_(some))
        for uid, number, status, stored_sha, attributes_sha in session.execute(query):
            found[uid][number] = Version(number, status, stored_sha, attributes_sha)
    return found


def _store_versions(session: Session, run_id: int, judged: Sequence[_Judged]) -> dict[VersionKey, int]:
    if not judged:
        return {}
    _supersede(session, judged)
    patients, series = _store_owners(session, [one.instance for one in judged])
    superseded = {
        (one.instance.sop_instance_uid, one.verdict.supersedes) for one in judged if one.verdict.supersedes
    }
    now = utc_now()
    rows = [
        {name: getattr(one.instance, name) for name in _OWN_COLUMNS}
        | {
            "version": one.verdict.version.number,
            "status": "superseded" if one.key in superseded else one.verdict.version.status,
            "series_id": series.get(one.instance.series_instance_uid),
            "patient_id": patients.get(one.instance.patient_key),
            "ingest_run_id": run_id,
            "attributes": dict(one.instance.attributes),
            "rendering": dict(one.instance.rendering),
            "created_at": now,
        }
        for one in sorted(judged, key=lambda one: one.key)
    ]
    insert_rows(session, Instance, rows)
    ids = _known_ids(session, judged)
    pixels = ensure_pixels(session, [frame for one in judged for frame in one.instance.frames])
    insert_frames(session, [(ids[one.key], one.instance.frames) for one in judged], pixels)
    identities = [
        {"instance_id": ids[one.key], "identifiers": dict(one.instance.identifiers)}
        for one in judged
        if one.instance.identifiers
    ]
    insert_rows(session, InstanceIdentity, identities)
    return ids


def _supersede(session: Session, judged: Sequence[_Judged]) -> None:
    uids = {one.instance.sop_instance_uid for one in judged if one.verdict.supersedes is not None}
    for some in chunks(uids):
        session.execute(
            update(Instance)
            .where(Instance.sop_instance_uid.in_(some), Instance.status == "current")
            .values(status="superseded")
            .execution_options(synchronize_session=False)
        )


def _store_owners(
    session: Session, batch: Sequence[NewInstance]
) -> tuple[dict[str | None, int], dict[str | None, int]]:
    """Make the patients, studies and series of a batch; return the ids of patients and series."""
    patients = ensure_rows(
        session,
        Patient.patient_key,
        [{"patient_key": instance.patient_key} for instance in batch if instance.patient_key],
    )
    studies = ensure_rows(
        session,
        Study.study_instance_uid,
        [
            {
                "study_instance_uid": instance.study_instance_uid,
                "patient_id": patients.get(instance.patient_key),
                "accession_key": instance.accession_key,
                "study_date_shifted": instance.study_date_shifted,
                "study_year": instance.study_year,
            }
            for instance in batch
            if instance.study_instance_uid
        ],
    )
    series = ensure_rows(
        session,
        Series.series_instance_uid,
        [
            {
                "series_instance_uid": instance.series_instance_uid,
                "study_id": studies.get(instance.study_instance_uid),
                "modality": instance.modality,
            }
            for instance in batch
            if instance.series_instance_uid
        ],
    )
    return patients, series


def _known_ids(session: Session, judged: Sequence[_Judged]) -> dict[VersionKey, int]:
    found: dict[VersionKey, int] = {}
    for some in chunks(one.instance.sop_instance_uid for one in judged):
        query = select(Instance.sop_instance_uid, Instance.version, Instance.id)
        for uid, version, row_id in session.execute(query.where(Instance.sop_instance_uid.in_(some))):
            found[uid, version] = row_id
    return found


def _store_sources(
    session: Session, run_id: int, source_name: str, judged: Sequence[_Judged], ids: dict[VersionKey, int]
) -> None:
    rows = [
        {
            "source_name": source_name,
            "path_key": one.instance.path_key,
            "name_key": one.instance.name_key,
            "file_sha256": one.instance.file_sha256,
            "num_bytes": one.instance.num_bytes,
            "disposition": one.verdict.disposition,
            "instance_id": ids[one.key],
            "ingest_run_id": run_id,
        }
        for one in judged
    ]
    insert_rows(session, Source, sorted(rows, key=lambda row: str(row["path_key"])))


def _readings(judged: _Judged) -> list[NewReading]:
    """Return the readings of a file; none where its picture is not the one that the UID stands for."""
    if judged.verdict.version.status == "conflict":
        return []
    uid = judged.instance.sop_instance_uid
    return [
        reading if reading.subject_key else replace(reading, subject_key=uid)
        for reading in judged.instance.labels
    ]

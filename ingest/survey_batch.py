"""One batch of a dry run: headers are read, as few bytes of each file as that takes; nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from database.instances import stored_uids
from database.sources import known_sizes
from database.withdrawals import tombstones_among
from database.workers import worker_database
from foundation.errors import ImagingError, NotAnImageError
from imaging.header import Header
from imaging.pseudonyms import Pseudonymiser
from imaging.settings import ReadSettings
from ingest.header_only import read_header_of
from ingest.sources import SourceFile
from ingest.withdrawn_files import WITHDRAWN


@dataclass(frozen=True)
class SurveySettings:
    """What every batch of one dry run shares.

    Attributes:
        database_url: whole; None where there is no database yet, or no key to know its rows by.
        source_name: the source that the files lie in.
        read: key, profile and limits.
    """

    database_url: str | None = field(repr=False)
    source_name: str
    read: ReadSettings


@dataclass(frozen=True, slots=True)
class Look:
    """What the header of one file told. Pseudonyms are marks of 64 bits, which tell equal from other only.

    Attributes:
        disposition: `stored`, `unchanged`, `resent`, `not_an_image` or `rejected`.
        reason_code: blank where there is a picture.
        num_bytes: of the file.
        instance: mark of its UID; None where there is no picture.
        num_frames: as the header says.
    """

    disposition: str
    reason_code: str = ""
    num_bytes: int = 0
    instance: int | None = None
    series: int | None = None
    study: int | None = None
    patient: int | None = None
    num_frames: int = 0
    modality: str | None = None
    body_part: str | None = None
    burned_in_risk: str | None = None


def survey_batch(sources: Sequence[SourceFile], settings: SurveySettings) -> list[Look]:
    """Read the headers of some files and tell what ingest would make of each.

    What the database holds already is known by UID, and by place and size: bytes and pixels are not
    compared, so an updated file or one in conflict counts as resent, and damaged pixels are not seen.

    Raises:
        DatabaseError: the database cannot be read.
    """
    pseudonymiser = Pseudonymiser(settings.read.key)
    keys = [pseudonymiser.path_key(settings.source_name, source.relative_path) for source in sources]
    read = [_read(source, key, settings.read) for source, key in zip(sources, keys, strict=True)]
    known = _known(keys, [header for header, *_ in read if header], settings)
    return [
        _look(header, error, num_bytes, is_unchanged=(key, num_bytes) in known.places, known=known)
        for key, (header, error, num_bytes) in zip(keys, read, strict=True)
    ]


def _read(
    source: SourceFile, path_key: str, settings: ReadSettings
) -> tuple[Header | None, ImagingError | None, int]:
    try:
        header, num_bytes = read_header_of(source, path_key=path_key, settings=settings)
    except ImagingError as error:
        return None, error, 0
    return header, None, num_bytes


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knows of some files: places with their sizes, UIDs, and patients who withdrew."""

    places: set[tuple[str, int]] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)


def _known(path_keys: Sequence[str], headers: Sequence[Header], settings: SurveySettings) -> _Known:
    if settings.database_url is None:
        return _Known()
    pseudonymiser = Pseudonymiser(settings.read.key)
    tombstones = {pseudonymiser.tombstone_key(key): key for each in headers if (key := each.patient_key)}
    with worker_database(settings.database_url).session() as session:
        return _Known(
            known_sizes(session, settings.source_name, path_keys),
            stored_uids(session, [header.sop_instance_uid for header in headers]),
            {tombstones[key] for key in tombstones_among(session, tombstones)},
        )


def _look(
    header: Header | None, error: ImagingError | None, num_bytes: int, *, is_unchanged: bool, known: _Known
) -> Look:
    if header is None:
        disposition = "not_an_image" if isinstance(error, NotAnImageError) else "rejected"
        return Look(disposition, error.reason_code if error else "")
    if header.patient_key in known.withdrawn:
        return Look("rejected", WITHDRAWN)
    is_stored = header.sop_instance_uid in known.uids
    return Look(
        "unchanged" if is_unchanged else "resent" if is_stored else "stored",
        num_bytes=num_bytes,
        instance=_mark(header.sop_instance_uid),
        series=_mark(header.series_instance_uid),
        study=_mark(header.study_instance_uid),
        patient=_mark(header.patient_key),
        num_frames=header.number_of_frames or 1,
        modality=header.modality,
        body_part=header.body_part,
        burned_in_risk=header.burned_in_risk,
    )


def _mark(pseudonym: str | None) -> int | None:
    if pseudonym is None:
        return None
    return int.from_bytes(hashlib.blake2b(pseudonym.encode(), digest_size=8).digest())

"""Plain values on their way into rows: what `ingest` hands over and `database` stores.

They mirror what imaging reads, but know nothing of it: the two rooms do not import each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Disposition = Literal["stored", "resent", "updated", "conflict", "unchanged"]
"""What became of a file that holds a picture.

`stored`: the first of its UID. `resent`: the same picture and attributes in other bytes or another
place. `updated`: the same picture, other attributes. `conflict`: another picture under a known UID.
`unchanged`: this very file was stored before; nothing was written.
"""


@dataclass(frozen=True, slots=True)
class NewReading:
    """One reading of one class by one reader.

    Attributes:
        task: what is asked (`body_part`).
        class_name: one answer to it.
        value: one of `database.schema.LABEL_VALUES`.
        reader: a person's pseudonym, or a source (`folder:mnist`).
        subject_level: what was read: `instance`, `study` or `patient`.
        subject_key: its pseudonymous UID or patient key; None in a `NewInstance`: that instance.
        read_at: UTC, without a zone; None when it is not known.
    """

    task: str
    class_name: str
    value: str
    reader: str
    subject_level: str = "instance"
    subject_key: str | None = None
    read_at: datetime | None = None
    blinded: bool | None = None
    ai_shown: bool | None = None


@dataclass(frozen=True, slots=True)
class NewFrame:
    """One picture of an instance with its lossless bytes.

    Attributes:
        frame_number: from 1.
        content: a PNG of stored values plus `offset`, or a TIFF.
        encoding: `png` or `tiff`.
        dtype: of the stored values, as numpy names it.
        offset: what was added to each stored value.
        stored_values_sha256: of the stored values, whatever the encoding.
        rendering: where this frame differs from its instance.
        perceptual_hash: 64 bits, signed.
        pixel_store_id: the store outside the database that the content was put into, if any.
        address: its place in that store.
    """

    frame_number: int
    content: bytes = field(repr=False)
    encoding: str
    dtype: str
    offset: int
    stored_values_sha256: str
    rendering: Mapping[str, Any] | None = None
    perceptual_hash: int | None = None
    pixel_store_id: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInstance:
    """One file with its picture: pseudonymous header, frames, and where it was found.

    Attributes named by DICOM keywords hold what the keyword says, cleaned; UIDs are pseudonyms.
    `identifiers` is for the table `instance_identity` alone, and None but in the profile `identified`.
    """

    path_key: str
    file_sha256: str
    num_bytes: int
    name_key: str | None = None

    sop_instance_uid: str
    kind: str
    stored_values_sha256: str
    attributes_sha256: str
    frames: tuple[NewFrame, ...]
    sop_class_uid: str | None = None
    transfer_syntax_uid: str | None = None
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    patient_key: str | None = None
    accession_key: str | None = None
    study_date_shifted: date | None = None
    study_year: int | None = None
    modality: str | None = None
    modality_raw: str | None = None
    modality_rule: str | None = None
    modality_confidence: float | None = None
    body_part: str | None = None
    body_part_raw: str | None = None
    body_part_rule: str | None = None
    body_part_confidence: float | None = None
    view_position: str | None = None
    view_position_raw: str | None = None
    view_position_rule: str | None = None
    view_position_confidence: float | None = None
    image_laterality: str | None = None
    image_laterality_raw: str | None = None
    image_laterality_rule: str | None = None
    image_laterality_confidence: float | None = None
    cleaning_sources: Mapping[str, Any] | None = None
    patient_sex: str | None = None
    patient_age_years: float | None = None
    manufacturer: str | None = None
    manufacturer_model_name: str | None = None
    site_code: str | None = None
    burned_in_risk: str = "none"
    height: int
    width: int
    number_of_frames: int = 1
    samples_per_pixel: int = 1
    bits_stored: int = 8
    pixel_representation: int = 0
    photometric_interpretation: str = "MONOCHROME2"
    pixel_spacing_mm: str | None = None
    decoder: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    rendering: Mapping[str, Any] = field(default_factory=dict)
    identifiers: Mapping[str, Any] | None = field(default=None, repr=False)
    labels: tuple[NewReading, ...] = ()


@dataclass(frozen=True, slots=True)
class NewRejectedFile:
    """One file that gave no instance.

    Attributes:
        path_key: keyed hash of its path in the source.
        file_sha256: blank where the file could not be read at all.
        disposition: one of `database.schema.UNSTORED_DISPOSITIONS`.
        reason_code: a stable word in snake case.
        detail: one sentence of ours, free of paths and header values.
    """

    path_key: str
    file_sha256: str
    num_bytes: int
    disposition: str
    reason_code: str
    detail: str

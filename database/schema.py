"""The tables: one class a table, one row as its docstring says.

An attribute of DICOM is its keyword in snake case; `tests/database/test_schema.py` holds the names
against pydicom's dictionary and against the reserved words of MySQL, MariaDB and SQLite.

Stable keys: a row id is for joins inside one database only. What leaves it (fingerprints, exports,
labels) names a picture by its pseudonymous UID and its hashes, so the same data in another database
gives the same cohort.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from database.columns import (
    Base,
    BigCount,
    Blob,
    KeyedHash,
    Moment,
    Number,
    Plain,
    ProductUuid,
    RowId,
    Sentence,
    Sha256,
    Term,
    Uid,
    Word,
    exact_text,
)

SCHEMA_REVISION = "0001"
"""The newest revision in `migrations/versions`: what this version of dicomill works with."""

RESERVED_WORD_NAMES = {"Rows": "height", "Columns": "width", "Laterality": "image_laterality"}
"""The exceptions to "keyword in snake case"."""

INSTANCE_STATUSES = ("current", "superseded", "conflict")
LABEL_VALUES = ("1", "0", "uncertain", "not_mentioned", "not_assessable")
SUBJECT_LEVELS = ("instance", "study", "patient")
STORED_DISPOSITIONS = ("stored", "resent", "updated", "conflict")
UNSTORED_DISPOSITIONS = ("not_an_image", "rejected", "quarantined")


def _one_of(column: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class PseudonymKey(Base):
    """The one secret key that every pseudonym in this database was made with; its fingerprint only."""

    __tablename__ = "pseudonym_key"

    id: Mapped[RowId]
    key_fingerprint: Mapped[KeyedHash] = mapped_column(unique=True)
    created_at: Mapped[Moment]


class IngestRun(Base):
    """One call of `ingest`. `finished_at` stays empty when it was cut short."""

    __tablename__ = "ingest_run"

    id: Mapped[RowId]
    run_uuid: Mapped[ProductUuid] = mapped_column(unique=True)
    source_name: Mapped[Term]
    profile: Mapped[Word]
    config: Mapped[Plain]
    counts: Mapped[Plain | None]
    versions: Mapped[Plain]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None] = mapped_column(default=None)


class Patient(Base):
    """A pseudonymous patient. A blank PatientID makes no row: unknown stays unknown."""

    __tablename__ = "patient"

    id: Mapped[RowId]
    patient_key: Mapped[KeyedHash] = mapped_column(unique=True)


class Study(Base):
    """A study. Its patient is the one that its first file named."""

    __tablename__ = "study"

    id: Mapped[RowId]
    study_instance_uid: Mapped[Uid] = mapped_column(unique=True)
    patient_id: Mapped[BigCount | None] = mapped_column(ForeignKey("patient.id"), index=True)
    accession_key: Mapped[KeyedHash | None] = mapped_column(index=True)
    study_date_shifted: Mapped[date | None]
    study_year: Mapped[int | None]


class Series(Base):
    """A series of a study."""

    __tablename__ = "series"

    id: Mapped[RowId]
    series_instance_uid: Mapped[Uid] = mapped_column(unique=True)
    study_id: Mapped[BigCount | None] = mapped_column(ForeignKey("study.id"), index=True)
    modality: Mapped[Word | None]


class Instance(Base):
    """One version of a SOP instance, or one plain picture (which has no series).

    What the header said stands here, also what DICOM calls patient, study or series attributes: files
    of one series do contradict each other, and each row keeps what its own file said.
    """

    __tablename__ = "instance"
    __table_args__ = (
        UniqueConstraint("sop_instance_uid", "version"),
        _one_of("status", INSTANCE_STATUSES),
        Index(None, "body_part", "modality", "view_position"),
        Index(None, "modality", "body_part"),
    )

    id: Mapped[RowId]
    sop_instance_uid: Mapped[Uid]
    version: Mapped[int]
    status: Mapped[Word] = mapped_column(index=True)
    kind: Mapped[Word]
    series_id: Mapped[BigCount | None] = mapped_column(ForeignKey("series.id"), index=True)
    patient_id: Mapped[BigCount | None] = mapped_column(ForeignKey("patient.id"), index=True)
    ingest_run_id: Mapped[BigCount] = mapped_column(ForeignKey("ingest_run.id"), index=True)
    sop_class_uid: Mapped[Uid | None]
    transfer_syntax_uid: Mapped[Uid | None]

    modality: Mapped[Word | None]
    body_part: Mapped[Word | None]
    body_part_raw: Mapped[Term | None]
    body_part_rule: Mapped[Term | None]
    body_part_confidence: Mapped[Number | None]
    view_position: Mapped[Word | None]
    image_laterality: Mapped[Word | None]
    patient_sex: Mapped[Word | None]
    patient_age_years: Mapped[Number | None]
    study_year: Mapped[int | None] = mapped_column(index=True)
    manufacturer: Mapped[Term | None]
    manufacturer_model_name: Mapped[Term | None]
    burned_in_risk: Mapped[Word]

    height: Mapped[int]
    width: Mapped[int]
    number_of_frames: Mapped[int]
    samples_per_pixel: Mapped[int]
    bits_stored: Mapped[int]
    pixel_representation: Mapped[int]
    photometric_interpretation: Mapped[Word]
    pixel_spacing_mm: Mapped[Term | None]

    attributes: Mapped[Plain]
    rendering: Mapped[Plain]
    decoder: Mapped[Term]
    stored_values_sha256: Mapped[Sha256] = mapped_column(index=True)
    attributes_sha256: Mapped[Sha256]
    created_at: Mapped[Moment]


class Source(Base):
    """One occurrence of a file that gave, or repeated, an instance."""

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("source_name", "path_key", "file_sha256"),
        _one_of("disposition", STORED_DISPOSITIONS),
    )

    id: Mapped[RowId]
    source_name: Mapped[Term]
    path_key: Mapped[KeyedHash]
    file_sha256: Mapped[Sha256] = mapped_column(index=True)
    num_bytes: Mapped[BigCount]
    disposition: Mapped[Word]
    instance_id: Mapped[BigCount] = mapped_column(ForeignKey("instance.id", ondelete="CASCADE"), index=True)
    ingest_run_id: Mapped[BigCount] = mapped_column(ForeignKey("ingest_run.id"), index=True)


class RejectedFile(Base):
    """One occurrence of a file that gave no instance, with a reason in our own words.

    `file_sha256` is blank where the file could not be read at all.
    """

    __tablename__ = "rejected_file"
    __table_args__ = (
        UniqueConstraint("source_name", "path_key", "file_sha256"),
        _one_of("disposition", UNSTORED_DISPOSITIONS),
    )

    id: Mapped[RowId]
    source_name: Mapped[Term]
    path_key: Mapped[KeyedHash]
    file_sha256: Mapped[Sha256]
    num_bytes: Mapped[BigCount]
    disposition: Mapped[Word]
    reason_code: Mapped[Term] = mapped_column(index=True)
    detail: Mapped[Sentence]
    ingest_run_id: Mapped[BigCount] = mapped_column(ForeignKey("ingest_run.id"), index=True)


class Pixels(Base):
    """The lossless bytes of one picture, once however many frames show it.

    `content` is a PNG (stored values plus `stored_offset`) or a TIFF, or empty when `address` names
    where the bytes lie.
    """

    __tablename__ = "pixels"

    id: Mapped[RowId]
    stored_values_sha256: Mapped[Sha256] = mapped_column(unique=True)
    encoding: Mapped[Word]
    dtype: Mapped[Word]
    stored_offset: Mapped[int]
    num_bytes: Mapped[BigCount]
    content: Mapped[Blob | None]
    address: Mapped[Sentence | None]


class Frame(Base):
    """One picture of an instance; frame numbers start at 1."""

    __tablename__ = "frame"
    __table_args__ = (UniqueConstraint("instance_id", "frame_number"),)

    id: Mapped[RowId]
    instance_id: Mapped[BigCount] = mapped_column(ForeignKey("instance.id", ondelete="CASCADE"))
    frame_number: Mapped[int]
    pixels_id: Mapped[BigCount] = mapped_column(ForeignKey("pixels.id"), index=True)
    stored_values_sha256: Mapped[Sha256] = mapped_column(index=True)
    perceptual_hash: Mapped[BigCount | None] = mapped_column(index=True)
    rendering: Mapped[Plain | None]


class Label(Base):
    """One reading. Append-only: a correction is a new reading with the next number.

    The subject is named by its stable key (pseudonymous UID or patient key), so that a reading holds
    for every version of an instance.
    """

    __tablename__ = "label"
    __table_args__ = (
        UniqueConstraint(
            "subject_level",
            "subject_key",
            "task",
            "class_name",
            "reader",
            "reading_number",
            name="uq_label_reading",
        ),
        Index(None, "task", "class_name"),
        _one_of("subject_level", SUBJECT_LEVELS),
        _one_of("value", LABEL_VALUES),
    )

    id: Mapped[RowId]
    subject_level: Mapped[Word]
    subject_key: Mapped[Uid]
    task: Mapped[Term]
    class_name: Mapped[Term]
    value: Mapped[Word]
    reader: Mapped[Term]
    reading_number: Mapped[int]
    read_at: Mapped[Moment | None] = mapped_column(default=None)
    blinded: Mapped[bool | None]
    ai_shown: Mapped[bool | None]
    ingest_run_id: Mapped[BigCount | None] = mapped_column(ForeignKey("ingest_run.id"), index=True)
    recorded_at: Mapped[Moment]


class Cohort(Base):
    """A frozen selection; a refresh is the next version under the same name."""

    __tablename__ = "cohort"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[RowId]
    cohort_uuid: Mapped[ProductUuid] = mapped_column(unique=True)
    name: Mapped[Term]
    version: Mapped[int]
    selection: Mapped[Plain]
    task: Mapped[Term]
    label_policy: Mapped[Plain]
    max_label_id: Mapped[BigCount | None]
    step_counts: Mapped[Plain]
    fingerprint: Mapped[Sha256]
    created_at: Mapped[Moment]


class CohortMember(Base):
    """One picture of a cohort with the labels that held when the cohort was frozen."""

    __tablename__ = "cohort_member"

    cohort_id: Mapped[BigCount] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True)
    instance_id: Mapped[BigCount] = mapped_column(
        ForeignKey("instance.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    labels: Mapped[Plain]


class Product(Base):
    """One product folder, as its `lineage.json` tells it."""

    __tablename__ = "product"

    product_uuid: Mapped[ProductUuid] = mapped_column(primary_key=True)
    kind: Mapped[Word] = mapped_column(index=True)
    config: Mapped[Plain]
    fingerprint: Mapped[Sha256]
    versions: Mapped[Plain]
    created_at: Mapped[Moment]


class ProductParent(Base):
    """One product made from another; the parent may be a cohort, or known elsewhere only."""

    __tablename__ = "product_parent"

    product_uuid: Mapped[ProductUuid] = mapped_column(
        ForeignKey("product.product_uuid", ondelete="CASCADE"), primary_key=True
    )
    parent_uuid: Mapped[ProductUuid] = mapped_column(primary_key=True, index=True)


class Prediction(Base):
    """What one artifact said of one picture, known by its instance or else by its pixels' hash."""

    __tablename__ = "prediction"

    id: Mapped[RowId]
    product_uuid: Mapped[ProductUuid] = mapped_column(
        ForeignKey("product.product_uuid", ondelete="CASCADE"), index=True
    )
    artifact_uuid: Mapped[ProductUuid] = mapped_column(index=True)
    instance_id: Mapped[BigCount | None] = mapped_column(
        ForeignKey("instance.id", ondelete="CASCADE"), index=True
    )
    sop_instance_uid: Mapped[Uid | None]
    frame_number: Mapped[int]
    frame_sha256: Mapped[Sha256 | None]
    predicted_class: Mapped[int]
    predicted_name: Mapped[Term]
    probability: Mapped[Number]
    probabilities: Mapped[Plain]


class EvaluationRead(Base):
    """One read of a split's labels for evaluation: who looked at the test set, and how often."""

    __tablename__ = "evaluation_read"

    id: Mapped[RowId]
    product_uuid: Mapped[ProductUuid] = mapped_column(
        ForeignKey("product.product_uuid", ondelete="CASCADE"), index=True
    )
    artifact_uuid: Mapped[ProductUuid] = mapped_column(index=True)
    records_uuid: Mapped[ProductUuid] = mapped_column(index=True)
    split_name: Mapped[str] = mapped_column(exact_text(16))
    num_records: Mapped[int]
    read_at: Mapped[Moment]

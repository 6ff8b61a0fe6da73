"""The tables of pictures, labels and cohorts: one class a table, one row as its docstring says.

Those of products stand in `database/product_tables.py`.

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

SCHEMA_REVISION = "0004"
"""The newest revision in `migrations/versions`: what this version of dicomill works with."""

RESERVED_WORD_NAMES = {"Rows": "height", "Columns": "width", "Laterality": "image_laterality"}
"""The exceptions to "keyword in snake case"."""

INSTANCE_STATUSES = ("current", "superseded", "conflict")
LABEL_VALUES = ("1", "0", "uncertain", "not_mentioned", "not_assessable")
SUBJECT_LEVELS = ("instance", "study", "patient")
STORED_DISPOSITIONS = ("stored", "resent", "updated", "conflict")
UNSTORED_DISPOSITIONS = ("not_an_image", "rejected", "quarantined")
RUN_KINDS = ("ingest", "labels", "merge", "reclean")
PAIR_STATUSES = ("candidate", "confirmed", "refuted")


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
    """One call that brought rows or changed them. `finished_at` stays empty when it was cut short."""

    __tablename__ = "ingest_run"

    id: Mapped[RowId]
    run_uuid: Mapped[ProductUuid] = mapped_column(unique=True)
    kind: Mapped[Word] = mapped_column(server_default="ingest", default="ingest")
    source_name: Mapped[Term]
    profile: Mapped[Word]
    config: Mapped[Plain]
    counts: Mapped[Plain | None]
    versions: Mapped[Plain]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None] = mapped_column(default=None)


class Patient(Base):
    """A pseudonymous patient. A blank PatientID makes no row: unknown stays unknown.

    A merge list makes a patient an alias of another one: `merged_into_id` names that one directly,
    never over a third, and `merged_shift_days` is what its shifted dates lack to be on that one's
    calendar. Rows keep the key they came with; views, labels, splits and counts follow the alias.
    `merge_stated_key` is what the list itself said of this patient: `merged_into_id` is the end of the
    chain of such words, and can be found anew when one of them is taken back.
    """

    __tablename__ = "patient"

    id: Mapped[RowId]
    patient_key: Mapped[KeyedHash] = mapped_column(unique=True)
    merged_into_id: Mapped[BigCount | None] = mapped_column(ForeignKey("patient.id"), index=True)
    merged_shift_days: Mapped[int] = mapped_column(server_default="0", default=0)
    merge_stated_key: Mapped[KeyedHash | None]


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

    `cleaning_sources` holds, for each cleaned column, what each attribute it may come from led to, and
    the keyed hash of the attribute's text: so a site's table can be applied again without the files.
    `detected_text` is what a search for text in the pixels found: `text`, `none`, or nothing searched.
    """

    __tablename__ = "instance"
    __table_args__ = (
        UniqueConstraint("sop_instance_uid", "version"),
        _one_of("status", INSTANCE_STATUSES),
        # They hold all that the usual condition on the view `image` reads, so that no row is fetched.
        Index(
            "ix_instance_of_body_part",
            *("status", "body_part", "modality", "view_position", "patient_sex", "patient_age_years"),
            *("study_year", "patient_id", "series_id"),
        ),
        Index(
            "ix_instance_of_modality",
            *("status", "modality", "body_part", "view_position", "study_year", "patient_id", "series_id"),
        ),
    )

    id: Mapped[RowId]
    sop_instance_uid: Mapped[Uid]
    version: Mapped[int]
    status: Mapped[Word]
    kind: Mapped[Word]
    series_id: Mapped[BigCount | None] = mapped_column(ForeignKey("series.id"), index=True)
    patient_id: Mapped[BigCount | None] = mapped_column(ForeignKey("patient.id"), index=True)
    ingest_run_id: Mapped[BigCount] = mapped_column(ForeignKey("ingest_run.id"), index=True)
    sop_class_uid: Mapped[Uid | None]
    transfer_syntax_uid: Mapped[Uid | None]

    modality: Mapped[Word | None]
    modality_raw: Mapped[Term | None]
    modality_rule: Mapped[Term | None]
    modality_confidence: Mapped[Number | None]
    body_part: Mapped[Word | None]
    body_part_raw: Mapped[Term | None]
    body_part_rule: Mapped[Term | None]
    body_part_confidence: Mapped[Number | None]
    view_position: Mapped[Word | None]
    view_position_raw: Mapped[Term | None]
    view_position_rule: Mapped[Term | None]
    view_position_confidence: Mapped[Number | None]
    image_laterality: Mapped[Word | None]
    image_laterality_raw: Mapped[Term | None]
    image_laterality_rule: Mapped[Term | None]
    image_laterality_confidence: Mapped[Number | None]
    cleaning_sources: Mapped[Plain | None]
    patient_sex: Mapped[Word | None]
    patient_age_years: Mapped[Number | None]
    study_year: Mapped[int | None] = mapped_column(index=True)
    manufacturer: Mapped[Term | None]
    manufacturer_model_name: Mapped[Term | None]
    site_code: Mapped[Word | None] = mapped_column(index=True)
    burned_in_risk: Mapped[Word]
    detected_text: Mapped[Word | None]
    risk_clearing_id: Mapped[BigCount | None] = mapped_column(ForeignKey("risk_clearing.id"), index=True)

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


class RiskClearing(Base):
    """One decision that pictures said to be at risk hold no text of a patient.

    One that was taken back stays as a record, with who did so and when.
    """

    __tablename__ = "risk_clearing"

    id: Mapped[RowId]
    selection: Mapped[Plain]
    cleared_by: Mapped[Term]
    reason: Mapped[Sentence]
    num_instances: Mapped[BigCount]
    cleared_at: Mapped[Moment]
    undone_by: Mapped[Term | None]
    undone_at: Mapped[Moment | None] = mapped_column(default=None)


class InstanceIdentity(Base):
    """What the profile `identified` keeps of one instance besides: the identifiers themselves."""

    __tablename__ = "instance_identity"

    instance_id: Mapped[BigCount] = mapped_column(
        ForeignKey("instance.id", ondelete="CASCADE"), primary_key=True
    )
    identifiers: Mapped[Plain]


class Withdrawal(Base):
    """A patient who withdrew: what blocks the files from coming back.

    `tombstone_key` is a keyed hash of the patient key with a purpose of its own, so that it leads to no
    manifest that still holds the patient.
    """

    __tablename__ = "withdrawal"

    id: Mapped[RowId]
    tombstone_key: Mapped[KeyedHash] = mapped_column(unique=True)
    num_instances: Mapped[BigCount]
    withdrawn_at: Mapped[Moment]


class Source(Base):
    """One occurrence of a file that gave, or repeated, an instance.

    `name_key` is the keyed hash of the file's bare name, by which label tables may name it.
    """

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("source_name", "path_key", "file_sha256"),
        _one_of("disposition", STORED_DISPOSITIONS),
    )

    id: Mapped[RowId]
    source_name: Mapped[Term]
    path_key: Mapped[KeyedHash]
    name_key: Mapped[KeyedHash | None] = mapped_column(index=True)
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


class PixelStore(Base):
    """One place outside the database where pictures lie: a folder or an object store, by its URL."""

    __tablename__ = "pixel_store"

    id: Mapped[RowId]
    url: Mapped[str] = mapped_column(exact_text(255), unique=True)
    created_at: Mapped[Moment]


class Pixels(Base):
    """The lossless bytes of one picture, once however many frames show it.

    `content` is a PNG (stored values plus `stored_offset`) or a TIFF, or empty when the bytes lie in a
    pixel store: then `address` is their place below its URL.
    """

    __tablename__ = "pixels"

    id: Mapped[RowId]
    stored_values_sha256: Mapped[Sha256] = mapped_column(unique=True)
    encoding: Mapped[Word]
    dtype: Mapped[Word]
    stored_offset: Mapped[int]
    num_bytes: Mapped[BigCount]
    content: Mapped[Blob | None]
    pixel_store_id: Mapped[BigCount | None] = mapped_column(ForeignKey("pixel_store.id"), index=True)
    address: Mapped[Sentence | None] = mapped_column(index=True)


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


class NearDuplicate(Base):
    """Two pictures that look alike, by the hashes of their stored values, the smaller one first.

    A candidate is only that: splits keep a pair together once somebody confirmed it.
    """

    __tablename__ = "near_duplicate"
    __table_args__ = (
        UniqueConstraint("first_sha256", "second_sha256"),
        _one_of("status", PAIR_STATUSES),
    )

    id: Mapped[RowId]
    first_sha256: Mapped[Sha256]
    second_sha256: Mapped[Sha256] = mapped_column(index=True)
    distance: Mapped[int]
    status: Mapped[Word] = mapped_column(index=True)
    decided_by: Mapped[Term | None]
    decided_at: Mapped[Moment | None] = mapped_column(default=None)
    found_at: Mapped[Moment]


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
    """A frozen selection; a refresh is the next version under the same name.

    `num_withdrawn` counts members that left because their patient withdrew; the fingerprint stays that of
    the whole selection. `characteristics` is the table of the members as it was when they were frozen;
    empty for cohorts of before.
    """

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
    num_withdrawn: Mapped[int] = mapped_column(server_default="0", default=0)
    characteristics: Mapped[Plain | None]
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

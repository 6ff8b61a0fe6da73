"""First light: all that the first release holds, and the views for people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from database.columns import BIG_INTEGER, BLOB, MOMENT, PLAIN, exact_text
from migrations.steps import TABLE_OPTIONS, create_index_once, create_views, drop_tables, drop_views
from migrations.views_0001 import VIEWS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_IMAGE_TABLES = ("pseudonym_key", "ingest_run", "patient", "study", "series", "instance", "source")
_CONTENT_TABLES = ("rejected_file", "pixels", "frame", "label", "cohort", "cohort_member")
_PRODUCT_TABLES = ("product", "product_parent", "prediction", "evaluation_read")


def upgrade() -> None:
    """Make the tables, each one only if it is not there, then the views."""
    _create_keys_and_runs()
    _create_patients_studies_series()
    _create_instance()
    _create_instance_indexes()
    _create_files()
    _create_pictures()
    _create_label()
    _create_cohorts()
    _create_products()
    _create_predictions()
    create_views(VIEWS)


def downgrade() -> None:
    """Drop the views, then the tables, the referring ones first."""
    drop_views(VIEWS)
    drop_tables((*_IMAGE_TABLES, *_CONTENT_TABLES, *_PRODUCT_TABLES)[::-1])


def _create_keys_and_runs() -> None:
    op.create_table(
        "pseudonym_key",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("key_fingerprint", exact_text(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pseudonym_key")),
        sa.UniqueConstraint("key_fingerprint", name=op.f("uq_pseudonym_key_key_fingerprint")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    op.create_table(
        "ingest_run",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("run_uuid", exact_text(36), nullable=False),
        sa.Column("source_name", exact_text(64), nullable=False),
        sa.Column("profile", exact_text(16), nullable=False),
        sa.Column("config", PLAIN, nullable=False),
        sa.Column("counts", PLAIN, nullable=True),
        sa.Column("versions", PLAIN, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_run")),
        sa.UniqueConstraint("run_uuid", name=op.f("uq_ingest_run_run_uuid")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def _create_patients_studies_series() -> None:
    op.create_table(
        "patient",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("patient_key", exact_text(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("patient_key", name=op.f("uq_patient_patient_key")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    op.create_table(
        "study",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("study_instance_uid", exact_text(64), nullable=False),
        sa.Column("patient_id", BIG_INTEGER, nullable=True),
        sa.Column("accession_key", exact_text(64), nullable=True),
        sa.Column("study_date_shifted", sa.Date(), nullable=True),
        sa.Column("study_year", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("study_instance_uid", name=op.f("uq_study_study_instance_uid")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_study_patient_id")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_study_accession_key"), "study", ["accession_key"])
    create_index_once(op.f("ix_study_patient_id"), "study", ["patient_id"])
    op.create_table(
        "series",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("series_instance_uid", exact_text(64), nullable=False),
        sa.Column("study_id", BIG_INTEGER, nullable=True),
        sa.Column("modality", exact_text(16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("series_instance_uid", name=op.f("uq_series_series_instance_uid")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_series_study_id")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_series_study_id"), "series", ["study_id"])


def _create_instance() -> None:
    op.create_table(
        "instance",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("sop_instance_uid", exact_text(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", exact_text(16), nullable=False),
        sa.Column("kind", exact_text(16), nullable=False),
        sa.Column("series_id", BIG_INTEGER, nullable=True),
        sa.Column("patient_id", BIG_INTEGER, nullable=True),
        sa.Column("ingest_run_id", BIG_INTEGER, nullable=False),
        sa.Column("sop_class_uid", exact_text(64), nullable=True),
        sa.Column("transfer_syntax_uid", exact_text(64), nullable=True),
        sa.Column("modality", exact_text(16), nullable=True),
        sa.Column("body_part", exact_text(16), nullable=True),
        sa.Column("body_part_raw", exact_text(64), nullable=True),
        sa.Column("body_part_rule", exact_text(64), nullable=True),
        sa.Column("body_part_confidence", sa.Double(), nullable=True),
        sa.Column("view_position", exact_text(16), nullable=True),
        sa.Column("image_laterality", exact_text(16), nullable=True),
        sa.Column("patient_sex", exact_text(16), nullable=True),
        sa.Column("patient_age_years", sa.Double(), nullable=True),
        sa.Column("study_year", sa.Integer(), nullable=True),
        sa.Column("manufacturer", exact_text(64), nullable=True),
        sa.Column("manufacturer_model_name", exact_text(64), nullable=True),
        sa.Column("burned_in_risk", exact_text(16), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("number_of_frames", sa.Integer(), nullable=False),
        sa.Column("samples_per_pixel", sa.Integer(), nullable=False),
        sa.Column("bits_stored", sa.Integer(), nullable=False),
        sa.Column("pixel_representation", sa.Integer(), nullable=False),
        sa.Column("photometric_interpretation", exact_text(16), nullable=False),
        sa.Column("pixel_spacing_mm", exact_text(64), nullable=True),
        sa.Column("attributes", PLAIN, nullable=False),
        sa.Column("rendering", PLAIN, nullable=False),
        sa.Column("decoder", exact_text(64), nullable=False),
        sa.Column("stored_values_sha256", exact_text(64), nullable=False),
        sa.Column("attributes_sha256", exact_text(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint("sop_instance_uid", "version", name=op.f("uq_instance_sop_instance_uid_version")),
        sa.CheckConstraint(
            "status IN ('current', 'superseded', 'conflict')", name=op.f("ck_instance_status")
        ),
        sa.ForeignKeyConstraint(["ingest_run_id"], ["ingest_run.id"], name=op.f("fk_instance_ingest_run_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_instance_patient_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_instance_series_id")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def _create_instance_indexes() -> None:
    create_index_once(
        op.f("ix_instance_body_part_modality_view_position"),
        "instance",
        ["body_part", "modality", "view_position"],
    )
    create_index_once(op.f("ix_instance_ingest_run_id"), "instance", ["ingest_run_id"])
    create_index_once(op.f("ix_instance_modality_body_part"), "instance", ["modality", "body_part"])
    create_index_once(op.f("ix_instance_patient_id"), "instance", ["patient_id"])
    create_index_once(op.f("ix_instance_series_id"), "instance", ["series_id"])
    create_index_once(op.f("ix_instance_status"), "instance", ["status"])
    create_index_once(op.f("ix_instance_stored_values_sha256"), "instance", ["stored_values_sha256"])
    create_index_once(op.f("ix_instance_study_year"), "instance", ["study_year"])


def _create_files() -> None:
    op.create_table(
        "source",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("source_name", exact_text(64), nullable=False),
        sa.Column("path_key", exact_text(64), nullable=False),
        sa.Column("file_sha256", exact_text(64), nullable=False),
        sa.Column("num_bytes", BIG_INTEGER, nullable=False),
        sa.Column("disposition", exact_text(16), nullable=False),
        sa.Column("instance_id", BIG_INTEGER, nullable=False),
        sa.Column("ingest_run_id", BIG_INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint(
            "source_name", "path_key", "file_sha256", name=op.f("uq_source_source_name_path_key_file_sha256")
        ),
        sa.CheckConstraint(
            "disposition IN ('stored', 'resent', 'updated', 'conflict')", name=op.f("ck_source_disposition")
        ),
        sa.ForeignKeyConstraint(["ingest_run_id"], ["ingest_run.id"], name=op.f("fk_source_ingest_run_id")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_source_instance_id"), ondelete="CASCADE"
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_source_file_sha256"), "source", ["file_sha256"])
    create_index_once(op.f("ix_source_ingest_run_id"), "source", ["ingest_run_id"])
    create_index_once(op.f("ix_source_instance_id"), "source", ["instance_id"])
    op.create_table(
        "rejected_file",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("source_name", exact_text(64), nullable=False),
        sa.Column("path_key", exact_text(64), nullable=False),
        sa.Column("file_sha256", exact_text(64), nullable=False),
        sa.Column("num_bytes", BIG_INTEGER, nullable=False),
        sa.Column("disposition", exact_text(16), nullable=False),
        sa.Column("reason_code", exact_text(64), nullable=False),
        sa.Column("detail", sa.String(255), nullable=False),
        sa.Column("ingest_run_id", BIG_INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_file")),
        sa.UniqueConstraint(
            "source_name",
            "path_key",
            "file_sha256",
            name=op.f("uq_rejected_file_source_name_path_key_file_sha256"),
        ),
        sa.CheckConstraint(
            "disposition IN ('not_an_image', 'rejected', 'quarantined')",
            name=op.f("ck_rejected_file_disposition"),
        ),
        sa.ForeignKeyConstraint(
            ["ingest_run_id"], ["ingest_run.id"], name=op.f("fk_rejected_file_ingest_run_id")
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_rejected_file_ingest_run_id"), "rejected_file", ["ingest_run_id"])
    create_index_once(op.f("ix_rejected_file_reason_code"), "rejected_file", ["reason_code"])


def _create_pictures() -> None:
    op.create_table(
        "pixels",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("stored_values_sha256", exact_text(64), nullable=False),
        sa.Column("encoding", exact_text(16), nullable=False),
        sa.Column("dtype", exact_text(16), nullable=False),
        sa.Column("stored_offset", sa.Integer(), nullable=False),
        sa.Column("num_bytes", BIG_INTEGER, nullable=False),
        sa.Column("content", BLOB, nullable=True),
        sa.Column("address", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pixels")),
        sa.UniqueConstraint("stored_values_sha256", name=op.f("uq_pixels_stored_values_sha256")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    op.create_table(
        "frame",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("instance_id", BIG_INTEGER, nullable=False),
        sa.Column("frame_number", sa.Integer(), nullable=False),
        sa.Column("pixels_id", BIG_INTEGER, nullable=False),
        sa.Column("stored_values_sha256", exact_text(64), nullable=False),
        sa.Column("perceptual_hash", BIG_INTEGER, nullable=True),
        sa.Column("rendering", PLAIN, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame")),
        sa.UniqueConstraint("instance_id", "frame_number", name=op.f("uq_frame_instance_id_frame_number")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_frame_instance_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["pixels_id"], ["pixels.id"], name=op.f("fk_frame_pixels_id")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_frame_perceptual_hash"), "frame", ["perceptual_hash"])
    create_index_once(op.f("ix_frame_pixels_id"), "frame", ["pixels_id"])
    create_index_once(op.f("ix_frame_stored_values_sha256"), "frame", ["stored_values_sha256"])


def _create_label() -> None:
    op.create_table(
        "label",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("subject_level", exact_text(16), nullable=False),
        sa.Column("subject_key", exact_text(64), nullable=False),
        sa.Column("task", exact_text(64), nullable=False),
        sa.Column("class_name", exact_text(64), nullable=False),
        sa.Column("value", exact_text(16), nullable=False),
        sa.Column("reader", exact_text(64), nullable=False),
        sa.Column("reading_number", sa.Integer(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("blinded", sa.Boolean(), nullable=True),
        sa.Column("ai_shown", sa.Boolean(), nullable=True),
        sa.Column("ingest_run_id", BIG_INTEGER, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint(
            "subject_level",
            "subject_key",
            "task",
            "class_name",
            "reader",
            "reading_number",
            name=op.f("uq_label_reading"),
        ),
        sa.CheckConstraint(
            "value IN ('1', '0', 'uncertain', 'not_mentioned', 'not_assessable')", name=op.f("ck_label_value")
        ),
        sa.CheckConstraint(
            "subject_level IN ('instance', 'study', 'patient')", name=op.f("ck_label_subject_level")
        ),
        sa.ForeignKeyConstraint(["ingest_run_id"], ["ingest_run.id"], name=op.f("fk_label_ingest_run_id")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_label_ingest_run_id"), "label", ["ingest_run_id"])
    create_index_once(op.f("ix_label_task_class_name"), "label", ["task", "class_name"])


def _create_cohorts() -> None:
    op.create_table(
        "cohort",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("cohort_uuid", exact_text(36), nullable=False),
        sa.Column("name", exact_text(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("selection", PLAIN, nullable=False),
        sa.Column("task", exact_text(64), nullable=False),
        sa.Column("label_policy", PLAIN, nullable=False),
        sa.Column("max_label_id", BIG_INTEGER, nullable=True),
        sa.Column("step_counts", PLAIN, nullable=False),
        sa.Column("fingerprint", exact_text(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort")),
        sa.UniqueConstraint("cohort_uuid", name=op.f("uq_cohort_cohort_uuid")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_cohort_name_version")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    op.create_table(
        "cohort_member",
        sa.Column("cohort_id", BIG_INTEGER, nullable=False),
        sa.Column("instance_id", BIG_INTEGER, nullable=False),
        sa.Column("labels", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "instance_id", name=op.f("pk_cohort_member")),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_cohort_member_cohort_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_cohort_member_instance_id"), ondelete="CASCADE"
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_cohort_member_instance_id"), "cohort_member", ["instance_id"])


def _create_products() -> None:
    op.create_table(
        "product",
        sa.Column("product_uuid", exact_text(36), nullable=False),
        sa.Column("kind", exact_text(16), nullable=False),
        sa.Column("config", PLAIN, nullable=False),
        sa.Column("fingerprint", exact_text(64), nullable=False),
        sa.Column("versions", PLAIN, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("product_uuid", name=op.f("pk_product")),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_product_kind"), "product", ["kind"])
    op.create_table(
        "product_parent",
        sa.Column("product_uuid", exact_text(36), nullable=False),
        sa.Column("parent_uuid", exact_text(36), nullable=False),
        sa.PrimaryKeyConstraint("product_uuid", "parent_uuid", name=op.f("pk_product_parent")),
        sa.ForeignKeyConstraint(
            ["product_uuid"],
            ["product.product_uuid"],
            name=op.f("fk_product_parent_product_uuid"),
            ondelete="CASCADE",
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_product_parent_parent_uuid"), "product_parent", ["parent_uuid"])


def _create_predictions() -> None:
    op.create_table(
        "prediction",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("product_uuid", exact_text(36), nullable=False),
        sa.Column("artifact_uuid", exact_text(36), nullable=False),
        sa.Column("instance_id", BIG_INTEGER, nullable=True),
        sa.Column("sop_instance_uid", exact_text(64), nullable=True),
        sa.Column("frame_number", sa.Integer(), nullable=False),
        sa.Column("frame_sha256", exact_text(64), nullable=True),
        sa.Column("predicted_class", sa.Integer(), nullable=False),
        sa.Column("predicted_name", exact_text(64), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("probabilities", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_prediction_instance_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_uuid"],
            ["product.product_uuid"],
            name=op.f("fk_prediction_product_uuid"),
            ondelete="CASCADE",
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_prediction_artifact_uuid"), "prediction", ["artifact_uuid"])
    create_index_once(op.f("ix_prediction_instance_id"), "prediction", ["instance_id"])
    create_index_once(op.f("ix_prediction_product_uuid"), "prediction", ["product_uuid"])
    op.create_table(
        "evaluation_read",
        sa.Column("id", BIG_INTEGER, nullable=False, autoincrement=True),
        sa.Column("product_uuid", exact_text(36), nullable=False),
        sa.Column("artifact_uuid", exact_text(36), nullable=False),
        sa.Column("records_uuid", exact_text(36), nullable=False),
        sa.Column("split_name", exact_text(16), nullable=False),
        sa.Column("num_records", sa.Integer(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_read")),
        sa.ForeignKeyConstraint(
            ["product_uuid"],
            ["product.product_uuid"],
            name=op.f("fk_evaluation_read_product_uuid"),
            ondelete="CASCADE",
        ),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    create_index_once(op.f("ix_evaluation_read_artifact_uuid"), "evaluation_read", ["artifact_uuid"])
    create_index_once(op.f("ix_evaluation_read_product_uuid"), "evaluation_read", ["product_uuid"])
    create_index_once(op.f("ix_evaluation_read_records_uuid"), "evaluation_read", ["records_uuid"])

"""The view `image` as revision 0004 makes it: what a query does not name costs it nothing.

Both dialects drop an outer join whose columns nobody reads, but not one that another join stands on, as
those of revision 0002 do: every query walked series, study and patient. The server drops joins that are
nested. SQLite does not, but evaluates a subquery among the columns only where its column is read; the
server in turn would write a view with such subqueries out to a table of its own first.
"""

from __future__ import annotations

from migrations.views_0002 import views_of as views_before

_OWN_COLUMNS = """
    instance.kind AS kind,
    instance.body_part AS body_part,
    instance.body_part_rule AS body_part_rule,
    instance.body_part_confidence AS body_part_confidence,
    instance.modality AS modality,
    instance.modality_rule AS modality_rule,
    instance.view_position AS view_position,
    instance.view_position_rule AS view_position_rule,
    instance.image_laterality AS laterality,
    instance.image_laterality_rule AS laterality_rule,
    instance.patient_sex AS sex,
    instance.patient_age_years AS age_years,
    instance.study_year AS study_year,
    {study_date} AS study_date_shifted,
    instance.manufacturer AS manufacturer,
    instance.manufacturer_model_name AS manufacturer_model_name,
    instance.site_code AS site_code,
    instance.height AS height,
    instance.width AS width,
    instance.number_of_frames AS number_of_frames,
    instance.samples_per_pixel AS samples_per_pixel,
    instance.bits_stored AS bits_stored,
    instance.photometric_interpretation AS photometric_interpretation,
    instance.pixel_spacing_mm AS pixel_spacing_mm,
    CASE
        WHEN instance.risk_clearing_id IS NOT NULL THEN 'cleared'
        WHEN instance.detected_text = 'text' THEN 'detected'
        ELSE instance.burned_in_risk
    END AS burned_in_risk,
    instance.stored_values_sha256 AS pixels_sha256
FROM instance"""

_ON_SERVER = (
    """
SELECT
    instance.id AS id,
    instance.sop_instance_uid AS sop_instance_uid,
    series.series_instance_uid AS series_instance_uid,
    study.study_instance_uid AS study_instance_uid,
    COALESCE(canonical.patient_key, patient.patient_key) AS patient_key,"""
    + _OWN_COLUMNS.format(
        study_date="""CASE
        WHEN patient.id IS NULL OR COALESCE(patient.merged_into_id, patient.id)
            = COALESCE(study_patient.merged_into_id, study_patient.id)
        THEN DATE_ADD(
            study.study_date_shifted, INTERVAL COALESCE(study_patient.merged_shift_days, 0) DAY
        )
    END"""
    )
    + """
LEFT JOIN (
    series
    LEFT JOIN (
        study LEFT JOIN patient AS study_patient ON study_patient.id = study.patient_id
    ) ON study.id = series.study_id
) ON series.id = instance.series_id
LEFT JOIN (
    patient LEFT JOIN patient AS canonical ON canonical.id = patient.merged_into_id
) ON patient.id = instance.patient_id
WHERE instance.status = 'current'
"""
)

_ON_SQLITE = (
    """
SELECT
    instance.id AS id,
    instance.sop_instance_uid AS sop_instance_uid,
    (
        SELECT series.series_instance_uid FROM series WHERE series.id = instance.series_id
    ) AS series_instance_uid,
    (
        SELECT study.study_instance_uid
        FROM series
        JOIN study ON study.id = series.study_id
        WHERE series.id = instance.series_id
    ) AS study_instance_uid,
    (
        SELECT COALESCE(canonical.patient_key, patient.patient_key)
        FROM patient
        LEFT JOIN patient AS canonical ON canonical.id = patient.merged_into_id
        WHERE patient.id = instance.patient_id
    ) AS patient_key,"""  # noqa: S608 - text of ours
    + _OWN_COLUMNS.format(
        study_date="""(
        SELECT CASE
            WHEN patient.id IS NULL OR COALESCE(patient.merged_into_id, patient.id)
                = COALESCE(study_patient.merged_into_id, study_patient.id)
            THEN date(study.study_date_shifted, COALESCE(study_patient.merged_shift_days, 0) || ' days')
        END
        FROM series
        JOIN study ON study.id = series.study_id
        LEFT JOIN patient AS study_patient ON study_patient.id = study.patient_id
        LEFT JOIN patient ON patient.id = instance.patient_id
        WHERE series.id = instance.series_id
    )"""
    )
    + """
WHERE instance.status = 'current'
"""
)


def views_of(dialect_name: str) -> dict[str, str]:
    """Return each view's SELECT for `sqlite` or a server."""
    image = _ON_SQLITE if dialect_name == "sqlite" else _ON_SERVER
    return {**views_before(dialect_name), "image": image}

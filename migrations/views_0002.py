"""The views for people, as revision 0002 makes them: patients under the key that merge lists lead to."""

from __future__ import annotations

from migrations.views_0001 import IMAGE_PIXELS

_IMAGE = """
SELECT
    instance.id AS id,
    instance.sop_instance_uid AS sop_instance_uid,
    series.series_instance_uid AS series_instance_uid,
    study.study_instance_uid AS study_instance_uid,
    COALESCE(canonical.patient_key, patient.patient_key) AS patient_key,
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
    CASE
        WHEN patient.id IS NULL OR COALESCE(patient.merged_into_id, patient.id)
            = COALESCE(study_patient.merged_into_id, study_patient.id)
        THEN {study_date}
    END AS study_date_shifted,
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
FROM instance
LEFT JOIN series ON series.id = instance.series_id
LEFT JOIN study ON study.id = series.study_id
LEFT JOIN patient ON patient.id = instance.patient_id
LEFT JOIN patient AS canonical ON canonical.id = patient.merged_into_id
LEFT JOIN patient AS study_patient ON study_patient.id = study.patient_id
WHERE instance.status = 'current'
"""

_STUDY_DATE = {
    "sqlite": "date(study.study_date_shifted, COALESCE(study_patient.merged_shift_days, 0) || ' days')",
    "mysql": "DATE_ADD(study.study_date_shifted, INTERVAL COALESCE(study_patient.merged_shift_days, 0) DAY)",
}
"""On the calendar of the patient that the merge list leads to, from that of the study's own patient.

A study's date was shifted by the days of the patient that its first file named. For a file of the same
study that names somebody else it is none: a date of another calendar would give wrong distances.
"""

_READING = """
SELECT
    instance.id AS id,
    reading.task AS task,
    reading.class_name AS class_name,
    reading.value AS value,
    reading.reader AS reader,
    reading.read_at AS read_at,
    reading.blinded AS blinded,
    reading.ai_shown AS ai_shown,
    reading.subject_level AS subject_level
FROM instance
{subject}
LEFT JOIN label AS later
    ON later.subject_level = reading.subject_level
    AND later.subject_key = reading.subject_key
    AND later.task = reading.task
    AND later.class_name = reading.class_name
    AND later.reader = reading.reader
    AND later.reading_number > reading.reading_number
WHERE instance.status = 'current' AND later.id IS NULL
"""

_OF_INSTANCE = """JOIN label AS reading
    ON reading.subject_level = 'instance' AND reading.subject_key = instance.sop_instance_uid"""

_OF_STUDY = """JOIN series ON series.id = instance.series_id
JOIN study ON study.id = series.study_id
JOIN label AS reading
    ON reading.subject_level = 'study' AND reading.subject_key = study.study_instance_uid"""

_OF_PATIENT = """JOIN patient AS owner ON owner.id = instance.patient_id
JOIN patient ON patient.{column} = COALESCE(owner.merged_into_id, owner.id)
JOIN label AS reading
    ON reading.subject_level = 'patient' AND reading.subject_key = patient.patient_key"""

# The patient that the merge list leads to, then those that it merged into that one.
_OF_PATIENTS = tuple(_OF_PATIENT.format(column=column) for column in ("id", "merged_into_id"))

IMAGE_LABEL = "UNION ALL".join(
    _READING.format(subject=subject) for subject in (_OF_INSTANCE, _OF_STUDY, *_OF_PATIENTS)
)


def views_of(dialect_name: str) -> dict[str, str]:
    """Return each view's SELECT for `sqlite` or a server."""
    study_date = _STUDY_DATE["sqlite" if dialect_name == "sqlite" else "mysql"]
    return {
        "image": _IMAGE.format(study_date=study_date),
        "image_pixels": IMAGE_PIXELS,
        "image_label": IMAGE_LABEL,
    }

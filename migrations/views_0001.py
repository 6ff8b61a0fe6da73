"""The views for people, as revision 0001 makes them: joins only, equal on every dialect."""

from __future__ import annotations

IMAGE = """
SELECT
    instance.id AS id,
    instance.sop_instance_uid AS sop_instance_uid,
    series.series_instance_uid AS series_instance_uid,
    study.study_instance_uid AS study_instance_uid,
    patient.patient_key AS patient_key,
    instance.kind AS kind,
    instance.body_part AS body_part,
    instance.body_part_rule AS body_part_rule,
    instance.body_part_confidence AS body_part_confidence,
    instance.modality AS modality,
    instance.view_position AS view_position,
    instance.image_laterality AS laterality,
    instance.patient_sex AS sex,
    instance.patient_age_years AS age_years,
    instance.study_year AS study_year,
    study.study_date_shifted AS study_date_shifted,
    instance.manufacturer AS manufacturer,
    instance.manufacturer_model_name AS manufacturer_model_name,
    instance.height AS height,
    instance.width AS width,
    instance.number_of_frames AS number_of_frames,
    instance.samples_per_pixel AS samples_per_pixel,
    instance.bits_stored AS bits_stored,
    instance.photometric_interpretation AS photometric_interpretation,
    instance.pixel_spacing_mm AS pixel_spacing_mm,
    instance.burned_in_risk AS burned_in_risk
FROM instance
LEFT JOIN series ON series.id = instance.series_id
LEFT JOIN study ON study.id = series.study_id
LEFT JOIN patient ON patient.id = instance.patient_id
WHERE instance.status = 'current'
"""

IMAGE_PIXELS = """
SELECT instance.id AS id, frame.frame_number AS frame_number, pixels.content AS png
FROM instance
JOIN frame ON frame.instance_id = instance.id
JOIN pixels ON pixels.id = frame.pixels_id
WHERE instance.status = 'current' AND pixels.encoding = 'png'
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

_OF_PATIENT = """JOIN patient ON patient.id = instance.patient_id
JOIN label AS reading
    ON reading.subject_level = 'patient' AND reading.subject_key = patient.patient_key"""

IMAGE_LABEL = "UNION ALL".join(
    _READING.format(subject=subject) for subject in (_OF_INSTANCE, _OF_STUDY, _OF_PATIENT)
)

VIEWS = {"image": IMAGE, "image_pixels": IMAGE_PIXELS, "image_label": IMAGE_LABEL}

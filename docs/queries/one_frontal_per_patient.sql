-- One frontal chest picture of each patient: that of the first study. Returns ids for `cohort create --sql`.
SELECT id
FROM (
    SELECT
        id,
        ROW_NUMBER() OVER (
            PARTITION BY patient_key
            ORDER BY study_date_shifted IS NULL, study_date_shifted, sop_instance_uid
        ) AS place
    FROM image
    WHERE body_part = 'CHEST' AND view_position IN ('PA', 'AP') AND patient_key IS NOT NULL
) AS ranked
WHERE place = 1

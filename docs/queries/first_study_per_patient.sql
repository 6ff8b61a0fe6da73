-- All pictures of each patient's first study, by a window function. Returns ids.
SELECT id
FROM (
    SELECT
        id,
        DENSE_RANK() OVER (PARTITION BY patient_key ORDER BY study_date_shifted, study_instance_uid) AS place
    FROM image
    WHERE patient_key IS NOT NULL AND study_date_shifted IS NOT NULL
) AS ranked
WHERE place = 1

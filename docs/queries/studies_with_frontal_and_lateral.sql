-- Every picture of the studies that hold a frontal and a lateral view. Returns ids.
SELECT id
FROM image
WHERE study_instance_uid IN (
    SELECT study_instance_uid FROM image WHERE view_position IN ('PA', 'AP')
)
AND study_instance_uid IN (
    SELECT study_instance_uid FROM image WHERE view_position IN ('LL', 'RL', 'LATERAL')
)

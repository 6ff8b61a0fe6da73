-- Images and patients by hospital (coded) and true year. For `dicomill db query`.
SELECT
    COALESCE(site_code, 'not known') AS site,
    study_year,
    COUNT(*) AS images,
    COUNT(DISTINCT patient_key) AS patients
FROM image
GROUP BY site_code, study_year
ORDER BY site, study_year

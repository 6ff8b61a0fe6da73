-- Images and patients in bands of ten years. For `dicomill db query`.
SELECT
    CASE
        WHEN age_years < 18 THEN 'under 18'
        WHEN age_years < 40 THEN '18 to 39'
        WHEN age_years < 65 THEN '40 to 64'
        WHEN age_years >= 65 THEN '65 and over'
        ELSE 'not known'
    END AS age_band,
    COUNT(*) AS images,
    COUNT(DISTINCT patient_key) AS patients
FROM image
GROUP BY age_band
ORDER BY age_band

-- Who made the devices, by modality. For `dicomill db query`.
SELECT
    modality,
    manufacturer,
    COUNT(*) AS images,
    COUNT(DISTINCT manufacturer_model_name) AS models
FROM image
GROUP BY modality, manufacturer
ORDER BY images DESC, modality, manufacturer

-- Pictures with equal pixels under several ids, and how many patients they are said to be of.
SELECT pixels_sha256, COUNT(*) AS images, COUNT(DISTINCT patient_key) AS patients
FROM image
GROUP BY pixels_sha256
HAVING COUNT(*) > 1
ORDER BY images DESC, pixels_sha256

-- Pictures and classes on which readers say 1 and 0. For `dicomill db query`.
SELECT id, task, class_name, COUNT(DISTINCT reader) AS readers
FROM image_label
WHERE value IN ('1', '0')
GROUP BY id, task, class_name
HAVING COUNT(DISTINCT value) > 1
ORDER BY id, task, class_name

-- Labels as columns: a row a picture, the classes that are wanted beside each other. For `dicomill db query`.
SELECT
    image.id,
    image.view_position,
    MAX(CASE WHEN image_label.class_name = 'Mass' THEN image_label.value END) AS mass,
    MAX(CASE WHEN image_label.class_name = 'Edema' THEN image_label.value END) AS edema
FROM image
JOIN image_label ON image_label.id = image.id
WHERE image_label.task = 'finding'
GROUP BY image.id, image.view_position
ORDER BY image.id

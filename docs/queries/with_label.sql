-- Pictures that anybody reads as Mass, and nobody denies. Returns ids.
-- A label is a row of image_label; name the ids, and ask the view image once.
SELECT id
FROM image
WHERE id IN (SELECT id FROM image_label WHERE task = 'finding' AND class_name = 'Mass' AND value = '1')
    AND id NOT IN (SELECT id FROM image_label WHERE task = 'finding' AND class_name = 'Mass' AND value = '0')

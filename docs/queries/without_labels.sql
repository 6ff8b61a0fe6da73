-- Pictures that nobody has read for the task `finding`: what is left to do. Returns ids.
SELECT id
FROM image
WHERE id NOT IN (SELECT id FROM image_label WHERE task = 'finding')

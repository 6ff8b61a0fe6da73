-- CT slices of full size and 12 bits or more, straight from a scanner whose maker is known. Returns ids.
SELECT id
FROM image
WHERE modality = 'CT'
    AND height = 512
    AND width = 512
    AND bits_stored >= 12
    AND manufacturer IS NOT NULL

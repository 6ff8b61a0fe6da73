"""Imaging: what a picture is.

Comes in: the bytes of one file, DICOM or a plain picture (`imaging.pictures`), or a seed
(`imaging.phantoms`). Never a path: names of files and folders are not looked at here.
Goes out: a `ReadInstance`, that is a cleaned, pseudonymous `Header`, the stored values of every
frame in a lossless encoding, and what rendering needs; renderings; synthetic DICOM files.
Refusals are `ImagingError`s with a reason code, in our own words.
May import: foundation, numpy, OpenCV, pydicom and its decoders. No database, no model, no click.

Where a new thing is added:
    an attribute that is kept          a line in attributes.tsv (and a Header field, if it gets a column)
    a body-part term or synonym        a line, or a word in a line, of body_parts.tsv; codes: region_codes.tsv
    a modality, or a word for one      modalities.tsv; a view: view_positions.tsv; a side: lateralities.py
    a text that a column comes from    cleaned_columns.py, site_tables.py, and its line in attributes.tsv
    a kind of object without a picture a line in image_objects.py
    a file format                      sniffing.py and pictures.py
    a transfer syntax or decoder       codecs.py (libraries) or own_codecs.py, and decoders.py; libraries
                                       work in a process of their own (isolation.py, decoder_process.py)
    a named rendering                  named_renderings.py
    a bound on sizes                   limits.py
"""

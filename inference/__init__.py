"""Inference: an artifact and pictures to predictions.

In: an artifact folder, and what a user points at: picture files, DICOM files, folders, lists of
files, exports, transformed folders, record sets.
Out: probabilities, a predictions file (TSV, CSV, JSON lines) with its lineage and its rejected
inputs, and rows when a database is given.
May import: training, preprocessing, imaging, database, foundation. TensorFlow enters in
`inference.predictor` only, inside its functions: reading inputs runs in processes without it.
A new kind of input is a function in `inference.inputs` that gives `InputTask`s; a new file format is
an entry of `inference.outputs.FORMATS`.
"""

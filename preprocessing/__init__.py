"""Preprocessing: from rows to image/label folders, to transformed folders, to TFRecords.

In: cohorts and frames from the database, or a folder that a user made by hand (`images/`,
`labels/`). Out: image/label folders with a manifest (`export`, `transform`) and record sets with
their splits (`pack`). May import: database, imaging and foundation; never TensorFlow, so a worker
stays small and a record set can be made and checked on a machine without it.

A new step is a function in the module of its kind (`level_steps.py`, ...) and an entry of `STEPS` in
`steps.py`; a new split scheme into `splits.py`; a
new key of the records into `record_writing.py` together with its line in `record_sets.py`.
"""

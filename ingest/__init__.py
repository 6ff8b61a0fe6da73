"""Ingest: files to rows.

In: folders and files of DICOM or plain pictures, and a database. Out: rows, rejected files with
reasons, readings from class folders. May import: imaging, database, foundation.
A new source of files is added in `ingest/sources.py`; a new way to read labels off a source gets a
module beside `ingest/class_folders.py`.
"""

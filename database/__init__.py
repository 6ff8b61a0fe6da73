"""Database: what we hold. The only room that speaks SQL.

In: plain values from the rooms above (a read instance's header, encoded pixels, readings).
Out: rows, cohorts, research queries. May import: foundation; never imaging.
A new column is one line in `database/schema.py` and one revision in `migrations/versions`;
a new question about the rows is a function beside its like (`instances`, `labels`, `cohorts`, ...).
"""

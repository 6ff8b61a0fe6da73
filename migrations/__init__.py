"""Migrations: how a database comes from one schema to the next, by Alembic.

In: a connection, given by `database.migrating`. Out: a changed schema. May import: alembic,
SQLAlchemy and the column types of `database.columns`; no other room.
A new revision is a file `versions/NNNN_words.py` made from `script.py.mako`, with the rules that
stand in that template; `database.schema.SCHEMA_REVISION` names the newest.
"""

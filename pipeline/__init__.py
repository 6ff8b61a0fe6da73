"""Pipeline: several doors in a row.

In: a run file (YAML), or nothing for the demo. Out: what the doors wrote, skipped where nothing
changed, and one page about it. May import: every room but the command line and the web.
A new stage of a run file is added in `pipeline/stages.py`.
"""

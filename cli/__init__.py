"""Command line: thin. The only room that knows click.

In: words typed by a user, `DICOMILL_*`, `dicomill.toml`. Out: a report as text or JSON and an exit
status. May import: every room, but only click while `--help` is answered; each command imports its
room when it runs. A new command is one module in `cli/commands` and one line in `cli/main.py`.
"""

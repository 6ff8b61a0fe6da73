"""Compat: the names and flags of the commands that dicomill replaces, a few lines each over the doors.

In: what was typed at an old command. Out: what the doors write, in the old shape. May import: every room
but the command line and the web. A new old command is one module here with a door, and one command in
`cli/commands/compat.py`.
"""

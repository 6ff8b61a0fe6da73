"""`dicomill key`: the secret key that pseudonyms are made with."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import PATH, database_option, json_option
from cli.printing import print_report


@click.group()
def key() -> None:
    """Make or check the secret key.

    \b
    Example:
      dicomill key create hospital.key
    """


@key.command()
@click.argument("path", type=PATH)
@json_option
def create(path: Path, *, as_json: bool) -> None:
    """Write a new secret key to PATH, readable by you alone. Keep a copy in a safe place.

    \b
    Example:
      dicomill key create hospital.key
    """
    from foundation.keys import create_key_file, key_fingerprint

    fingerprint = key_fingerprint(create_key_file(path))
    lines = [f"Wrote a new key. Fingerprint: {fingerprint}"]
    print_report({"fingerprint": fingerprint}, as_json=as_json, lines=lines)


@key.command()
@click.argument("path", type=PATH)
@database_option
@json_option
def check(path: Path, *, database_url: str, as_json: bool) -> None:
    """Say whether PATH holds the key that the database was made with.

    \b
    Example:
      dicomill key check hospital.key --database sqlite:///dicomill.db
    """
    from database.opening import is_keyed, open_with_key
    from foundation.keys import key_fingerprint, read_key_file

    fingerprint = key_fingerprint(read_key_file(path))
    with open_with_key(database_url, key_file=path) as database:
        has_key = is_keyed(database)
    outcome = "The key fits." if has_key else "The database has no key yet; its first ingest brings one."
    lines = [f"{outcome} Fingerprint: {fingerprint}"]
    print_report({"fingerprint": fingerprint, "database_has_key": has_key}, as_json=as_json, lines=lines)

"""`dicomill.toml`: the lowest place an option can come from, above its default."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import ConfigError

SETTINGS_FILE = "dicomill.toml"
DEFAULT_DATABASE_URL = "sqlite:///dicomill.db"


@dataclass(frozen=True)
class Settings:
    """What `dicomill.toml` may set.

    Attributes:
        database: a database URL.
        key_file: path of the secret key.
        profile: the privacy profile of `ingest`.
        options: of PS3.15 Annex E, on top of the profile.
        allow_list: path of a site's own table over attributes.tsv.
        workers: processes of the stages that use several.
        memory: what the workers of `ingest` together may take, such as `4GB`.
        scheduler: address of the Dask scheduler whose workers `ingest` uses.
    """

    database: str = DEFAULT_DATABASE_URL
    key_file: str | None = None
    profile: str = "research"
    options: tuple[str, ...] = ()
    allow_list: str | None = None
    workers: int | None = None
    memory: str | None = None
    scheduler: str | None = None


def read_settings(folder: Path | None = None) -> Settings:
    """Return the settings of `dicomill.toml` in a folder (default: the current one), or the defaults.

    Raises:
        ConfigError: the file is not TOML, or holds a name or a kind of value that is not ours.
    """
    path = (folder or Path.cwd()) / SETTINGS_FILE
    if not path.is_file():
        return Settings()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{SETTINGS_FILE} cannot be read as TOML: {error}") from error
    known = Settings.__dataclass_fields__
    for name, value in values.items():
        if name not in known:
            raise ConfigError(f'{SETTINGS_FILE} sets "{name}". Known: {", ".join(known)}.')
        if not _fits(name, value):
            wanted = _WANTED.get(name, "text")
            raise ConfigError(f'{SETTINGS_FILE}: "{name}" expects {wanted}. Received: {value!r}.')
    values["options"] = tuple(values.get("options", ()))
    return Settings(**values)


_WANTED = {"options": "a list of texts", "workers": "a whole number"}


def _fits(name: str, value: object) -> bool:
    if name == "options":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, int if name == "workers" else str) and not isinstance(value, bool)

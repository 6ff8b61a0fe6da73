"""What a run that reads files is asked to keep: profile, options and a site's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import field_validator, model_validator

from foundation.contracts import Config
from foundation.errors import ConfigError
from foundation.fingerprints import sha256_of_bytes
from imaging.allow_list import ALLOW_LIST_FILE, allow_list_sha256, read_site_table
from imaging.profile_options import Profile, check_options

_MOST_BYTES = 1 << 20


class PrivacyChoice(Config):
    """The part of a config that says what is kept of a header.

    Attributes:
        profile: `strict`, `research` or `identified`.
        options: of PS3.15 Annex E, on top of the profile (`imaging.profile_options.OPTIONS`).
        allow_list: a site's own table over attributes.tsv, in its form.
        keeps_identifiers: says a second time that `identified` is meant.
    """

    profile: Profile = "research"
    options: tuple[str, ...] = ()
    allow_list: Path | None = None
    keeps_identifiers: bool = False

    @field_validator("options")
    @classmethod
    def _options_are_known(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        return check_options(options)

    @model_validator(mode="after")
    def _identified_is_meant(self) -> Self:
        if self.profile == "identified" and not self.keeps_identifiers:
            raise ConfigError(
                "The profile identified keeps names, ids, true dates and UIDs of patients in the table "
                "instance_identity. If that is what you want, say so a second time: "
                "--set keeps_identifiers=true (keeps_identifiers: true in a run file)."
            )
        if self.keeps_identifiers and self.profile != "identified":
            raise ConfigError(
                f"The profile {self.profile} keeps no identifiers. Leave keeps_identifiers out, or choose "
                "--profile identified."
            )
        return self

    def read_allow_list(self) -> str:
        """Return the text of the site's table, checked; blank when there is none.

        Raises:
            ConfigError: it cannot be read, or keeps what it may not.
        """
        if self.allow_list is None:
            return ""
        try:
            with self.allow_list.open("rb") as stream:
                text = stream.read(_MOST_BYTES).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"The allow-list {self.allow_list} cannot be read. Expected a table in UTF-8 with the "
                f"columns of imaging/{ALLOW_LIST_FILE}, split by tabs."
            ) from error
        read_site_table(text)
        return text

    def told_privacy(self) -> dict[str, Any]:
        """Return what a run records of the choice: words and hashes, no path.

        Raises:
            ConfigError: the site's table cannot be read.
        """
        site = self.read_allow_list()
        return {
            "profile": self.profile,
            "options": list(self.options),
            "keeps_identifiers": self.keeps_identifiers,
            "attributes_sha256": allow_list_sha256(),
            "allow_list": sha256_of_bytes(site.encode()) if site else None,
        }

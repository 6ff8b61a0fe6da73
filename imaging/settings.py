"""What reading a file depends on besides its bytes: the secret key, the privacy rules, the limits."""

from __future__ import annotations

from pydantic import Field, field_validator

from foundation.contracts import Config
from imaging.limits import Limits
from imaging.profile_options import KeepRules, Profile, check_options
from imaging.site_tables import SiteTable

__all__ = ["Profile", "ReadSettings"]


class ReadSettings(Config):
    """Settings of `imaging.pictures.read_picture_or_instance`; frozen and picklable.

    Args:
        key: the secret behind every pseudonym; never shown in a representation.
        profile: `strict` keeps technical attributes and pseudonyms only; `research` also keeps sex,
            age, true year, shifted dates, manufacturer, model and coded site; `identified` also the
            identifiers themselves.
        options: of `imaging.profile_options.OPTIONS`.
        allow_list: the text of a site's own table (see `imaging.allow_list`); blank for none.
        site_table: what the site's own texts stand for (see `imaging.site_tables`).
        limits: bounds checked before memory is taken.
        default_issuer: stands in for a blank (0010,0021) Issuer of Patient ID, so that equal ids
            of two sources stay two patients. Ingest gives the name of the source.

    Example:
        >>> ReadSettings(key=bytes(32)).profile
        'research'
    """

    key: bytes = Field(min_length=16, repr=False)
    profile: Profile = "research"
    options: tuple[str, ...] = ()
    allow_list: str = Field(default="", repr=False)
    site_table: SiteTable = Field(default=SiteTable(), repr=False)
    limits: Limits = Limits()
    default_issuer: str = ""

    @field_validator("options")
    @classmethod
    def _options_are_known(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        return check_options(options)

    @property
    def rules(self) -> KeepRules:
        """What decides which lines of the allow-list hold."""
        return KeepRules(self.profile, self.options, self.allow_list)

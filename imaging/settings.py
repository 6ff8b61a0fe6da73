"""What reading a file depends on besides its bytes: the secret key, the privacy profile, the limits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foundation.contracts import Config
from imaging.limits import Limits

Profile = Literal["strict", "research"]


class ReadSettings(Config):
    """Settings of `imaging.pictures.read_picture_or_instance`; frozen and picklable.

    Args:
        key: the secret behind every pseudonym; never shown in a representation.
        profile: `strict` keeps technical attributes and pseudonyms only; `research` also keeps sex,
            age, true year, shifted dates, manufacturer and model.
        limits: bounds checked before memory is taken.
        default_issuer: stands in for a blank (0010,0021) Issuer of Patient ID, so that equal ids
            of two sources stay two patients. Ingest gives the name of the source.

    Example:
        >>> ReadSettings(key=bytes(32)).profile
        'research'
    """

    key: bytes = Field(min_length=16, repr=False)
    profile: Profile = "research"
    limits: Limits = Limits()
    default_issuer: str = ""

"""Privacy profiles and the options of PS3.15 Annex E on top of them: what may be asked for, by name.

A profile says what is kept of a header; an option adds exactly what `OPTIONS` says of it. Those of the
standard that rows have no use for are refused with the reason and what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from foundation.errors import ConfigError
from foundation.registries import unknown_name_message

Profile = Literal["strict", "research", "identified"]

PROFILES: Mapping[str, str] = MappingProxyType(
    {
        "strict": "pseudonyms, body part, modality, view, geometry, what a picture's rendering needs",
        "research": "also sex, age to 90, true year, shifted dates, manufacturer, model, coded site",
        "identified": "what research keeps, and the identifiers themselves in the table instance_identity",
    }
)
"""Profile to what it keeps."""

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "clean-descriptors": "instance.attributes: the listed words of series, study and protocol texts",
        "retain-device-identity": "instance.attributes: serial number, station, detector and gantry of the "
        "device",
        "retain-institution-identity": "instance.attributes: name, address and department of the institution",
        "retain-longitudinal-full-dates": "instance.attributes: true dates and times; study_year of instance "
        "and study",
        "retain-longitudinal-modified-dates": "study.study_date_shifted and shifted dates in "
        "instance.attributes (research has them already)",
        "retain-patient-characteristics": "instance.patient_sex and patient_age_years (research has them "
        "already); instance.attributes: size, weight, smoking and pregnancy status",
        "retain-safe-private": "instance.attributes: the private numbers of PS3.15 table E.3.10-1 that "
        "imaging/safe_private.tsv lists",
        "retain-uids": "instance.attributes: the true UIDs beside the pseudonyms, which stay",
    }
)
"""Option of PS3.15 table E.1-1 to what it adds; nothing else changes. Source: PS3.15 E.3."""

REFUSED_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "clean-graphics": "overlays, curves and graphic annotations are never kept, so there is nothing to "
        "clean; leave the option out",
        "clean-pixel-data": "dicomill changes no pixels; find text with `dicomill risk check --ocr` and "
        "leave pictures out with --where \"burned_in_risk IN ('none', 'cleared')\"",
        "clean-recognizable-visual-features": "dicomill removes no faces; leave head CT, MR and PT out, or "
        "remove the faces before ingest (`dicomill privacy report` counts the series)",
        "clean-structured-content": "structured content is never kept, so there is nothing to clean; leave "
        "the option out",
    }
)
"""Option of PS3.15 table E.1-1 to why it is refused and what to do instead."""

_EITHER = ("retain-longitudinal-full-dates", "retain-longitudinal-modified-dates")


@dataclass(frozen=True, slots=True)
class KeepRules:
    """What decides which lines of the allow-list hold for a file.

    Attributes:
        profile: one of `PROFILES`.
        options: of `OPTIONS`, sorted.
        allow_list: the text of a site's own table, which overlays ours; blank for none.
    """

    profile: Profile = "research"
    options: tuple[str, ...] = ()
    allow_list: str = ""

    def hold(self, tokens: Iterable[str]) -> bool:
        """Tell whether a line is in force whose column `profiles` has these words.

        Example:
            >>> KeepRules("identified").hold(["research"]), KeepRules("strict").hold(["research"])
            (True, False)
            >>> KeepRules("strict", ("retain-uids",)).hold(["retain-uids"])
            True
        """
        in_force = {self.profile, *self.options} | ({"research"} if self.profile == "identified" else set())
        return not in_force.isdisjoint(tokens)


def check_options(names: Iterable[str]) -> tuple[str, ...]:
    """Return options sorted, each once.

    Raises:
        ConfigError: one is unknown, refused, or contradicts another.

    Example:
        >>> check_options(["retain-uids", "clean-descriptors", "retain-uids"])
        ('clean-descriptors', 'retain-uids')
    """
    chosen = sorted(set(names))
    for name in chosen:
        if name in REFUSED_OPTIONS:
            raise ConfigError(f"The option {name} is refused: {REFUSED_OPTIONS[name]}.")
        if name not in OPTIONS:
            raise ConfigError(unknown_name_message({**OPTIONS, **REFUSED_OPTIONS}, name, kind="option"))
    if set(_EITHER) <= set(chosen):
        raise ConfigError(
            f"Give one of {' and '.join(_EITHER)}: the first keeps true dates, the second none."
        )
    return tuple(chosen)

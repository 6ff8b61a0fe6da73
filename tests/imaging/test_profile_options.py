"""Profiles and options by name."""

from __future__ import annotations

import pytest

from foundation.errors import ConfigError
from imaging.profile_options import OPTIONS, REFUSED_OPTIONS, KeepRules, check_options

# PS3.15 table E.1-1, without the profile itself.
OPTIONS_OF_THE_STANDARD = {
    "clean-pixel-data",
    "clean-recognizable-visual-features",
    "clean-graphics",
    "clean-structured-content",
    "clean-descriptors",
    "retain-longitudinal-full-dates",
    "retain-longitudinal-modified-dates",
    "retain-patient-characteristics",
    "retain-device-identity",
    "retain-institution-identity",
    "retain-uids",
    "retain-safe-private",
}


def test_every_option_of_the_standard_is_done_or_refused() -> None:
    """None is silently unknown, none is both."""
    assert OPTIONS.keys() | REFUSED_OPTIONS.keys() == OPTIONS_OF_THE_STANDARD
    assert not OPTIONS.keys() & REFUSED_OPTIONS.keys()


@pytest.mark.parametrize("name", sorted(REFUSED_OPTIONS))
def test_a_refused_option_says_why_in_one_line(name: str) -> None:
    """And what to do instead."""
    with pytest.raises(ConfigError, match=f"The option {name} is refused: .+") as caught:
        check_options([name])
    assert "\n" not in str(caught.value)


def test_a_mistyped_option_names_the_nearest() -> None:
    """Refused ones are known, too."""
    with pytest.raises(ConfigError, match='Did you mean "retain-uids"'):
        check_options(["retain-uid"])


def test_true_and_shifted_dates_exclude_each_other() -> None:
    """Side by side they give the shift away for nothing."""
    with pytest.raises(ConfigError, match="Give one of"):
        check_options(["retain-longitudinal-full-dates", "retain-longitudinal-modified-dates"])


def test_identified_keeps_what_research_keeps() -> None:
    """Strict keeps what names strict, and options count with any profile."""
    assert KeepRules("identified").hold({"research"})
    assert not KeepRules("identified").hold({"retain-uids"})
    assert KeepRules("strict", ("retain-uids",)).hold({"research", "retain-uids"})
    assert not KeepRules("strict").hold({"research"})

"""The registry of renderings."""

from __future__ import annotations

import pytest

from imaging.named_renderings import RENDERINGS


def test_names_are_in_alphabetical_order() -> None:
    """A person reads the registry."""
    assert list(RENDERINGS) == sorted(RENDERINGS)


@pytest.mark.parametrize("name", RENDERINGS)
def test_every_rendering_says_what_it_does(name: str) -> None:
    """In one sentence; its bits are 8 or 16; no name holds what separates a text form."""
    assert RENDERINGS[name].summary.endswith(".")
    assert RENDERINGS[name].bits in {8, 16}
    assert not set(":@,") & set(name)

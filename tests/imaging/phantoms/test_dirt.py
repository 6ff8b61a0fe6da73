"""The faults put into headers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from imaging.phantoms.anatomy import ANATOMY
from imaging.phantoms.dirt import CLEAN, AgeStyle, Dirt, draw_dirt, write_age


def test_every_fault_occurs_and_most_headers_keep_their_term() -> None:
    """Over many draws: clean terms, spellings with a trailing NUL, blanks in both other places."""
    drawn = [draw_dirt(np.random.default_rng(seed), ANATOMY["CHEST"]) for seed in range(400)]
    assert 0.4 < np.mean([dirt.body_part_examined is None for dirt in drawn]) < 0.6
    assert {dirt.body_part_examined for dirt in drawn} >= {None, "", " ", "TORAX", "CHEST\0"}
    assert {dirt.place for dirt in drawn} == {"body_part_examined", "protocol_name", "series_description"}
    assert {dirt.age_style for dirt in drawn} == {"right", "no_unit", "impossible", "blank"}
    for flag in ("padded_patient_id", "birth_date_missing", "private", "manufacturer_missing"):
        assert {getattr(dirt, flag) for dirt in drawn} == {True, False}


def test_a_blank_body_part_is_always_named_elsewhere() -> None:
    """Nothing becomes unknowable."""
    drawn = [draw_dirt(np.random.default_rng(seed), ANATOMY["HAND"]) for seed in range(200)]
    for dirt in drawn:
        blank = dirt.body_part_examined is not None and not dirt.body_part_examined.strip()
        assert blank == (dirt.place != "body_part_examined")


def test_clean_means_no_fault() -> None:
    """The clean header is the default one."""
    assert Dirt() == CLEAN


@pytest.mark.parametrize(("style", "sound"), [("right", True), ("no_unit", False), ("blank", False)])
def test_ages_are_written_in_each_style(style: AgeStyle, sound: bool) -> None:
    """Only the right style has the form of an Age String."""
    assert bool(re.fullmatch(r"\d{3}Y", write_age(7, style))) is sound
    assert write_age(7, "impossible") == "411Y"

"""The page of steps says what the registry says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from preprocessing.recipe import Recipe
from preprocessing.steps import STEPS

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_every_step_has_a_section_and_every_section_a_step() -> None:
    """None is forgotten, none is promised."""
    assert set(SECTIONS) == set(STEPS)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_section_begins_with_default_values_and_depth(name: str) -> None:
    """The first line is the registry's own; then come a sentence and when to use the step."""
    step = STEPS[name]
    values = "; ".join(f"`{key}`: {parameter.expected}" for key, parameter in step.parameters.items())
    depth = "8 bits" if step.is_8_bit else "8 and 16 bits"
    first, *rest = SECTIONS[name].split("\n")
    assert first == f"`{Recipe.parse([name]).texts[0]}` · {values or 'no value'} · {depth}"
    assert "When: " in "\n".join(rest)


def test_the_steps_on_the_page_can_be_read() -> None:
    """Every command and every text in it names real steps, and what are said to be one step are."""
    for text in re.findall(r"--step (\S+)", PAGE):
        Recipe.parse([text])
    same = ["clahe:3", "clahe:3,8", "clahe:tiles=8,clip=3", "clahe:clip=3,tiles=8"]
    assert all(f"`{text}`" in PAGE for text in same)
    assert {Recipe.parse([text]).fingerprint for text in same} == {Recipe.parse(same[:1]).fingerprint}

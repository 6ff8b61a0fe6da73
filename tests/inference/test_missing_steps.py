"""How far pictures have come, and what is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import InferenceError
from inference.missing_steps import Treatment, missing_steps
from preprocessing.recipe import Recipe

STEPS = ["contrast_enhancing:4", "bitwise_downsampling:2", "resize:64x64"]


@given(st.integers(0, 3))
def test_the_rest_of_a_recipe_is_what_its_beginning_lacks(num_done: int) -> None:
    """Whatever first steps were done, done and missing together are the whole recipe."""
    wanted = Treatment("window", Recipe.parse(STEPS))
    done = Treatment("window", Recipe.parse(STEPS[:num_done]))
    rest = missing_steps(done, wanted, source="x")
    assert done.recipe.texts + rest.texts == wanted.recipe.texts


@pytest.mark.parametrize(
    "done",
    [
        STEPS[1:2],
        ["contrast_enhancing:5"],
        [*STEPS, "contrast_enhancing:4"],
    ],
    ids=["not from the beginning", "another value", "more than the recipe"],
)
def test_other_steps_than_the_recipes_are_refused(done: list[str]) -> None:
    """Steps cannot be taken back."""
    wanted = Treatment("window", Recipe.parse(STEPS))
    with pytest.raises(InferenceError, match="do not begin the artifact's recipe"):
        missing_steps(Treatment("window", Recipe.parse(done)), wanted, source="x")


def test_another_rendering_is_refused() -> None:
    """The message names what to export with."""
    with pytest.raises(InferenceError, match=r'rendering "window"\. Received: "percentile"'):
        missing_steps(Treatment("percentile"), Treatment("window"), source="x")


@pytest.mark.parametrize(("done", "wanted"), [(None, "window"), ("window", None), (None, None)])
def test_an_unknown_rendering_counts_as_the_wanted_one(done: str | None, wanted: str | None) -> None:
    """A bare picture counts as rendered."""
    assert missing_steps(Treatment(done), Treatment(wanted), source="x") == Recipe()


@pytest.mark.parametrize(
    ("done", "wanted"),
    [
        ("window:soft_tissue", "window:40,400"),
        ("window:40,400@8", "window:40,400"),
        ("dynamic16@16", "dynamic16"),
    ],
)
def test_renderings_that_make_the_same_pictures_are_the_same(done: str, wanted: str) -> None:
    """However they are written."""
    assert missing_steps(Treatment(done), Treatment(wanted), source="x") == Recipe()


@pytest.mark.parametrize("done", ["window", "window:lung", "window:40,400@16", "of another version"])
def test_another_window_is_another_rendering(done: str) -> None:
    """As are other bits, and a name that this version does not know."""
    with pytest.raises(InferenceError, match='rendering "window:40,400"'):
        missing_steps(Treatment(done), Treatment("window:40,400"), source="x")

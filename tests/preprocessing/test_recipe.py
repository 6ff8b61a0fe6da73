"""Recipes: text, JSON, fingerprint and use."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from foundation.contracts import Config
from foundation.errors import ConfigError, PreprocessingError, UnknownNameError
from preprocessing.recipe import Recipe, StepCall
from preprocessing.step_parameters import SizeParameter
from preprocessing.steps import STEPS, apply_step

CALLS = st.one_of(
    st.builds(StepCall, name=st.sampled_from(sorted(STEPS))),
    st.builds(
        StepCall,
        name=st.sampled_from(sorted(name for name, step in STEPS.items() if step.minimum)).filter(
            lambda name: not isinstance(STEPS[name].parameter, SizeParameter)
        ),
        value=st.integers(-5, 20),
    ),
    st.builds(StepCall, name=st.just("resize"), value=st.tuples(st.integers(1, 99), st.integers(1, 99))),
)


@given(st.lists(CALLS, max_size=4))
def test_a_recipe_survives_text_json_and_pickle(calls: list[StepCall]) -> None:
    """Each form reads back as the same recipe with the same fingerprint."""
    recipe = Recipe(steps=tuple(calls))
    assert Recipe.parse(recipe.texts) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert Recipe.model_validate(recipe.model_dump()) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    assert Recipe.parse(recipe.texts).fingerprint == recipe.fingerprint


def test_texts_that_mean_the_same_have_one_canonical_form() -> None:
    """Defaults are written out, values moved into range, blanks dropped."""
    recipe = Recipe.parse([" contrast_enhancing ", "bitwise_downsampling:99", "resize: 64 ", "invert"])
    assert recipe.texts == ("contrast_enhancing:4", "bitwise_downsampling:8", "resize:64x64", "invert")
    same = Recipe.parse(["contrast_enhancing:4", "bitwise_downsampling:8", "resize:64x64", "invert"])
    assert recipe == same
    assert recipe.fingerprint == same.fingerprint


def test_the_order_of_steps_is_part_of_the_fingerprint() -> None:
    """Two orders are two recipes."""
    assert (
        Recipe.parse(["invert", "grayscale"]).fingerprint != Recipe.parse(["grayscale", "invert"]).fingerprint
    )


def test_a_recipe_stands_in_a_config_as_a_list_of_texts() -> None:
    """What a run file holds is what a config reads and writes."""

    class ExampleConfig(Config):
        recipe: Recipe = Recipe()

    config = ExampleConfig.model_validate({"recipe": ["invert", {"name": "resize", "value": 8}]})
    assert config.model_dump(mode="json") == {"recipe": ["invert", "resize:8x8"]}
    assert ExampleConfig().recipe.texts == ()


def test_apply_runs_the_steps_in_order() -> None:
    """The recipe is the composition of its steps; an empty one changes nothing."""
    image = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    expected = apply_step(apply_step(apply_step(image, "resize", 20), "contrast_enhancing", 2), "invert")
    assert np.array_equal(
        Recipe.parse(["resize:20", "contrast_enhancing:2", "invert"]).apply(image), expected
    )
    assert np.array_equal(Recipe().apply(image), image)


def test_apply_refuses_what_is_no_8_bit_picture() -> None:
    """Stored values must be rendered first."""
    with pytest.raises(PreprocessingError, match="uint16"):
        Recipe().apply(np.zeros((4, 4), np.uint16))


def test_an_unknown_step_is_refused_with_the_known_names() -> None:
    """One line, whether it came as text, as JSON or in a config."""
    with pytest.raises(UnknownNameError, match=r'no step "blur".*Known: bitwise_downsampling'):
        Recipe.parse(["blur:3"])


@pytest.mark.parametrize("text", ["contrast_enhancing:", "contrast_enhancing:high", "resize:4x", "invert:"])
def test_a_wrong_value_names_the_step_and_what_it_takes(text: str) -> None:
    """The message holds the step, the expectation and what came."""
    with pytest.raises(ConfigError, match=f'"{text.partition(":")[0]}".*Expected .*Received: '):
        Recipe.parse([text])


@pytest.mark.parametrize("given", [3, {"name": "invert", "size": 3}, {"value": 3}, {"name": 3}])
def test_a_call_of_another_shape_is_refused(given: object) -> None:
    """Pydantic says which field is wrong."""
    with pytest.raises(ValidationError):
        StepCall.model_validate(given)

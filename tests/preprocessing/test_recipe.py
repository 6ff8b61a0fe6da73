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
from preprocessing.step_parameters import (
    NumberParameter,
    SizeParameter,
    StepParameter,
    WholeParameter,
)
from preprocessing.steps import STEPS, apply_step

FINGERPRINT = "3b2aa7dd85e792038b0540a69e90a357a914e20f85df11e12c41c8c6e5ef7c1d"


def values_of(parameter: StepParameter) -> st.SearchStrategy[object]:
    """Return values that a parameter takes."""
    if isinstance(parameter, SizeParameter):
        return st.tuples(st.integers(1, 99), st.integers(1, 99))
    if isinstance(parameter, NumberParameter):
        return st.floats(parameter.minimum, parameter.maximum)
    if isinstance(parameter, WholeParameter):
        return st.sampled_from(range(parameter.minimum, parameter.maximum + 1, parameter.spacing))
    return st.integers(-5, 20)


CALLS = st.sampled_from(sorted(STEPS)).flatmap(
    lambda name: st.builds(
        StepCall,
        name=st.just(name),
        values=st.one_of(
            st.just(()), st.tuples(*(values_of(parameter) for parameter in STEPS[name].parameters.values()))
        ),
    )
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

    config = ExampleConfig.model_validate({"recipe": ["invert", {"name": "resize", "values": {"size": 8}}]})
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


def test_a_step_of_8_bits_is_refused_where_the_picture_has_16_then() -> None:
    """Depth is held against each step when its turn comes, so `to_8_bits` may stand between."""
    deep = np.full((4, 4), 40_000, np.uint16)
    with pytest.raises(PreprocessingError, match=r"contrast_enhancing.*uint16"):
        Recipe.parse(["invert", "contrast_enhancing"]).apply(deep)
    assert Recipe.parse(["invert", "to_8_bits", "contrast_enhancing"]).apply(deep).dtype == np.uint8
    with pytest.raises(PreprocessingError, match="float32"):
        Recipe().apply(np.zeros((4, 4), np.float32))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("clahe", "clahe:clip=2,tiles=8"),
        ("clahe:3", "clahe:clip=3,tiles=8"),
        ("clahe:3,4", "clahe:clip=3,tiles=4"),
        ("clahe: tiles = 4 , clip = 3.0", "clahe:clip=3,tiles=4"),
        ("clahe:2.50,tiles=4", "clahe:clip=2.5,tiles=4"),
        ("letterbox:64", "letterbox:size=64x64,pad=0"),
        ("resize:size=64", "resize:64x64"),
        ("percentile_clip:high=98", "percentile_clip:low=1,high=98"),
    ],
)
def test_several_values_are_written_by_name_and_in_order(text: str, canonical: str) -> None:
    """However they were given; the canonical text reads as itself."""
    assert Recipe.parse([text]).texts == Recipe.parse([canonical]).texts == (canonical,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clahe:tiles=4,3", "a value without a name follows one with a name"),
        ("clahe:clip=3,clip=3", "names a parameter twice"),
        ("clahe:3,clip=3", 'Expected "clip" once'),
        ("clahe:clip=", 'for "clip" cannot be used'),
        ("clahe:1,2,3", "at most 2 value"),
        ("clahe:clp=3", 'Did you mean "clip"'),
        ("resize:64,48", "at most 1 value"),
    ],
)
def test_texts_that_cannot_be_read_say_why(text: str, says: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ConfigError, match=says):
        Recipe.parse([text])


def test_the_fingerprints_of_released_recipes_stay() -> None:
    """They stand in artifacts: a change here must be one of meaning."""
    assert Recipe.parse(["contrast_enhancing:4", "resize:64x64"]).fingerprint == FINGERPRINT


def test_an_unknown_step_is_refused_with_the_known_names() -> None:
    """One line, whether it came as text, as JSON or in a config."""
    with pytest.raises(UnknownNameError, match=r'no step "blur".*Known: bitwise_downsampling'):
        Recipe.parse(["blur:3"])


@pytest.mark.parametrize("text", ["contrast_enhancing:", "contrast_enhancing:high", "resize:4x", "invert:"])
def test_a_wrong_value_names_the_step_and_what_it_takes(text: str) -> None:
    """The message holds the step, the expectation and what came."""
    with pytest.raises(ConfigError, match=f'"{text.partition(":")[0]}".*Expected .*Received: '):
        Recipe.parse([text])


@pytest.mark.parametrize(
    "given", [3, {"name": "invert", "size": 3}, {"values": 3}, {"name": 3}, {"name": "clahe", "values": 3}]
)
def test_a_call_of_another_shape_is_refused(given: object) -> None:
    """Pydantic says which field is wrong."""
    with pytest.raises(ValidationError):
        StepCall.model_validate(given)

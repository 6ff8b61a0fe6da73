"""The registry of steps: one contract for all of them."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from foundation.errors import ConfigError, PreprocessingError, UnknownNameError
from preprocessing.step_parameters import LevelParameter
from preprocessing.steps import STEPS, apply_step

ALL_LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)
ORIGINALS = ("bitwise_downsampling", "color_quantization", "contrast_enhancing", "target_segmentation")
DEEP = sorted(name for name, step in STEPS.items() if not step.is_8_bit)
SHAPES = [(1, 1), (1, 40), (40, 1), (3, 2), (33, 20), (1, 1, 3), (1, 7, 3), (33, 20, 3)]


def random_picture(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    """Return noise of that shape."""
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)


def check_contract(name: str, image: np.ndarray) -> None:
    """Run a step twice: same picture, of the type that came in, in memory of its own or untouched."""
    image.setflags(write=False)
    kept = image.copy()
    result = apply_step(image, name)
    assert result.dtype == (np.uint8 if name == "to_8_bits" else image.dtype)
    assert result.ndim == 2 or (result.ndim == 3 and result.shape[2] == 3)
    assert result.size
    assert np.array_equal(image, kept)
    assert np.array_equal(apply_step(image, name), result)


@pytest.mark.parametrize("name", sorted(STEPS))
@pytest.mark.parametrize("shape", SHAPES)
def test_every_step_gives_a_picture_of_8_bits_and_leaves_its_input(name: str, shape: tuple[int, ...]) -> None:
    """On read-only noise of odd and tiny sizes, grey and RGB, twice the same."""
    check_contract(name, random_picture(*shape))


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("shape", SHAPES)
def test_steps_of_any_depth_keep_16_bits(name: str, shape: tuple[int, ...]) -> None:
    """Only `to_8_bits` changes the depth."""
    check_contract(name, random_picture(*shape, dtype=np.uint16))


@pytest.mark.parametrize("name", sorted(STEPS))
@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_every_step_takes_a_picture_of_one_level(name: str, level: int) -> None:
    """No division by nothing."""
    check_contract(name, np.full((20, 30), level, np.uint8))
    check_contract(name, np.full((20, 30, 3), level, np.uint8))


@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_step_takes_views_of_larger_arrays(name: str) -> None:
    """Strides of any kind give what a copy gives."""
    image = random_picture(40, 60, 3)
    for view in (image[::2, ::-1], image[5:, 3:, 1], image.transpose(1, 0, 2)):
        assert np.array_equal(apply_step(view, name), apply_step(view.copy(), name))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(set(STEPS) - {"denoise_non_local_means"})),
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))),
)
def test_every_step_keeps_its_contract_on_any_small_picture(name: str, image: np.ndarray) -> None:
    """Whatever the pixels are."""
    check_contract(name, image)


@pytest.mark.parametrize("name", sorted(set(STEPS) - set(DEEP)))
def test_a_step_of_8_bits_refuses_16_and_says_what_helps(name: str) -> None:
    """The formulas count in 256 levels."""
    with pytest.raises(PreprocessingError, match=rf'"{name}" takes pictures of 8 bits.*to_8_bits.*uint16'):
        apply_step(np.zeros((4, 4), np.uint16), name)


def test_the_registry_is_sorted_and_described() -> None:
    """Names are keys, in alphabetical order, each with a summary; parameters are those of the function."""
    assert list(STEPS) == sorted(STEPS)
    for name, step in STEPS.items():
        assert step.name == name
        assert step.summary
        assert list(inspect.signature(step.function).parameters) == ["image", *step.parameters]
        for parameter in step.parameters.values():
            assert parameter.read(parameter.default) == parameter.default
            assert parameter.read(parameter.text(parameter.default)) == parameter.default


def test_the_ranges_and_the_default_are_the_original_s() -> None:
    """1-8, 2-10, 1-10 and 1-10, clamped, 4 without a value; no other step clamps."""
    ranges = {
        name: (parameter.minimum, parameter.maximum, parameter.default)
        for name, step in STEPS.items()
        for parameter in step.parameters.values()
        if isinstance(parameter, LevelParameter)
    }
    assert ranges == {
        "bitwise_downsampling": (1, 8, 4),
        "color_quantization": (2, 10, 4),
        "contrast_enhancing": (1, 10, 4),
        "target_masking": (1, 10, 4),
        "target_segmentation": (1, 10, 4),
    }


def test_no_step_mirrors_or_turns_a_picture() -> None:
    """That would change the side of the body: whatever lies left of a centred mark stays left of it."""
    image = np.full((64, 64), 100, np.uint8)
    image[8:24, 4:12] = 200
    for name, step in STEPS.items():
        result = apply_step(image, name).astype(float)
        grey = result if result.ndim == 2 else result.mean(axis=2)
        height, width = grey.shape
        quarters = [grey[: height // 2, : width // 2], grey[: height // 2, width // 2 :], grey[height // 2 :]]
        spreads = [float(np.ptp(quarter)) for quarter in quarters]
        assert name == "target_segmentation" or step.name == "target_masking" or spreads[0] == max(spreads), (
            name
        )


@pytest.mark.parametrize(
    ("name", "given", "named", "says"),
    [
        ("invert", (3,), {}, 'step "invert" cannot be used. Expected no value'),
        ("clahe", (2, 8, 1), {}, "Expected at most 2 value"),
        ("clahe", (2,), {"clip": 3}, 'Expected "clip" once'),
        ("clahe", (0.5,), {}, 'step "clahe" for "clip" cannot be used. Expected a number from 1 to 100'),
        ("denoise_median", (4,), {}, "Expected one of 3, 5"),
        ("resize", (0,), {}, "HEIGHTxWIDTH"),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, given: tuple, named: dict, says: str) -> None:
    """Each message names the step and what it takes."""
    with pytest.raises(ConfigError, match=says):
        apply_step(ALL_LEVELS, name, *given, **named)


def test_unknown_names_get_the_nearest_one_and_the_list() -> None:
    """A slip of the pen, in a step or a parameter."""
    with pytest.raises(UnknownNameError, match=r'Did you mean "contrast_enhancing".*target_segmentation'):
        apply_step(ALL_LEVELS, "contrast_enhance")
    with pytest.raises(UnknownNameError, match=r'Did you mean "histogram_equalisation"'):
        apply_step(ALL_LEVELS, "histogram_equalization")
    with pytest.raises(UnknownNameError, match=r'no parameter of clahe called "clp". Did you mean "clip"'):
        apply_step(ALL_LEVELS, "clahe", clp=3)

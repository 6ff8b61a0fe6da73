"""Looking a name up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import UnknownNameError
from foundation.registries import look_up, unknown_name_message


@given(st.dictionaries(st.text(min_size=1), st.integers(), min_size=1))
def test_every_registered_name_is_found(registry: dict[str, int]) -> None:
    """And gives its own entry."""
    assert all(look_up(registry, name, kind="model") == entry for name, entry in registry.items())


def test_a_typing_error_gets_the_nearest_name() -> None:
    """And the list of all, sorted."""
    with pytest.raises(
        UnknownNameError, match=r'no model "lenet"\. Did you mean "lenet5"\? Known: alexnet, lenet5\.'
    ):
        look_up({"lenet5": 1, "alexnet": 2}, "lenet", kind="model")


def test_a_name_like_none_of_them_gets_only_the_list() -> None:
    """No guess is better than a wild one."""
    assert (
        unknown_name_message(["window"], "qqq", kind="rendering")
        == 'There is no rendering "qqq". Known: window.'
    )


def test_an_empty_registry_says_none() -> None:
    """The sentence stays one."""
    assert unknown_name_message([], "x", kind="split") == 'There is no split "x". Known: none.'

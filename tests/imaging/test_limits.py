"""Limits are frozen, positive and complete."""

from __future__ import annotations

import pickle

import pytest
from pydantic import ValidationError

from imaging.limits import Limits


def test_limits_cannot_be_changed_after_they_were_made() -> None:
    """A worker's limits are those that the run was started with."""
    with pytest.raises(ValidationError):
        Limits().frames = 1  # type: ignore[misc]


@pytest.mark.parametrize("field", sorted(Limits.model_fields))
def test_a_limit_of_nothing_is_refused(field: str) -> None:
    """Zero would refuse every file."""
    with pytest.raises(ValidationError):
        Limits(**{field: 0})


def test_limits_travel_to_a_worker() -> None:
    """They are part of the settings that are pickled."""
    assert pickle.loads(pickle.dumps(Limits(frames=3))) == Limits(frames=3)

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


def test_larger_frames_may_take_longer() -> None:
    """A small frame that takes seconds is a trap, a large one is a large one."""
    limits = Limits(decoder_seconds=1)
    assert limits.decoder_seconds_for(1000) < 1.1
    assert limits.decoder_seconds_for(20_000_000) > 20


def test_only_large_pictures_are_suspected() -> None:
    """A blank frame of usual size compresses to nothing."""
    limits = Limits()
    assert not limits.is_suspicious_ratio(num_pixels=4096 * 4096, num_samples=4096 * 4096, num_bytes=100)
    assert limits.is_suspicious_ratio(num_pixels=5000 * 5000, num_samples=5000 * 5000, num_bytes=49_000)
    assert not limits.is_suspicious_ratio(num_pixels=5000 * 5000, num_samples=5000 * 5000, num_bytes=51_000)


def test_deflated_bytes_may_grow_a_hundredfold() -> None:
    """Small ones more, none beyond the limit for all."""
    limits = Limits()
    assert limits.inflated_bytes_for(2_000_000) == 200_000_000
    assert limits.inflated_bytes_for(1 << 40) == limits.inflated_bytes

"""What training is asked to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from foundation.errors import UnknownNameError
from training.config import TrainConfig

PATHS = {"records": Path("records"), "artifact": Path("artifact")}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"model": "lenet"}, 'Did you mean "lenet5"'),
        ({"optimizer": "sdg"}, 'Did you mean "sgd"'),
        ({"treatment": "inceptoin"}, 'Did you mean "inception"'),
    ],
)
def test_a_name_that_is_none_is_told_with_the_nearest(values: dict[str, str], says: str) -> None:
    """When the config is made: before anything is read."""
    with pytest.raises(UnknownNameError, match=says):
        TrainConfig.checked({**PATHS, **values})


@pytest.mark.parametrize(
    "values", [{"epochs": 0}, {"seed": -1}, {"channels": 2}, {"learning_rate": 0}, {"patience": 0}]
)
def test_numbers_that_mean_nothing_are_refused(values: dict[str, int]) -> None:
    """No training without an epoch, no picture of two channels."""
    with pytest.raises(ValidationError):
        TrainConfig.model_validate({**PATHS, **values})

"""One opener for each form of files."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from training.checkpoints import places
from training.checkpoints.places import find_place
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


def test_every_form_that_is_found_can_be_opened(tmp_path):
    """Endings, and the two that have none."""
    import_tensorflow()
    from training.checkpoints.opening import OPENERS, open_weights

    assert set(OPENERS) == {*places._ENDINGS.values(), "artifact", "tf1"}
    save_file({"a": np.ones(1, np.float32)}, tmp_path / "a.safetensors")
    assert open_weights(find_place(tmp_path)).naming == "torch"

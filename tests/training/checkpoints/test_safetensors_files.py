"""State dicts in safetensors files."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from foundation.errors import CheckpointError
from training.checkpoints.places import find_place
from training.checkpoints.safetensors_files import open_safetensors


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
def test_a_state_dict_is_read(tmp_path, dtype):
    """In each precision that PyTorch saves."""
    values = np.arange(6).reshape(2, 3).astype(dtype)
    save_file({"fc.weight": values}, tmp_path / "net.safetensors")
    weights = open_safetensors(find_place(tmp_path))
    assert (weights.naming, dict(weights.shapes)) == ("torch", {"fc.weight": (2, 3)})
    assert weights.read("fc.weight").astype(np.float32).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_cut_file_is_one_line(tmp_path):
    """Before anything is read."""
    path = tmp_path / "net.safetensors"
    save_file({"fc.weight": np.ones(100, np.float32)}, path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CheckpointError, match="no safetensors file, or it is cut"):
        open_safetensors(find_place(path))

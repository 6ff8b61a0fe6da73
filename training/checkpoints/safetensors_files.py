"""State dicts of PyTorch in safetensors files."""

from __future__ import annotations

from typing import Any

import ml_dtypes  # noqa: F401 - makes bfloat16 known to numpy
import safetensors
from numpy.typing import NDArray

from foundation.errors import CheckpointError
from training.checkpoints.sources import Place, Weights

# PyTorch counts the batches that a batch norm has seen; nobody reads it.
COUNTER = "num_batches_tracked"


def open_safetensors(place: Place) -> Weights:
    """Open a safetensors file.

    Raises:
        CheckpointError: it is cut, or is none.
    """
    try:
        stream: Any = safetensors.safe_open(place.path, framework="np")
        shapes = {name: tuple(stream.get_slice(name).get_shape()) for name in stream.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise _broken(place) from error

    def read(name: str) -> NDArray[Any]:
        try:
            values: NDArray[Any] = stream.get_tensor(name)
        except (safetensors.SafetensorError, OSError, ValueError, TypeError) as error:
            raise _broken(place) from error
        return values

    return Weights("torch", shapes, read)


def _broken(place: Place) -> CheckpointError:
    return CheckpointError(
        f"{place.path} cannot be read: it is no safetensors file, or it is cut. Copy it again from where it "
        "comes from."
    )

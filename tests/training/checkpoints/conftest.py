"""Checkpoints with weights by formula, written under the names of the original manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.networks.conftest import formula_weights, read_manifest

_KERNELS = ("kernel", "weights")


def original_values(manifest: str, gain: float) -> dict[str, np.ndarray]:
    """Return the values that the golden recipe gives each variable of a manifest."""
    values = {}
    for name, (shape, _) in read_manifest(manifest).items():
        leaf = name.rsplit("/", 1)[1]
        values[name] = formula_weights(name, "kernel" if leaf in _KERNELS else leaf, shape, gain)
    return values


def run_beside(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what a run of TensorFlow 1 keeps beside its variables: slots and counters."""
    kernels = [name for name in values if name.rsplit("/", 1)[1] in _KERNELS]
    slots = {
        f"{name}/{slot}": values[name] for name in kernels[:3] for slot in ("RMSProp", "RMSProp_1", "Adam")
    }
    return {**slots, "global_step": np.int64(8400), "beta1_power": np.float32(0.9)}


@pytest.fixture(scope="session")
def write_with_saver() -> Callable[..., Path]:
    """Write a checkpoint as TensorFlow 1 does: `write(prefix, values, version=2)`."""
    from training.tensorflow_setup import import_tensorflow

    v1 = import_tensorflow().compat.v1

    def write(prefix: Path, values: Mapping[str, Any], *, version: int = 2) -> Path:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        with v1.Graph().as_default(), v1.Session() as session:
            variables = [v1.Variable(value, name=name) for name, value in values.items()]
            session.run(v1.global_variables_initializer())
            v1.logging.set_verbosity(v1.logging.ERROR)
            v1.train.Saver(variables, write_version=version).save(
                session, str(prefix), write_meta_graph=False
            )
        return prefix

    return write


@pytest.fixture(scope="session")
def native18() -> dict[str, np.ndarray]:
    """Values of the official ResNet-18 v1 with seven classes."""
    return original_values("native_resnet18_v1_7cls", 0.7)


@pytest.fixture(scope="session")
def native18_checkpoint(tmp_path_factory, native18, write_with_saver) -> Path:
    """A folder with a V2 checkpoint of it, as a run leaves it behind."""
    folder = tmp_path_factory.mktemp("native18")
    write_with_saver(folder / "model.ckpt-8400", {**native18, **run_beside(native18)})
    return folder


@pytest.fixture(scope="session")
def load() -> Callable[..., Any]:
    """Load a checkpoint: `load(path, name, size=32, ...)`, further words as of `Wish`."""
    from training.tensorflow_setup import import_tensorflow

    import_tensorflow()
    from training.checkpoints.loading import Wish, load_checkpoint
    from training.checkpoints.places import find_place

    def loaded(path: Path, name: str, *, size: int = 32, **more: Any) -> Any:
        return load_checkpoint(find_place(path), Wish(name, size=size, **more))

    return loaded

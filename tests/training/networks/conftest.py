"""Networks with weights by formula, and the manifests of the original checkpoints."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

MANIFESTS = Path(__file__).parent / "manifests"


def generator_of(name: str) -> np.random.Generator:
    """Return the generator that a name seeds."""
    return np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))


def formula_weights(name: str, leaf: str, shape: tuple[int, ...], gain: float) -> np.ndarray:
    """Return the values that the golden recipe gives a variable.

    Args:
        name: of the variable in the original checkpoint; it seeds the values.
        leaf: of its path in Keras.
        shape: of it in Keras.
        gain: of kernels.
    """
    x = generator_of(name).standard_normal(shape)
    if leaf == "kernel":
        x = x * np.sqrt(gain / np.prod(shape[:-1]))
    elif leaf == "moving_variance":
        x = np.exp(0.1 * x)
    else:
        x = (leaf == "gamma") + 0.1 * x
    return x.astype(np.float32)


@pytest.fixture(scope="session")
def build() -> Callable[..., Any]:
    """Build a network: `build(name, side, channels=3, num_classes=7, ...)`."""
    from training.tensorflow_setup import import_tensorflow

    import_tensorflow()
    from training.networks.registry import build_model

    def made(
        name: str,
        side: int,
        *,
        channels: int = 3,
        num_classes: int = 7,
        width: int | None = None,
        **more: Any,
    ) -> Any:
        return build_model(
            name, height=side, width=width or side, channels=channels, num_classes=num_classes, **more
        )

    return made


@pytest.fixture(scope="session")
def build_once(build: Callable[..., Any]) -> Callable[..., Any]:
    """Build a network, or give back the last one if it is the same; its weights are anybody's."""
    return lru_cache(maxsize=1)(lambda name, side, channels: build(name, side, channels=channels))


@pytest.fixture(scope="session")
def golden_logits(build_once: Callable[..., Any]) -> Callable[..., list[np.ndarray]]:
    """Return the first row of each output of a network whose weights and input are by formula."""
    import keras

    from training.networks.registry import MODELS

    def logits(name: str, side: int, *, channels: int = 3, gain: float = 0.7) -> list[np.ndarray]:
        model = build_once(name, side, channels)
        names = MODELS[name].checkpoint_names(model)
        for weight in model.weights:
            leaf = weight.path.rsplit("/", 1)[1]
            weight.assign(formula_weights(names[weight.path], leaf, tuple(weight.shape), gain))
        # The originals were fed behind their input pipeline.
        network = keras.Model(model.get_layer("input_treatment").output, model.outputs)
        values = generator_of("input").uniform(-1, 1, (2, side, side, channels)).astype(np.float32)
        outputs = network(values, training=False)
        return [np.asarray(each)[0] for each in (outputs if isinstance(outputs, list) else [outputs])]

    return logits


def read_manifest(name: str) -> dict[str, tuple[tuple[int, ...], bool]]:
    """Return shape and whether it trains of each variable of an original graph, by its name."""
    with (MANIFESTS / f"{name}.csv").open() as stream:
        return {
            row["name"]: (tuple(int(side) for side in row["shape"].split("x")), row["trainable"] == "1")
            for row in csv.DictReader(stream)
        }


@pytest.fixture(scope="session")
def held_against_manifest(build_once: Callable[..., Any]) -> Callable[..., None]:
    """See that a network's variables are those of a manifest: names, shapes and which of them train."""
    from training.networks.registry import MODELS

    def hold(name: str, side: int, manifest: str) -> None:
        model = build_once(name, side, 3)
        names = MODELS[name].checkpoint_names(model)
        trained = {weight.path for weight in model.trainable_weights}
        assert len(set(names.values())) == len(names) == len(model.weights)
        found = {
            names[weight.path]: (tuple(weight.shape), weight.path in trained) for weight in model.weights
        }
        assert found == read_manifest(manifest)

    return hold

"""The optimizers that can be named, with the learning rate each starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.registries import look_up
from training.tensorflow_setup import import_tensorflow


@dataclass(frozen=True)
class OptimizerEntry:
    """One optimizer.

    Attributes:
        keras_class: its class in `keras.optimizers`.
        default_learning_rate: when the user names none.
        constants: what it is made with beside the rate.
    """

    keras_class: str
    default_learning_rate: float
    constants: Mapping[str, Any] = field(default_factory=dict)


OPTIMIZERS: dict[str, OptimizerEntry] = {
    "adadelta": OptimizerEntry("Adadelta", 1.0),
    "adagrad": OptimizerEntry("Adagrad", 0.01),
    "adam": OptimizerEntry("Adam", 0.001),
    "adamw": OptimizerEntry("AdamW", 0.001),
    "ftrl": OptimizerEntry("Ftrl", 0.01),
    "momentum": OptimizerEntry("SGD", 0.01, {"momentum": 0.9}),
    "nesterov": OptimizerEntry("SGD", 0.01, {"momentum": 0.9, "nesterov": True}),
    "rmsprop": OptimizerEntry("RMSprop", 0.001),
    "sgd": OptimizerEntry("SGD", 0.01),
}


def default_learning_rate(name: str) -> float:
    """Return the learning rate that an optimizer starts from when the user names none.

    Raises:
        UnknownNameError: no such optimizer.

    Example:
        >>> default_learning_rate("adam")
        0.001
    """
    return look_up(OPTIMIZERS, name, kind="optimizer").default_learning_rate


def build_optimizer(name: str, learning_rate: float | None = None) -> Any:
    """Make a Keras optimizer.

    Args:
        name: a key of OPTIMIZERS.
        learning_rate: None for the optimizer's own.

    Raises:
        UnknownNameError: no such optimizer.
    """
    entry = look_up(OPTIMIZERS, name, kind="optimizer")
    import_tensorflow()
    from keras import optimizers  # noqa: PLC0415 - names are read without TensorFlow

    rate = entry.default_learning_rate if learning_rate is None else learning_rate
    return getattr(optimizers, entry.keras_class)(learning_rate=rate, **entry.constants)

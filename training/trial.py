"""One real training step, to see that TensorFlow works on this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass

from training.tensorflow_setup import import_tensorflow


@dataclass(frozen=True)
class Trial:
    """How the step went.

    Attributes:
        version: of TensorFlow.
        devices: those that it sees (`CPU:0`, `GPU:0`).
        seconds: import included, if it was not imported before.
    """

    version: str
    devices: tuple[str, ...]
    seconds: float


def try_one_step() -> Trial:
    """Fit LeNet-5 to four blank pictures for one step.

    Raises:
        TrainingError: TensorFlow is not installed.
        Exception: whatever a broken installation raises.
    """
    started = time.perf_counter()
    tensorflow = import_tensorflow()
    import numpy as np  # noqa: PLC0415 - beside TensorFlow, which is imported late

    from training.networks.registry import build_model  # noqa: PLC0415 - as above

    model = build_model("lenet5", height=32, width=32, channels=1, num_classes=2)
    with tensorflow.GradientTape() as tape:
        loss = tensorflow.reduce_mean(model(np.zeros((4, 32, 32, 1), np.float32), training=True) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    if any(gradient is None for gradient in gradients):
        raise RuntimeError("a variable has no gradient")
    devices = tuple(
        device.name.removeprefix("/physical_device:") for device in tensorflow.config.list_physical_devices()
    )
    return Trial(tensorflow.__version__, devices, time.perf_counter() - started)

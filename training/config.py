"""What the door of training is asked to do."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from foundation.contracts import Config
from foundation.registries import look_up
from training.networks.head_config import HeadConfig
from training.networks.plan import ChannelOrder
from training.networks.registry import model_entry
from training.networks.treatments import OWN, TREATMENTS
from training.optimizers import OPTIMIZERS


class TrainConfig(Config):
    """What to train on what.

    Attributes:
        records: folder of a record set.
        artifact: folder to write.
        model: a name in `training.networks.registry.MODELS`, a `.keras` file or `module:function`.
        head: between the network's last feature map and the logits.
        treatment: of the input, a name in `training.networks.treatments.TREATMENTS`; None for the network's.
        channel_order: that a backbone of one's own works in.
        weights: to start from: "imagenet" where Keras offers them; an artifact or a `.keras` file of the same
            network, whose head stays out where it differs; None for fresh ones.
        epochs: at most.
        batch_size: pictures a step, over all devices.
        learning_rate: None for the optimizer's own.
        optimizer: a name in `training.optimizers.OPTIMIZERS`.
        image_size: side of the square input; None for the records' own size where they share one that
            is not larger than the model's default, else that default.
        channels: 1 or 3; None for the records' own.
        weight_decay: the loss gains weight_decay * sum(w^2) / 2 over kernels.
        patience: epochs without a lower validation loss after which training ends.
        seed: of weights and shuffling; the same seed gives the same weights on the same machine.
        precision: of the numbers.
        overwrite: replace what stands at `artifact`.
    """

    records: Path
    artifact: Path
    model: str = "lenet5"
    head: HeadConfig = Field(default_factory=HeadConfig)
    treatment: str | None = None
    weights: Literal["imagenet"] | Path | None = None
    channel_order: ChannelOrder = "channels_last"
    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=32, ge=1)
    learning_rate: float | None = Field(default=None, gt=0)
    optimizer: str = "adam"
    image_size: int | None = Field(default=None, ge=1)
    channels: Literal[1, 3] | None = None
    weight_decay: float = Field(default=0.0, ge=0)
    patience: int = Field(default=5, ge=1)
    seed: int = Field(default=0, ge=0, lt=1 << 32)
    precision: Literal["float32"] = "float32"
    overwrite: bool = False

    @field_validator("model")
    @classmethod
    def _model_is_known(cls, name: str) -> str:
        model_entry(name)
        return name

    @field_validator("treatment")
    @classmethod
    def _treatment_is_known(cls, name: str | None) -> str | None:
        if name is not None:
            look_up({**TREATMENTS, OWN: None}, name, kind="input treatment")
        return name

    @field_validator("optimizer")
    @classmethod
    def _optimizer_is_known(cls, name: str) -> str:
        look_up(OPTIMIZERS, name, kind="optimizer")
        return name

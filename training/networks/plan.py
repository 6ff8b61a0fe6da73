"""The plan of one model: what every family's builder is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from training.networks.head_config import HeadConfig

ChannelOrder = Literal["channels_last", "channels_first"]


@dataclass(frozen=True)
class ModelPlan:
    """What to build, checked by `registry.build_model`.

    Attributes:
        name: of the model.
        height: of the input, in pixels.
        width: of the input, in pixels.
        channels: 1 or 3.
        num_classes: number of logits.
        weight_decay: the loss gains weight_decay * sum(w^2) / 2 over kernels.
        treatment: a name in `treatments.TREATMENTS`; "own" where a network brings its own.
        head: between the feature map and the logits.
        classes: names in index order; only needed where the head knows parents.
        weights: "imagenet", or None for fresh ones.
        channel_order: of a foreign backbone's inside.
    """

    name: str
    height: int
    width: int
    channels: int
    num_classes: int
    weight_decay: float = 0.0
    treatment: str = "unit"
    head: HeadConfig = field(default_factory=HeadConfig)
    classes: tuple[str, ...] = ()
    weights: str | None = None
    channel_order: ChannelOrder = "channels_last"

    @property
    def parent_indices(self) -> tuple[int | None, ...]:
        """Index of each class's parent; None for a class without one."""
        places = {name: index for index, name in enumerate(self.classes)}
        return tuple(places.get(self.head.parents.get(name, "")) for name in self.classes)

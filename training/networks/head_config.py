"""What stands between a network's last feature map and its logits, as a config; nothing here needs Keras."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from foundation.contracts import Config

Pooling = Literal["own", "avg", "max", "gem"]
ActivationName = Literal["softmax", "sigmoid"]

# Weight of the auxiliary classifier's loss beside the main one's.
# Source: Szegedy et al. 2015 give 0.3; TF-slim's training script 0.4.
AUXILIARY_WEIGHT = 0.4


class HeadConfig(Config):
    """The head of a network; what is left at its default is as in the network's paper.

    Attributes:
        pooling: over height and width: mean, maximum, GeM (a generalised mean with one trainable
            exponent a channel), or the network's own, which may be dense layers on the whole map.
        dropout: share of pooled features dropped in training; None for the network's own.
        mlp_layers: units of dense layers with ReLU before the logits.
        mlp_dropout: share dropped after each of them.
        activation: what turns logits into probabilities; None for the record set's: softmax for
            single-label, sigmoid for multi-label. The model itself always gives logits.
        auxiliary_weight: of the auxiliary classifier's loss, in networks that have one.
        parents: class to parent class. A child's probability is its parent's times its own sigmoid,
            so that it never exceeds its parent's; this needs sigmoids.

    Setting `pooling` or `mlp_layers` replaces a head of dense layers on the whole map.

    Example:
        >>> HeadConfig(pooling="gem", mlp_layers=(512, 512)).keeps_own
        False
    """

    pooling: Pooling = "own"
    dropout: float | None = Field(default=None, ge=0, lt=1)
    mlp_layers: tuple[Annotated[int, Field(ge=1)], ...] = ()
    mlp_dropout: float = Field(default=0.0, ge=0, lt=1)
    activation: ActivationName | None = None
    auxiliary_weight: float = Field(default=AUXILIARY_WEIGHT, ge=0)
    parents: dict[str, str] = Field(default_factory=dict)

    @field_validator("parents")
    @classmethod
    def _parents_are_a_tree(cls, parents: dict[str, str]) -> dict[str, str]:
        for child in parents:
            above, seen = child, set()
            while above in parents:
                if above in seen:
                    raise ValueError(
                        f'"{above}" is its own ancestor; a class has at most one parent above it'
                    )
                seen.add(above)
                above = parents[above]
        return parents

    @property
    def keeps_own(self) -> bool:
        """The network's own layers lead to the logits."""
        return self.pooling == "own" and not self.mlp_layers

    def activation_for(self, kind: str) -> ActivationName:
        """Return what turns logits into probabilities for a kind of records.

        Args:
            kind: "single_label" or "multi_label".

        Example:
            >>> HeadConfig().activation_for("multi_label")
            'sigmoid'
        """
        return self.activation or ("softmax" if kind == "single_label" else "sigmoid")

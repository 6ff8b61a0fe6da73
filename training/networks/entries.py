"""What the registry holds of each network."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from training.networks.plan import ModelPlan

KerasModel = Any
NetworkBuilder = Callable[[ModelPlan], KerasModel]
NamesOfVariables = Callable[[KerasModel], dict[str, str]]

# Whose variables a checkpoint's names are.
CheckpointForm = Literal["tf_slim", "tf_native", "timm", "torchvision"]


@dataclass(frozen=True)
class ModelEntry:
    """One network.

    Attributes:
        build: gives the model of a plan.
        family: section of the networks' page.
        default_size: side of the square input when nobody names one, in pixels.
        minimum_size: smallest legal side, in pixels.
        treatment: of the input, a key of `treatments.TREATMENTS`, or "own".
        summary: one line for lists.
        source: the paper, with the form that is built.
        feature_map: name of the layer that gives the last spatial feature map.
        auxiliary: the model gives auxiliary logits, too.
        imagenet: Keras offers weights trained on ImageNet.
        fixed_treatment: the input treatment cannot be exchanged.
        checkpoint_form: whose checkpoints fit; None where there are none.
        checkpoint_names: gives the name of each variable there, by its path in the model.
    """

    build: NetworkBuilder
    family: str
    default_size: int
    minimum_size: int
    treatment: str
    summary: str
    source: str
    feature_map: str = "feature_map"
    auxiliary: bool = False
    imagenet: bool = False
    fixed_treatment: bool = False
    checkpoint_form: CheckpointForm | None = None
    checkpoint_names: NamesOfVariables | None = None


def built_by(family: str, function: str, /, **variant: Any) -> NetworkBuilder:
    """Return a builder that imports its family only when it is called."""

    def build(plan: ModelPlan) -> KerasModel:
        return _function_of(family, function)(plan, **variant)

    return build


def named_by(family: str, /, **variant: Any) -> NamesOfVariables:
    """Return the names of variables by a family's `checkpoint_names`, imported only when called."""

    def names(model: KerasModel) -> dict[str, str]:
        found: dict[str, str] = _function_of(family, "checkpoint_names")(model, **variant)
        return found

    return names


def _function_of(family: str, function: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(importlib.import_module(f"training.networks.{family}"), function)
    return found

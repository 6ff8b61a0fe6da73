"""The networks of keras.applications, used and not rewritten, laid out flat."""

from __future__ import annotations

import sys
import warnings
from contextlib import redirect_stdout
from typing import Any

import keras
from keras import layers

from foundation.errors import TrainingError
from training.networks.flattening import last_layer_of, lay_out
from training.networks.heads import FEATURE_MAP, classify, make_model, pool, with_parents
from training.networks.plan import ModelPlan
from training.networks.treatments import OWN, treat

_RGB = 3

Tensor = Any


def build_application(
    plan: ModelPlan, *, function: str, own_treatment: bool = False, own_dropout: float = 0.0
) -> keras.Model:
    """Build a network of keras.applications.

    With fresh weights and no head asked for, the layers up to the logits are Keras' own. With
    ImageNet's weights the head is new: pooling, dropout and one dense layer.

    Args:
        plan: of the model.
        function: name in keras.applications.
        own_treatment: the function can bring its own input treatment (`include_preprocessing`).
        own_dropout: before the logits.

    Raises:
        TrainingError: ImageNet's weights cannot be fetched.
    """
    pictures = keras.Input((plan.height, plan.width, plan.channels), name="pictures")
    keeps_top = plan.head.keeps_own and plan.head.dropout is None and plan.weights is None
    # ImageNet's first kernels want three channels: a grey picture is repeated.
    channels = _RGB if plan.weights else plan.channels
    settings: dict[str, Any] = {"include_preprocessing": plan.treatment == OWN} if own_treatment else {}
    model = _fetched(
        function,
        plan,
        include_top=keeps_top,
        input_shape=(plan.height, plan.width, channels),
        classes=plan.num_classes,
        classifier_activation=None,
        **settings,
    )
    outputs = lay_out(
        model,
        plan,
        pictures,
        _treated(plan, pictures, channels),
        mark=_reducing_layer(model) if keeps_top else None,
        keep_weights=plan.weights is not None,
    )
    if keeps_top:
        return make_model(plan, pictures, with_parents(plan, outputs))
    x = layers.Identity(name=FEATURE_MAP)(outputs)
    return make_model(plan, pictures, classify(plan, pool(plan, x), own_dropout=own_dropout))


def _fetched(function: str, plan: ModelPlan, **settings: Any) -> keras.Model:
    """Return Keras' model; its weights are fetched over the network where the plan wants them.

    Raises:
        TrainingError: they cannot be fetched.
    """
    try:
        # Keras tells of a download on standard output, where a report may go.
        with redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`input_shape` is undefined or non-square")
            return getattr(keras.applications, function)(weights=plan.weights, **settings)
    except Exception as error:
        # Keras raises a bare Exception for this one.
        if plan.weights is None or "URL fetch failure" not in str(error):
            raise
        raise TrainingError(
            f"ImageNet's weights of {plan.name} cannot be fetched: Keras downloads them once and keeps "
            "them, but no answer came. Connect this machine, copy the files into .keras/models of your home, "
            "or train with fresh weights (leave `weights` out)."
        ) from error


def _treated(plan: ModelPlan, pictures: Tensor, channels: int) -> Tensor:
    x = pictures
    if channels != plan.channels:
        x = layers.Concatenate(name="input_grey_to_rgb")([pictures] * channels)
    return x if plan.treatment == OWN else treat(x, plan.treatment)


def _reducing_layer(model: keras.Model) -> layers.Layer | None:
    """Return the layer that takes the last feature map: the last global mean, or in VGG the flattening."""
    last = last_layer_of(model, layers.GlobalAveragePooling2D)
    return last if last is not None else last_layer_of(model, layers.Flatten)

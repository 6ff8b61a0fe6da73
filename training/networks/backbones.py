"""Any Keras model that gives a feature map, from a file or from a function, under one of our heads."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import keras
from keras import layers

from foundation.errors import ConfigError
from training.networks.flattening import lay_out
from training.networks.heads import FEATURE_MAP, classify, make_model, pool
from training.networks.plan import ModelPlan
from training.networks.treatments import treat

_MAP_RANK = 4

Tensor = Any


def build_backbone(plan: ModelPlan, *, place: str) -> keras.Model:
    """Build a head on somebody else's backbone.

    Args:
        plan: of the model; its treatment comes before the backbone, its channel order is the backbone's.
        place: a `.keras` file, or `module:function`; the function is called with `input_shape` in the
            plan's channel order and returns a Keras model.

    Raises:
        ConfigError: there is no such thing, or it takes or gives something else.
    """
    pictures = keras.Input((plan.height, plan.width, plan.channels), name="pictures")
    first = plan.channel_order == "channels_first"
    backbone = _open_file(Path(place)) if place.endswith(".keras") else _call_function(place, plan)
    wanted = _wanted_channels(backbone, plan, place)
    x = pictures
    if wanted != plan.channels:
        x = layers.Concatenate(name="input_grey_to_rgb")([pictures] * wanted)
    x = treat(x, plan.treatment)
    if first:
        x = layers.Permute((3, 1, 2), name="input_channels_first")(x)
    if isinstance(backbone, keras.Sequential) or _is_functional(backbone):
        x = lay_out(backbone, plan, pictures, x, keep_weights=True)
    else:
        x = backbone(x)
    if len(x.shape) != _MAP_RANK or None in x.shape[1:]:
        raise ConfigError(
            f"The backbone {place} gives no feature map: expected [batch, height, width, channels] "
            "(or channels first) of a known size. Cut its head off. "
            f"Received: {tuple(x.shape)}"
        )
    adapter = layers.Permute((2, 3, 1), name=FEATURE_MAP) if first else layers.Identity(name=FEATURE_MAP)
    return make_model(plan, pictures, classify(plan, pool(plan, adapter(x))))


def _open_file(path: Path) -> keras.Model:
    if not path.is_file():
        raise ConfigError(
            f"There is no backbone at {path}: expected a .keras file that Keras has saved. Check the path."
        )
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, TypeError, ValueError, KeyError) as error:
        raise ConfigError(
            f"The backbone {path} cannot be loaded by the installed Keras: it is cut, or holds layers that "
            "Keras does not know. Save it again with this version, from Keras' own layers."
        ) from error


def _call_function(place: str, plan: ModelPlan) -> keras.Model:
    module, _, function = place.partition(":")
    try:
        build = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f'There is no backbone "{place}": expected MODULE:FUNCTION that Python can import. '
            f"Put the module's folder into PYTHONPATH. Received: {error}."
        ) from error
    last = (plan.height, plan.width, plan.channels)
    shape = last if plan.channel_order == "channels_last" else (last[2], *last[:2])
    _check_function(build, place)
    model = build(input_shape=shape)
    if not isinstance(model, keras.Model):
        raise ConfigError(
            f"The function {place} gives no Keras model: expected one that ends in a feature map. "
            f"Received: {type(model).__name__}"
        )
    return model


def _check_function(build: Any, place: str) -> None:
    """Refuse what cannot be called with `input_shape`, before it is called.

    Raises:
        ConfigError: it is no function, or one of other parameters.
    """
    try:
        inspect.signature(build).bind(input_shape=())
    except TypeError as error:
        raise ConfigError(
            f"{place} cannot be called with input_shape=(height, width, channels), which gives the backbone: "
            f"{error}."
        ) from error
    except ValueError:
        return  # of some that are written in C nothing is known


def _wanted_channels(backbone: keras.Model, plan: ModelPlan, place: str) -> int:
    """Return the number of channels that a backbone takes.

    Raises:
        ConfigError: it takes another size, or channels that pictures cannot be made into.
    """
    shape = tuple(getattr(backbone, "input_shape", None) or (None,) * _MAP_RANK)
    if len(shape) != _MAP_RANK:
        raise ConfigError(f"The backbone {place} takes no pictures. Received: inputs of shape {shape}")
    _, height, width, channels = shape
    if plan.channel_order == "channels_first":
        _, channels, height, width = shape
    fits = (height or plan.height, width or plan.width) == (plan.height, plan.width)
    if not fits or channels not in {None, plan.channels, 3}:
        raise ConfigError(
            f"The backbone {place} does not take these pictures: it wants {height or 'any'} x "
            f"{width or 'any'} x {channels or 'any'}. Choose the image size and channels it wants. "
            f"Received: {plan.height} x {plan.width} x {plan.channels}"
        )
    return channels or plan.channels


def _is_functional(model: keras.Model) -> bool:
    """Tell whether a model's layers can be laid out one by one."""
    return type(model) is keras.Model or type(model).__name__ == "Functional"

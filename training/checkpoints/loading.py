"""From a checkpoint to a Keras model: built, compared, filled; whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from foundation.errors import CheckpointError, ConfigError
from training.checkpoints.keras_files import treatment_of
from training.checkpoints.lookalikes import Lookalike, look_at
from training.checkpoints.matching import check_finite, compare, is_summed, keras_shape, keras_values, refuse
from training.checkpoints.names import auxiliary_paths, head_paths, kernel_of_head, names_in
from training.checkpoints.opening import open_weights
from training.checkpoints.safetensors_files import COUNTER
from training.checkpoints.sources import Place, Shape, Weights
from training.checkpoints.tf1_files import AVERAGE, beside_variables
from training.networks.heads import HEAD_PREFIX
from training.networks.registry import build_model, model_entry

_AUXILIARY_PARTS = ("InceptionV4/AuxLogits/", "AuxLogits.")
_IMAGE_RANK = 4
# Of last layers, in the forms that can be imported.
_HEAD_BIASES = (
    *("/logits/biases", "/Logits/biases", "resnet_model/dense/bias"),
    *("classifier.6.bias", "fc.bias", "last_linear.bias"),
)


@dataclass(frozen=True)
class Wish:
    """What to make of a checkpoint.

    Attributes:
        name: of the network, a key of MODELS.
        size: side of the input in pixels; None for the network's.
        channels: 1 or 3; None for the checkpoint's.
        num_classes: None for the checkpoint's.
        replaces_head: the last layer stays fresh.
        averages: take moving averages where there are any.
        treatment: of the input; None for the network's.
        seed: of fresh weights.
    """

    name: str
    size: int | None = None
    channels: int | None = None
    num_classes: int | None = None
    replaces_head: bool = False
    averages: bool = False
    treatment: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Loaded:
    """A model with a checkpoint's weights.

    Attributes:
        model: of Keras.
        num_loaded: weights taken from the checkpoint.
        notes: what the user should know.
    """

    model: keras.Model
    num_loaded: int
    notes: tuple[str, ...]


def load_checkpoint(place: Place, wish: Wish) -> Loaded:
    """Build a network and fill it with the weights of a checkpoint.

    Raises:
        CheckpointError: the checkpoint cannot be read or does not fit, with what does not.
        ConfigError: the number of classes or the input treatment contradicts the checkpoint's.
        UnknownNameError: no such network or treatment.
    """
    return _Loading(open_weights(place), wish).load()


class _Loading:
    """One checkpoint on its way into one network."""

    def __init__(self, weights: Weights, wish: Wish) -> None:
        self._weights = weights
        self._wish = wish
        self._entry = model_entry(wish.name)
        self._notes: list[str] = []

    def load(self) -> Loaded:
        """Return the filled model."""
        model = self._build()
        names = self._names(model)
        # Beside a moving average stands the variable itself.
        plain = {name.removesuffix(AVERAGE) for name in names.values()}
        ignored = self._beside | self._gammas(names) | (plain - set(names.values()))
        dropped = self._dropped(model, names)
        ignored |= {names[path] for path in dropped if path in names} | self._extra_heads()
        wanted = {path: name for path, name in names.items() if path not in dropped}
        shapes = _shapes(model)
        misfit = compare(
            self._weights, wanted, shapes, ignored=ignored, sums_channels=self._wish.channels == 1
        )
        if misfit:
            raise refuse(self._wish.name, misfit, self._look())
        is_grey = self._sums_channels(wanted, shapes)
        if is_grey:
            self._notes.append("The first kernel on three channels was summed to one for grey pictures.")
        else:
            # A treatment of grey pictures has other numbers than the same one of colours.
            self._check_treatment(model)
        # Everything is read before anything is changed.
        values = {
            path: keras_values(self._weights.read(name), shapes[path], self._weights.naming)
            for path, name in wanted.items()
        }
        check_finite(values, wanted)
        self._fold_gammas(values, wanted)
        for weight in model.weights:
            if weight.path in values:
                weight.assign(values[weight.path])
        return Loaded(model, len(values), tuple(self._notes))

    @property
    def _beside(self) -> set[str]:
        """Names that are no variables of the network."""
        names = self._weights.shapes
        if self._weights.naming == "tf1":
            return beside_variables(names)
        return {name for name in names if name.rsplit(".", 1)[-1] == COUNTER}

    def _look(self) -> Lookalike | None:
        """Return what the checkpoint looks like."""
        return look_at(self._weights, beside=self._beside)

    def _plain_names(self, model: keras.Model) -> dict[str, str]:
        """Return the name of each weight in the checkpoint."""
        return names_in(self._weights.naming, self._wish.name, self._entry, model, look=self._look)

    def _build(self) -> keras.Model:
        """Return the network with as many classes and channels as the checkpoint, or the wish, has."""
        wish = self._wish
        guessed = (wish.num_classes or self._likely_classes(), wish.channels or 3)
        skeleton = self._build_with(*guessed)
        names = self._plain_names(skeleton)
        num_classes = self._num_classes(skeleton, names)
        channels = wish.channels or self._num_channels(skeleton, names)
        if (num_classes, channels) == guessed:
            return skeleton
        return self._build_with(num_classes, channels)

    def _likely_classes(self) -> int:
        """Return the number of classes by the usual names of heads, so that one build is mostly enough."""
        shapes = self._weights.shapes
        found = {
            shape[0] for name, shape in shapes.items() if name.endswith(_HEAD_BIASES) and len(shape) == 1
        }
        return max(1, found.pop()) if len(found) == 1 else 1

    def _build_with(self, num_classes: int, channels: int) -> keras.Model:
        keras.utils.set_random_seed(self._wish.seed)
        side = self._wish.size or self._entry.default_size
        return build_model(
            self._wish.name,
            height=side,
            width=side,
            channels=channels,
            num_classes=num_classes,
            treatment=self._wish.treatment,
        )

    def _num_classes(self, model: keras.Model, names: Mapping[str, str]) -> int:
        """Return the number of logits: that of the checkpoint, unless its head is replaced."""
        asked, path = self._wish.num_classes, kernel_of_head(model)
        found = self._found_shape(model, path, names)
        if asked is None:
            if found is None and self._wish.replaces_head:
                raise ConfigError("The checkpoint has no head to count classes by: give --classes.")
            return found[-1] if found else 1
        if found is not None and found[-1] != asked and not self._wish.replaces_head:
            raise ConfigError(
                f"The checkpoint tells {found[-1]} classes apart, and {asked} were asked for. Pass "
                "--head replace to leave its last layer out, or leave --classes out to keep it."
            )
        return asked

    def _num_channels(self, model: keras.Model, names: Mapping[str, str]) -> int:
        """Return how many channels the checkpoint's first kernel takes."""
        first = next((weight.path for weight in model.weights if len(weight.shape) == _IMAGE_RANK), None)
        found = self._found_shape(model, first, names) if first else None
        return 1 if found and len(found) == _IMAGE_RANK and found[2] == 1 else 3

    def _found_shape(self, model: keras.Model, path: str, names: Mapping[str, str]) -> Shape | None:
        """Return a weight's shape in the checkpoint, in Keras' order."""
        shape = self._weights.shapes.get(names.get(path, ""))
        return None if shape is None else keras_shape(shape, len(_shapes(model)[path]), self._weights.naming)

    def _names(self, model: keras.Model) -> dict[str, str]:
        """Return the name of each weight to take, that of its moving average where it is asked for."""
        names = self._plain_names(model)
        if not self._wish.averages:
            return names
        averaged = {path for path, name in names.items() if name + AVERAGE in self._weights.shapes}
        if not averaged:
            raise CheckpointError(
                "The checkpoint holds no moving averages of this network's variables: leave "
                "--moving-averages out to take the variables themselves."
            )
        trained = {weight.path for weight in model.trainable_weights}
        without = [names[path] for path in names if path in trained - averaged]
        if without:
            self._notes.append(
                f"{len(without)} variables have no moving average, and were taken themselves: "
                f"{', '.join(without)}"
            )
        return {path: name + AVERAGE if path in averaged else name for path, name in names.items()}

    def _dropped(self, model: keras.Model, names: Mapping[str, str]) -> set[str]:
        """Return the paths that stay fresh: a replaced head, and an auxiliary one that does not fit."""
        dropped: set[str] = set()
        if self._wish.replaces_head:
            dropped |= head_paths(model)
            self._notes.append("The head is fresh: train the model before it predicts.")
        auxiliary = auxiliary_paths(model)
        shapes = _shapes(model)
        checked = auxiliary - dropped
        found = {path: self._found_shape(model, path, names) for path in checked}
        if auxiliary and not any(found.values()):
            self._notes.append("The checkpoint has no auxiliary head: it stays fresh.")
            dropped |= auxiliary
        elif any(shape is not None and shape != shapes[path] for path, shape in found.items()):
            self._notes.append(
                "The checkpoint's auxiliary head is of another input size: it is left out and stays fresh."
            )
            dropped |= auxiliary
        return dropped

    def _extra_heads(self) -> set[str]:
        """Return names of heads that the network has not: an auxiliary one, or layers of a replaced one."""
        names: set[str] = set()
        if not self._entry.auxiliary:
            names = {name for name in self._weights.shapes if name.startswith(_AUXILIARY_PARTS)}
            if names - self._beside:
                self._notes.append(
                    f"The checkpoint's auxiliary head is left out; {self._wish.name} has none."
                )
        if self._wish.replaces_head and self._weights.naming == "keras":
            names |= {name for name in self._weights.shapes if name.startswith(HEAD_PREFIX)}
        return names

    def _gammas(self, names: Mapping[str, str]) -> set[str]:
        """Return names of batch norm's gammas in timm's Inception v4, which TF-slim's has not."""
        if self._weights.naming != "torch" or self._entry.family != "inception_v4":
            return set()
        return {_gamma_of(name) for path, name in names.items() if path.endswith("/moving_mean")}

    def _fold_gammas(self, values: dict[str, NDArray[np.float32]], wanted: Mapping[str, str]) -> None:
        """Multiply kernels and means by gammas that are not one.

        gamma (w x - mean) / deviation is (gamma w x - gamma mean) / deviation, so predictions are the same.
        """
        gammas = self._gammas(wanted)
        num_folded = 0
        for path, name in wanted.items():
            if path.endswith("/moving_mean") and _gamma_of(name) in gammas & set(self._weights.shapes):
                gamma = self._weights.read(_gamma_of(name)).astype(np.float32)
                if (gamma != 1).any():
                    kernel = path.replace(".BatchNorm/moving_mean", "/kernel")
                    values[kernel] = values[kernel] * gamma
                    values[path] = values[path] * gamma
                    num_folded += 1
        if num_folded:
            self._notes.append(
                f"{num_folded} batch norms have gammas other than 1, which Inception v4 has not: they are "
                "multiplied into the kernels. Predictions are the same; training starts from another point."
            )

    def _check_treatment(self, model: keras.Model) -> None:
        """Refuse to put another input treatment before weights that were saved with theirs."""
        kept = self._weights.treatment
        if kept is None or self._wish.treatment is not None:
            return
        if kept != treatment_of(model):
            raise ConfigError(
                f"The model in the file was trained with another input treatment than {self._wish.name} has "
                "by itself: name it with --treatment (`models list` and docs/networks.md tell them)."
            )

    def _sums_channels(self, wanted: Mapping[str, str], shapes: Mapping[str, Shape]) -> bool:
        """Tell whether a kernel on three channels becomes one on a single channel."""
        naming = self._weights.naming
        found = ((self._weights.shapes[name], shapes[path]) for path, name in wanted.items())
        return any(is_summed(keras_shape(shape, len(fits), naming), fits) for shape, fits in found)


def _gamma_of(name: str) -> str:
    return name.removesuffix("running_mean") + "weight"


def _shapes(model: keras.Model) -> dict[str, Shape]:
    return {weight.path: tuple(weight.shape) for weight in model.weights}

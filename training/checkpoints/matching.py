"""Holding a checkpoint's tensors against a network's weights: all of them, or a list of what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation.errors import CheckpointError
from training.checkpoints.lookalikes import Lookalike
from training.checkpoints.sources import Naming, Shape, Weights, told_shape

# Of a checkpoint of another network this many names are told of each list.
_FEW = 10


@dataclass(frozen=True)
class Misfit:
    """What does not fit.

    Attributes:
        missing: names that the network wants and the checkpoint has not.
        left_over: names that the checkpoint has and the network has no place for.
        shapes: names with both shapes, told.
        num_wanted: names that the network wants in all.
    """

    missing: tuple[str, ...]
    left_over: tuple[str, ...]
    shapes: tuple[str, ...]
    num_wanted: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.left_over or self.shapes)


def compare(
    weights: Weights,
    wanted: Mapping[str, str],
    shapes: Mapping[str, Shape],
    *,
    ignored: set[str],
    sums_channels: bool,
) -> Misfit:
    """Return what does not fit, by name and by shape.

    Args:
        weights: of the checkpoint.
        wanted: name in the checkpoint of each weight, by its path.
        shapes: of the network's weights, by path.
        ignored: names in the checkpoint that need no place.
        sums_channels: a kernel on three channels fits one on a single channel.
    """
    wrong = []
    for path, name in wanted.items():
        if name not in weights.shapes:
            continue
        found = keras_shape(weights.shapes[name], len(shapes[path]), weights.naming)
        if found != shapes[path] and not (sums_channels and is_summed(found, shapes[path])):
            wrong.append(f"{name} is {told_shape(found)} and should be {told_shape(shapes[path])}")
    names = set(wanted.values())
    return Misfit(
        missing=tuple(sorted(names - set(weights.shapes))),
        left_over=tuple(sorted(set(weights.shapes) - names - ignored)),
        shapes=tuple(sorted(wrong)),
        num_wanted=len(names),
    )


def refuse(name: str, misfit: Misfit, lookalike: Lookalike | None) -> CheckpointError:
    """Return the error that tells a misfit: of the network itself with every name, of another with some.

    Args:
        name: of the network that was asked for.
        misfit: what does not fit.
        lookalike: what the checkpoint looks like.
    """
    is_other = lookalike is not None and lookalike.model != name
    parts = [f"The checkpoint does not fit {name}: nothing was loaded."]
    if is_other and lookalike is not None:
        parts.append(f"This looks like {lookalike.told}. {lookalike.advice}")
    lists = (
        (f"Missing, of {misfit.num_wanted}", misfit.missing),
        ("Left over", misfit.left_over),
        ("Of another shape", misfit.shapes),
    )
    told = [_told(title, names, limit=_FEW if is_other else None) for title, names in lists if names]
    return CheckpointError(" ".join([*parts, *told]))


def keras_shape(shape: Shape, rank: int, naming: Naming) -> Shape:
    """Return the shape that a tensor has in Keras' order of axes.

    Args:
        shape: in the checkpoint.
        rank: of the weight in Keras; a dense layer may stand as a 1x1 convolution on either side.
        naming: of the checkpoint.

    Example:
        >>> keras_shape((64, 3, 7, 7), 4, "torch"), keras_shape((10, 2048, 1, 1), 2, "torch")
        ((7, 7, 3, 64), (2048, 10))
    """
    if naming != "torch" or len(shape) not in (2, 4):
        return shape
    turned = (shape[2], shape[3], shape[1], shape[0]) if len(shape) == 4 else shape[::-1]
    if rank == 2 and turned[:2] == (1, 1) and len(turned) == 4:
        return turned[2:]
    return (1, 1, *turned) if rank == 4 and len(turned) == 2 else turned


def keras_values(values: NDArray[Any], shape: Shape, naming: Naming) -> NDArray[np.float32]:
    """Return a tensor's values as float32 in Keras' order of axes and in a weight's shape.

    Args:
        values: as they stand in the checkpoint.
        shape: of the weight; `compare` has found that they fit.
        naming: of the checkpoint.
    """
    if naming == "torch":
        if values.ndim == 4:
            values = values.transpose(2, 3, 1, 0)
        elif values.ndim == 2:
            values = values.T
    values = values.astype(np.float32)
    if is_summed(values.shape, shape):
        values = values.sum(axis=2, keepdims=True)
    return np.ascontiguousarray(values.reshape(shape))


def check_finite(values: Mapping[str, NDArray[np.float32]], names: Mapping[str, str]) -> None:
    """Refuse weights of a training that diverged.

    Args:
        values: by path.
        names: in the checkpoint, by path.

    Raises:
        CheckpointError: some are NaN or infinite, with their names.
    """
    broken = sorted(names[path] for path, array in values.items() if not np.isfinite(array).all())
    if broken:
        raise CheckpointError(
            "The checkpoint holds values that are NaN or infinite: nothing was loaded. The training that "
            f"wrote it went wrong before; take an earlier checkpoint. {_told('Names', broken, limit=None)}"
        )


def is_summed(found: Shape, wanted: Shape) -> bool:
    """Tell whether a kernel on three channels becomes one on a single channel by their sum.

    Example:
        >>> is_summed((7, 7, 3, 64), (7, 7, 1, 64)), is_summed((7, 7, 1, 64), (7, 7, 1, 64))
        (True, False)
    """
    return len(wanted) == 4 and wanted[2] == 1 and found == (*wanted[:2], 3, wanted[3])


def _told(title: str, names: Sequence[str], *, limit: int | None) -> str:
    listed = ", ".join(names[:limit])
    more = f" and {len(names) - limit} more" if limit and len(names) > limit else ""
    return f"{title} ({len(names)}): {listed}{more}."

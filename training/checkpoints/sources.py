"""Weights in somebody's file: names, shapes and values, whatever the format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

Shape = tuple[int, ...]

# Who named the tensors: TensorFlow 1, PyTorch, Keras by layer, or Keras by the place of a layer.
Naming = Literal["tf1", "torch", "keras", "keras_places"]

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where weights stand.

    Attributes:
        form: a key of `opening.OPENERS`.
        path: to give to the library that reads them; for TensorFlow 1 a prefix.
        files: that hold them.
    """

    form: str
    path: Path
    files: tuple[Path, ...]

    @property
    def sha256(self) -> str:
        """SHA-256 of the one file, or of all files one after the other in the order of their names."""
        digest = hashlib.sha256()
        for file in sorted(self.files):
            with file.open("rb") as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    digest.update(chunk)
        return digest.hexdigest()


@dataclass(frozen=True)
class Weights:
    """Tensors that can be read by name.

    Attributes:
        naming: whose names they have.
        shapes: by name, as they stand in the file.
        read: gives the values of a name.
        network: what the file says it holds, where it says so.
        treatment: scale and offset of the input treatment, where the file holds one of ours.
    """

    naming: Naming
    shapes: Mapping[str, Shape]
    read: Callable[[str], NDArray[Any]]
    network: str | None = None
    treatment: tuple[Any, ...] | None = None


def told_shape(shape: Iterable[int | None]) -> str:
    """Return a shape as people write it.

    Example:
        >>> told_shape((7, 7, 3, 64)), told_shape(())
        ('7x7x3x64', 'one number')
    """
    return "x".join("?" if side is None else str(side) for side in shape) or "one number"

"""The formats of exported pictures: PNG without loss, or JPEG of a quality."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import ConfigError, PreprocessingError
from foundation.registries import look_up
from imaging.png import encode_png

DEFAULT_QUALITY = 95

_ENDINGS = {"png": ".png", "jpg": ".jpg"}
_NAMES: dict[str, Literal["png", "jpg"]] = {"jpeg": "jpg", "jpg": "jpg", "png": "png"}
_QUALITY = re.compile(r"\d{1,3}")


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """How a picture file is written; read from a text such as `png`, `jpg` or `jpg:90`.

    Args:
        name: "png" or "jpg".
        quality: of a JPEG, 1 to 100; None for a PNG, which loses nothing.

    Example:
        >>> PictureFormat.parse("jpg").text, PictureFormat.parse("png").ending
        ('jpg:95', '.png')
    """

    name: Literal["png", "jpg"] = "png"
    quality: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the format that a text names.

        Raises:
            ConfigError: a quality out of range, or one for a PNG.
            UnknownNameError: another format.
        """
        word, colon, quality = text.strip().partition(":")
        name = look_up(_NAMES, word.lower(), kind="picture format")
        if name == "png":
            if colon:
                raise ConfigError(
                    f'A PNG loses nothing, so it has no quality: write "png". Received: "{text}".'
                )
            return cls()
        if not colon:
            return cls(name, DEFAULT_QUALITY)
        if not _QUALITY.fullmatch(quality) or not 1 <= int(quality) <= 100:
            raise ConfigError(f'The quality of a JPEG lies between 1 and 100. Received: "{text}".')
        return cls(name, int(quality))

    @property
    def text(self) -> str:
        """The canonical text."""
        return self.name if self.quality is None else f"{self.name}:{self.quality}"

    @property
    def ending(self) -> str:
        """Of file names, with its dot."""
        return _ENDINGS[self.name]

    def encode(self, picture: NDArray[np.uint8 | np.uint16]) -> bytes:
        """Return a picture as a file of this format.

        Args:
            picture: height x width or height x width x 3 (RGB); 16 bits only for PNG.

        Raises:
            PreprocessingError: 16 bits for a JPEG.
        """
        if self.quality is None:
            return encode_png(picture)
        return encode_jpeg(picture, self.quality)


def encode_jpeg(picture: NDArray[Any], quality: int) -> bytes:
    """Return a picture of 8 bits as a JPEG.

    Args:
        picture: height x width or height x width x 3 (RGB).
        quality: 1 to 100.

    Raises:
        PreprocessingError: it has 16 bits.
    """
    if picture.dtype != np.uint8:
        raise PreprocessingError("A JPEG holds 8 bits. Choose png for pictures of 16 bits.")
    stored = picture if picture.ndim == len("HW") else picture[..., ::-1]
    return bytes(cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])

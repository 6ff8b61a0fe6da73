"""Looking for text in a picture with Tesseract, an optional program; the text itself goes nowhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import PreprocessingError
from imaging.png import encode_png

PROGRAM = "tesseract"
INSTALL_TESSERACT = (
    "Install Tesseract (Debian, Ubuntu: apt-get install tesseract-ocr; macOS: brew install tesseract)"
)
SECONDS = 60
"""What one picture may take."""

# Chosen on real files: noise of bones and tissue gives short words with little confidence, side marks
# (L, R) are single letters and no text of a patient.
LEAST_CONFIDENCE = 60
LEAST_LETTERS = 3

_SHORTEST_SIDE, _LARGEST_FACTOR = 1000, 3
_WORD = re.compile(rf"[^\W_]{{{LEAST_LETTERS},}}")


def find_tesseract() -> str:
    """Return the program's path.

    Raises:
        PreprocessingError: it is not installed.
    """
    path = shutil.which(PROGRAM)
    if path is None:
        raise PreprocessingError(
            f"Tesseract is not installed, and it is what looks for text. {INSTALL_TESSERACT}."
        )
    return path


def has_text(picture: NDArray[np.uint8], *, program: str) -> bool:
    """Tell whether there is text in a picture: at least one word that is read with some confidence.

    Both polarities are tried, since text on radiographs is bright on dark.

    Args:
        picture: (height, width) or (height, width, 3), 8 bits.
        program: from `find_tesseract`.

    Raises:
        PreprocessingError: the program fails, or takes too long.
    """
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    factor = min(_LARGEST_FACTOR, max(1.0, _SHORTEST_SIDE / min(grey.shape)))
    large = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return any(_is_word(line) for version in (255 - large, large) for line in _read(version, program))


def _read(picture: NDArray[Any], program: str) -> list[str]:
    try:
        # Sparse text, one thread: pictures run beside each other. Nothing of it touches the disk.
        done = subprocess.run(  # noqa: S603 - the program that was found, fixed words, no shell
            [program, "stdin", "stdout", "--psm", "11", "tsv"],
            input=encode_png(np.ascontiguousarray(picture, dtype=np.uint8)),
            capture_output=True,
            check=True,
            timeout=SECONDS,
            env=dict(os.environ, OMP_THREAD_LIMIT="1"),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PreprocessingError(
            f"Tesseract failed on a picture ({type(error).__name__}). Try `tesseract --version`; "
            "it needs its data for English (Debian: tesseract-ocr-eng)."
        ) from error
    return done.stdout.decode("utf-8", "replace").splitlines()[1:]


def _is_word(line: str) -> bool:
    """Tell whether a line of Tesseract's table is a word that counts: confidence and text stand last."""
    cells = line.split("\t")
    return len(cells) == 12 and float(cells[10]) >= LEAST_CONFIDENCE and bool(_WORD.search(cells[11]))

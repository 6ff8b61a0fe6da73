"""Looking for text in a picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from foundation.errors import PreprocessingError
from preprocessing import text_search
from preprocessing.text_search import find_tesseract, has_text


@pytest.fixture(scope="module")
def program() -> str:
    """Give Tesseract, or skip."""
    try:
        return find_tesseract()
    except PreprocessingError:
        pytest.skip("tesseract is not installed (Debian: tesseract-ocr)")


def picture(text: str = "", *, bright: int = 255, dark: int = 20) -> NDArray[np.uint8]:
    """Return a noisy picture with a text."""
    noise = np.random.default_rng(1).normal(0, 4, (240, 420))
    drawn = np.full((240, 420), dark, np.uint8)
    cv2.putText(drawn, text, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.0, bright, 2, cv2.LINE_AA)
    return np.clip(drawn + noise, 0, 255).astype(np.uint8)


@pytest.mark.tesseract
@pytest.mark.parametrize(("bright", "dark"), [(255, 20), (10, 230)])
def test_text_is_found_in_either_polarity(program: str, bright: int, dark: int) -> None:
    """White on black as on radiographs, black on white as on scanned paper."""
    assert has_text(picture("MILLER HANS 1957", bright=bright, dark=dark), program=program)


@pytest.mark.tesseract
def test_text_is_found_in_colour(program: str) -> None:
    """A screen shot."""
    colour = np.stack([picture("PATIENT 4711")] * 3, axis=-1)
    assert has_text(colour, program=program)


@pytest.mark.tesseract
@pytest.mark.parametrize("text", ["", "L"])
def test_noise_and_a_side_mark_are_no_text(program: str, text: str) -> None:
    """Most radiographs have a mark."""
    assert not has_text(picture(text), program=program)


def test_without_the_program_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is optional."""
    monkeypatch.setattr(text_search.shutil, "which", lambda _: None)
    with pytest.raises(PreprocessingError, match="apt-get install tesseract-ocr"):
        find_tesseract()


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    """Such as one without its data; its own words are not repeated."""
    broken = tmp_path / "tesseract"
    broken.write_text("#!/bin/sh\necho secret >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(PreprocessingError, match="Tesseract failed") as caught:
        has_text(picture(), program=str(broken))
    assert "secret" not in str(caught.value)

"""Encoded frames: what goes to a decoder and comes back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from foundation.errors import DecodeError
from imaging.codestreams import Codestream
from imaging.encoded_frames import EncodedFrame, container_dtype, shape_samples
from imaging.frame_layout import FrameLayout

GREY = FrameLayout(2, 3, 1, 1, 16, 12, 11, False, False, "MONOCHROME2", False, "PixelData")
COLOUR = replace(GREY, samples_per_pixel=3, bits_allocated=8, photometric_interpretation="RGB")


def test_the_codestream_knows_its_precision_best() -> None:
    """A header of 16 bits may stand over a codestream of 12."""
    stream = Codestream("jpeg", 3, 2, 1, 12)
    assert EncodedFrame(b"", GREY, stream, "").precision == 12
    assert EncodedFrame(b"", GREY, None, "").precision == 16


def test_containers_are_as_large_as_they_must() -> None:
    """Bytes, words and double words."""
    assert [container_dtype(bits).itemsize for bits in (1, 8, 9, 16, 17, 32)] == [1, 1, 2, 2, 4, 4]


def test_planes_become_pixels() -> None:
    """Colour by plane and by pixel gives the same."""
    content = bytes(range(18))
    planar = shape_samples(content, np.dtype("u1"), COLOUR, planar=True)
    assert planar[0, 1].tolist() == [1, 7, 13]
    assert shape_samples(content, np.dtype("u1"), COLOUR, planar=False)[0, 1].tolist() == [3, 4, 5]


def test_another_number_of_bytes_is_refused() -> None:
    """One byte more may be padding, two are not."""
    assert shape_samples(bytes(13), np.dtype("<u2"), GREY, planar=False).shape == (2, 3)
    for length in (11, 14):
        with pytest.raises(DecodeError, match="expected 12"):
            shape_samples(bytes(length), np.dtype("<u2"), GREY, planar=False)


def test_the_decoders_process_starts_light() -> None:
    """What it imports at once is numpy and our own few modules: it must be there in a tenth of a second."""
    program = (
        "import sys; import imaging.decoder_process, imaging.codecs;"
        "print([name for name in ('pydicom', 'pydantic', 'cv2', 'isal') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

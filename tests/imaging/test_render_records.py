"""Render records as plain values."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from imaging.render_records import FrameOrigin, RenderRecord

RECORD = RenderRecord(
    rendering="window:40,400",
    frame_number=3,
    modality="rescale",
    rescale=(1.0, -1024.0),
    voi="window",
    why="asked for",
    window=(40.0, 400.0),
    voi_lut_function="LINEAR",
    polarity="as stored",
    bits=8,
    output_sha256="0" * 64,
)


def test_a_record_survives_json() -> None:
    """What a manifest holds is the record again; what does not apply is left out."""
    plain = json.loads(json.dumps(RECORD.plain()))
    assert RenderRecord.model_validate(plain) == RECORD
    assert "padding" not in plain


def test_frames_count_from_one() -> None:
    """As DICOM counts them."""
    with pytest.raises(ValidationError):
        FrameOrigin(frame_number=0)

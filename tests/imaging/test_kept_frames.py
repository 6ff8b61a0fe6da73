"""The one chain from kept bytes to a picture."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from foundation.errors import DecodeError
from imaging.kept_frames import KeptFrame, kept_frames
from imaging.pictures import read_picture_or_instance
from imaging.rendering import FrameOrigin
from imaging.settings import ReadSettings


def frames_of(name: str) -> list[KeptFrame]:
    """Return the frames of a file that pydicom brings."""
    content = Path(str(get_testdata_file(name, download=False))).read_bytes()
    return list(kept_frames(read_picture_or_instance(content, settings=ReadSettings(key=bytes(32)))))


def test_a_record_names_decoder_syntax_and_frame() -> None:
    """With the hash of the stored values that went in."""
    frames = frames_of("SC_rgb_rle_2frame.dcm")
    records = [frame.render("window")[1] for frame in frames]
    assert [record.frame_number for record in records] == [1, 2]
    assert {record.transfer_syntax_uid for record in records} == {"1.2.840.10008.1.2.5"}
    assert all(record.decoder and record.decoder.split()[-1][0].isdigit() for record in records)
    assert [record.input_sha256 for record in records] == [
        frame.origin.stored_values_sha256 for frame in frames
    ]
    assert len({record.output_sha256 for record in records}) == 2


def test_a_kept_frame_travels_to_other_processes() -> None:
    """It is picklable, and renders the same there."""
    (frame,) = frames_of("CT_small.dcm")
    again = pickle.loads(pickle.dumps(frame))
    assert np.array_equal(again.render("window:lung")[0], frame.render("window:lung")[0])


def test_damaged_bytes_are_told() -> None:
    """As the imaging error that a batch expects."""
    frame = KeptFrame(b"no picture", "png", "uint8", 0, {}, FrameOrigin())
    with pytest.raises(DecodeError):
        frame.render("window")

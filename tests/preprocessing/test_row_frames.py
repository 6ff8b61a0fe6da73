"""A row's frame as imaging renders it."""

from __future__ import annotations

from database.instance_rows import InstanceRow
from database.pictures import FrameContent
from preprocessing.row_frames import kept_frame


def row(**values: object) -> InstanceRow:
    """Return a row of which only some columns matter."""
    names = dict.fromkeys(InstanceRow.__dataclass_fields__)
    return InstanceRow(**{**names, "decoder": "", "rendering": {"bits_stored": 8}, **values})  # type: ignore[arg-type]


def content(**values: object) -> FrameContent:
    """Return the content of frame 2."""
    plain = {"instance_id": 1, "frame_number": 2, "content": b"x", "encoding": "png", "dtype": "int8"}
    whole = {**plain, "offset": 128, "stored_values_sha256": "f" * 64, "rendering": None, **values}
    return FrameContent(**whole)  # type: ignore[arg-type]


def test_a_frames_own_attributes_go_before_the_instances() -> None:
    """As functional groups do."""
    assert kept_frame(row(), content()).rendering == {"bits_stored": 8}
    assert kept_frame(row(), content(rendering={"bits_stored": 4})).rendering == {"bits_stored": 4}


def test_the_origin_names_frame_decoder_syntax_and_hash() -> None:
    """A blank decoder is none."""
    origin = kept_frame(row(decoder="native", transfer_syntax_uid="1.2"), content()).origin
    assert (origin.frame_number, origin.decoder, origin.transfer_syntax_uid) == (2, "native", "1.2")
    assert origin.stored_values_sha256 == "f" * 64
    assert kept_frame(row(), content()).origin.decoder is None

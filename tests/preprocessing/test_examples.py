"""tf.train.Example messages, held against TensorFlow both ways."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import RecordError
from preprocessing.examples import Example, decode_example, encode_example

FLOATS = st.floats(width=32, allow_nan=False)
INTEGERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
FEATURES = st.dictionaries(
    st.text(max_size=20),
    st.lists(st.binary(max_size=40), max_size=4)
    | st.lists(FLOATS, max_size=4)
    | st.lists(INTEGERS, max_size=4),
    max_size=6,
)
FULL: dict[str, list[bytes] | list[int] | list[float]] = {
    "image/encoded": [bytes(range(256)) * 20],
    "image/height": [512],
    "image/class/label": [0, 3, -1, 2**63 - 1, -(2**63)],
    "image/class/values": [0.0, 1.0, 0.5],
    "image/class/text": [b"Brust", "胸".encode()],
    "名前/filename": [b""],
}


@settings(max_examples=100, deadline=None)
@given(features=FEATURES)
def test_features_come_back_as_they_were_written(features: Example) -> None:
    """Encoding and decoding is a round trip for all three kinds."""
    assert decode_example(encode_example(features)) == dict(sorted(features.items()))


def test_bytes_do_not_depend_on_the_order_of_keys() -> None:
    """Equal features give equal bytes."""
    assert encode_example(FULL) == encode_example(dict(reversed(FULL.items())))


@pytest.mark.tensorflow
def test_tensorflow_reads_what_is_written_here() -> None:
    """`tf.train.Example` parses the message to the same values."""
    import tensorflow as tf

    parsed = tf.train.Example.FromString(encode_example(FULL)).features.feature
    assert sorted(parsed) == sorted(FULL)
    assert list(parsed["image/encoded"].bytes_list.value) == FULL["image/encoded"]
    assert list(parsed["image/class/label"].int64_list.value) == FULL["image/class/label"]
    assert list(parsed["image/class/values"].float_list.value) == FULL["image/class/values"]
    assert list(parsed["image/class/text"].bytes_list.value) == FULL["image/class/text"]


@pytest.mark.tensorflow
def test_what_tensorflow_writes_is_read_here() -> None:
    """A message made by TensorFlow decodes to the values it was made of."""
    import tensorflow as tf

    feature = {
        "b": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x", b""])),
        "empty": tf.train.Feature(bytes_list=tf.train.BytesList(value=[])),
        "f": tf.train.Feature(float_list=tf.train.FloatList(value=[0.25, -1.5])),
        "i": tf.train.Feature(int64_list=tf.train.Int64List(value=[7, -7])),
    }
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    expected = {"b": [b"x", b""], "empty": [], "f": [0.25, -1.5], "i": [7, -7]}
    assert decode_example(example.SerializeToString()) == expected


def test_unpacked_numbers_and_unknown_fields_are_read() -> None:
    """Older writers store one number a field; fields of later versions are passed over."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    integers = field(3, b"\x08\x05\x08\x06")
    floats = field(2, b"\x0d" + struct.pack("<f", 2.5) + b"\x48\x01")
    entries = field(1, field(1, b"i") + field(2, integers)) + field(1, field(1, b"f") + field(2, floats))
    message = field(1, entries) + field(9, b"later") + b"\x51" + bytes(8)
    assert decode_example(message) == {"f": [2.5], "i": [5, 6]}


def test_values_of_several_types_are_refused() -> None:
    """A list of mixed kinds is a bug of the caller, named by its key."""
    with pytest.raises(TypeError, match="image/height must be all bytes"):
        encode_example({"image/height": [1, 2.5]})


@settings(max_examples=100, deadline=None)
@given(message=st.binary(min_size=1, max_size=60))
def test_any_bytes_decode_or_raise_a_record_error(message: bytes) -> None:
    """Foreign bytes never raise anything else."""
    with contextlib.suppress(RecordError):
        assert isinstance(decode_example(message), dict)


@pytest.mark.parametrize("message", [b"\xff" * 12, b"\x0a\x7fabc", b"\x0b", b"\x08\x01"])
def test_broken_messages_are_record_errors(message: bytes) -> None:
    """A number that never ends, a field past the end, an unknown type, a number for a message."""
    with pytest.raises(RecordError):
        decode_example(message)

"""TFRecord framing, held against TensorFlow and against damage."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import RecordError
from preprocessing.framing import frame_record, read_records, write_records

PAYLOADS = [b"first", b"", bytes(range(256)) * 300]


def write(path: Path, payloads: list[bytes]) -> Path:
    with path.open("wb") as stream:
        assert write_records(stream, payloads) == len(payloads)
    return path


@settings(max_examples=30, deadline=None)
@given(payloads=st.lists(st.binary(max_size=300), max_size=6))
def test_records_come_back_as_they_were_written(
    payloads: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Writing and reading is a round trip, offsets included."""
    path = write(tmp_path_factory.mktemp("framing") / "a.tfrecord", payloads)
    records = list(read_records(path))
    assert [payload for _, payload in records] == payloads
    content = path.read_bytes()
    for offset, payload in records:
        assert content[offset : offset + len(payload) + 16] == frame_record(payload)


@pytest.mark.tensorflow
def test_tensorflow_reads_what_is_written_here(tmp_path: Path) -> None:
    """`tf.data.TFRecordDataset` gives the payloads back."""
    import tensorflow as tf

    path = write(tmp_path / "a.tfrecord", PAYLOADS)
    assert list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator()) == PAYLOADS


@pytest.mark.tensorflow
def test_tensorflow_writes_the_same_bytes(tmp_path: Path) -> None:
    """`tf.io.TFRecordWriter` and `write_records` make equal files, which are read back here."""
    import tensorflow as tf

    theirs = tmp_path / "theirs.tfrecord"
    with tf.io.TFRecordWriter(str(theirs)) as writer:
        for payload in PAYLOADS:
            writer.write(payload)
    assert theirs.read_bytes() == write(tmp_path / "ours.tfrecord", PAYLOADS).read_bytes()
    assert [payload for _, payload in read_records(theirs)] == PAYLOADS


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    """Whatever bit of a record file flips, reading raises; no record is dropped or altered."""
    path = write(tmp_path / "a.tfrecord", [b"first", b"second"])
    content = path.read_bytes()
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1 << (position % 8)
        path.write_bytes(damaged)
        with pytest.raises(RecordError):
            list(read_records(path))


def test_a_flipped_bit_is_named_by_file_record_and_offset(tmp_path: Path) -> None:
    """The message says where the damage is."""
    path = write(tmp_path / "train-dicom.tfrecord", [b"first", b"second"])
    content = bytearray(path.read_bytes())
    content[-6] ^= 4
    path.write_bytes(content)
    with pytest.raises(RecordError, match=r"train-dicom\.tfrecord: record 1 at offset 21 is damaged"):
        list(read_records(path))


@pytest.mark.parametrize("kept", [1, 11, 12, 15, 20, 22, 42])
def test_a_cut_tail_is_found(tmp_path: Path, kept: int) -> None:
    """A file that ends within a record is told, with the record it ends in."""
    path = write(tmp_path / "a.tfrecord", [b"first", b"second"])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RecordError, match=rf"record {int(kept > 21)} at offset .* is cut"):
        list(read_records(path))


def test_a_forged_length_does_not_allocate(tmp_path: Path) -> None:
    """A length far beyond the file is refused before anything is read."""
    path = tmp_path / "a.tfrecord"
    header = (1 << 60).to_bytes(8, "little")
    from preprocessing.framing import masked_crc32c

    path.write_bytes(header + masked_crc32c(header).to_bytes(4, "little") + b"x" * 40)
    with pytest.raises(RecordError, match="is cut"):
        list(read_records(path))


def test_a_missing_file_is_a_record_error(tmp_path: Path) -> None:
    """A file that is not there is one clear line."""
    with pytest.raises(RecordError, match=r"gone\.tfrecord"):
        list(read_records(tmp_path / "gone.tfrecord"))


def test_an_empty_stream_holds_no_record(tmp_path: Path) -> None:
    """Nothing written, nothing read."""
    stream = io.BytesIO()
    assert write_records(stream, []) == 0
    path = tmp_path / "empty.tfrecord"
    path.write_bytes(stream.getvalue())
    assert list(read_records(path)) == []

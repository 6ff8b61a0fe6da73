"""From records to batches; the pictures that a model sees."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import RecordError
from training.record_index import index_records
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow

SHAPE = {"height": 28, "width": 28, "channels": 1}


@pytest.fixture(scope="module")
def inputs():
    """The module under test, imported after TensorFlow's set-up."""
    import_tensorflow()
    import training.inputs

    return training.inputs


@pytest.fixture
def index(make_record_set):
    """Seven records of three classes."""
    return index_records(make_record_set(train=7).shard_paths("train"), num_classes=3, kind="single_label")


def test_an_equal_size_changes_nothing(inputs):
    """A picture of the model's own size arrives with its own values."""
    picture = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    assert (inputs.prepare_picture(picture, **SHAPE).numpy()[..., 0] == picture).all()


def test_a_shrunk_picture_is_averaged_not_sampled(inputs):
    """With antialiasing a fine chessboard becomes even grey; sampling would keep its extremes."""
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = inputs.prepare_picture(board, height=16, width=16, channels=1).numpy()
    assert np.abs(small - 127.5).max() < 5


def test_sixteen_bits_become_0_to_255(inputs):
    """uint16 is scaled by 257, so white stays white."""
    picture = np.array([[0, 257], [32896, 65535]], np.uint16)
    prepared = inputs.prepare_picture(picture, height=2, width=2, channels=1).numpy()[..., 0]
    assert prepared.tolist() == [[0.0, 1.0], [128.0, 255.0]]


def test_colour_becomes_luma_and_grey_is_repeated(inputs):
    """Channels follow ITU-R BT.601 downwards and are copied upwards."""
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 100
    grey = inputs.prepare_picture(red, height=2, width=2, channels=1).numpy()
    assert grey == pytest.approx(np.full((2, 2, 1), 29.9), abs=1e-4)
    colour = inputs.prepare_picture(grey[..., 0], height=2, width=2, channels=3).numpy()
    assert colour == pytest.approx(np.full((2, 2, 3), 29.9), abs=1e-4)


def test_each_record_counts_exactly_once(inputs, index):
    """Seven records in batches of four: two whole batches, one row of weight 0."""
    pictures = inputs.open_pictures(index, **SHAPE)
    batches = list(inputs.split_batches(index, pictures, batch_size=4))
    assert [batch["pictures"].shape for batch in batches] == [(4, 28, 28, 1)] * 2
    weights = np.concatenate([batch["weights"] for batch in batches])
    targets = np.concatenate([batch["targets"] for batch in batches])
    assert weights.tolist() == [1.0] * 7 + [0.0]
    assert targets[weights == 1].argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_kept_and_decoded_pictures_are_the_same(inputs, index):
    """Whether a split fits into memory changes no value; resized and in colour alike."""
    wanted = {"height": 40, "width": 36, "channels": 3}
    kept = inputs.open_pictures(index, **wanted)
    decoded = inputs.open_pictures(index, **wanted, memory_bytes=0)
    assert isinstance(kept, inputs.KeptPictures)
    assert isinstance(decoded, inputs.DecodedPictures)
    both = zip(
        inputs.shuffled_batches(index, kept, batch_size=3, seed=5, epoch=2),
        inputs.shuffled_batches(index, decoded, batch_size=3, seed=5, epoch=2),
        strict=True,
    )
    for one, other in both:
        assert (one["pictures"].numpy() == other["pictures"].numpy()).all()
        assert (one["targets"].numpy() == other["targets"].numpy()).all()
    kept.check()
    decoded.check()


def test_pictures_stay_with_their_labels_when_shuffled(inputs, index):
    """The bright band of each picture is where its class says."""
    pictures = inputs.open_pictures(index, **SHAPE)
    for batch in inputs.shuffled_batches(index, pictures, batch_size=4, seed=0, epoch=1):
        bands = batch["pictures"].numpy()[:, :27, :, 0].reshape(4, 3, -1).mean(axis=2)
        assert (bands.argmax(axis=1) == batch["targets"].numpy().argmax(axis=1)).all()


def test_a_decoded_picture_is_what_its_file_holds(inputs, index):
    """Bytes to tensor without a change of value."""
    picture = index.read_picture(2)
    batch = next(iter(inputs.open_pictures(index, **SHAPE).batches(np.array([2]), 1)))
    assert (batch.numpy()[0, ..., 0] == picture).all()


@pytest.mark.parametrize("memory_bytes", [0, 1 << 30])
def test_a_picture_that_cannot_be_decoded_is_told_with_its_place(
    inputs, index, monkeypatch, capfd, memory_bytes
):
    """TensorFlow's own report of the failure never reaches the user."""
    broken = {"image/encoded": [b"no picture"]}
    monkeypatch.setattr(type(index), "_read_example", lambda _self, _record: broken)

    def read_all():
        pictures = inputs.open_pictures(index, **SHAPE, memory_bytes=memory_bytes)
        list(pictures.batches(np.arange(7), 1))
        pictures.check()

    with pytest.raises(RecordError, match=r"train-dicom.tfrecord: the record at offset 0 holds a picture"):
        read_all()
    assert capfd.readouterr().err == ""


def test_a_record_without_a_picture_stops_the_reading(inputs, index, monkeypatch):
    """Our own errors pass through TensorFlow unchanged."""

    def raise_record_error(_self, record):
        raise RecordError(f"record {record}")

    monkeypatch.setattr(type(index), "read_picture", raise_record_error)
    with pytest.raises(RecordError, match="record 0"):
        inputs.open_pictures(index, **SHAPE)

"""From a config and records to a trained model."""

from __future__ import annotations

import pytest

from foundation.errors import RecordError
from training.config import TrainConfig
from training.record_index import RecordIndex
from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def fitting():
    """The module under test, imported after TensorFlow's set-up."""
    import_tensorflow()
    import training.fitting

    return training.fitting


def test_pictures_that_do_not_fit_into_memory_train_the_same_weights(
    fitting, make_record_set, tmp_path, monkeypatch
):
    """Kept or decoded anew in each epoch: the same training."""
    record_set = make_record_set(train=7, validation=3)
    config = TrainConfig(records=tmp_path, artifact=tmp_path, epochs=2, batch_size=4)
    kept = fitting.fit(config, record_set, (28, 28, 1))
    monkeypatch.setattr(fitting, "PICTURE_MEMORY_BYTES", 0)
    decoded = fitting.fit(config, record_set, (28, 28, 1))
    assert kept.history.epochs == decoded.history.epochs
    for one, other in zip(kept.model.get_weights(), decoded.model.get_weights(), strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_picture_that_breaks_during_training_ends_it(
    fitting, make_record_set, tmp_path, monkeypatch, split
):
    """Pictures that are decoded anew in each epoch are watched in each epoch."""
    record_set = make_record_set(train=7, validation=3)
    monkeypatch.setattr(fitting, "PICTURE_MEMORY_BYTES", 0)
    monkeypatch.setattr(RecordIndex, "_read_example", _broken_in(split, RecordIndex._read_example))
    config = TrainConfig(records=tmp_path, artifact=tmp_path, epochs=2, batch_size=4)
    with pytest.raises(RecordError, match=f"{split}-dicom.tfrecord: the record at offset 0 holds"):
        fitting.fit(config, record_set, (28, 28, 1))


def _broken_in(split, read_example):
    """Return a reader whose first record of one split is no picture."""

    def read(index, record):
        broken = record == 0 and index.shards[0].name.startswith(split)
        return {"image/encoded": [b"no picture"]} if broken else read_example(index, record)

    return read


def test_a_split_smaller_than_a_batch_is_one_batch(fitting, make_record_set, tmp_path):
    """Five records and a batch size of 32 train; no record counts twice."""
    record_set = make_record_set(train=5)
    config = TrainConfig(records=tmp_path, artifact=tmp_path, epochs=2)
    fitted = fitting.fit(config, record_set, (28, 28, 1))
    assert fitted.train_records == 5
    assert len(fitted.history.epochs) == 2
    assert fitted.history.epochs[0].train_accuracy * 5 == pytest.approx(
        round(fitted.history.epochs[0].train_accuracy * 5)
    )


@pytest.mark.slow
def test_a_native_resnet_trains_on_records(fitting, make_record_set, tmp_path):
    """Its loss after a few steps on two batches is lower than before."""
    record_set = make_record_set(size=32, train=12)
    config = TrainConfig(
        records=tmp_path,
        artifact=tmp_path,
        model="resnet_v2_18_native",
        epochs=3,
        batch_size=6,
        learning_rate=1e-4,
    )
    epochs = fitting.fit(config, record_set, (32, 32, 1)).history.epochs
    assert epochs[-1].train_loss < epochs[0].train_loss

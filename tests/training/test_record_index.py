"""Where records lie, what they are labelled, and the order of an epoch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import RecordError
from preprocessing.examples import encode_example
from preprocessing.framing import write_records
from training.record_index import epoch_order, index_records


@given(st.integers(0, 300), st.integers(0, 2**32 - 1), st.integers(1, 1000))
def test_an_epoch_holds_each_record_once(num_records, seed, epoch):
    """Whatever seed and epoch, the order is a permutation."""
    assert sorted(epoch_order(num_records, seed=seed, epoch=epoch)) == list(range(num_records))


def test_the_order_is_a_function_of_seed_and_epoch_alone():
    """Two calls agree; another seed or epoch gives another order; the values never change."""
    order = epoch_order(8, seed=7, epoch=3).tolist()
    assert order == epoch_order(8, seed=7, epoch=3).tolist()
    assert order != epoch_order(8, seed=7, epoch=4).tolist()
    assert order != epoch_order(8, seed=8, epoch=3).tolist()
    assert epoch_order(8, seed=0, epoch=1).tolist() == [7, 0, 1, 6, 3, 4, 5, 2]


def test_records_added_at_the_end_do_not_reorder_the_others():
    """A record's key depends on its own number, so the old ones keep their relative order."""
    larger = epoch_order(60, seed=1, epoch=1)
    assert larger[larger < 50].tolist() == epoch_order(50, seed=1, epoch=1).tolist()


def test_the_index_finds_every_picture_and_label(make_record_set):
    """Offsets lead back to the encoded picture; targets are one-hot rows."""
    record_set = make_record_set(train=7)
    index = index_records(record_set.shard_paths("train"), num_classes=3, kind="single_label")
    assert len(index) == 7
    assert index.targets.argmax(axis=1).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert index.mask.all()
    picture = index.read_picture(4)
    assert picture[10:18].mean() > 150 > picture[:9].mean()


def test_a_flipped_bit_is_found_before_training(make_record_set):
    """The whole split is read with its checksums, so damage never drops records in silence."""
    path = make_record_set(train=3).shard_paths("train")[0]
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(RecordError, match="checksum"):
        index_records([path], num_classes=3, kind="single_label")


def _index(tmp_path, features, *, kind="single_label"):
    path = tmp_path / "train-dicom.tfrecord"
    with path.open("wb") as stream:
        write_records(stream, [encode_example(features)])
    return index_records([path], num_classes=3, kind=kind)


def test_records_of_the_original_system_need_only_their_label(tmp_path):
    """Without image/class/values the targets come from image/class/label."""
    index = _index(tmp_path, {"image/class/label": [2]})
    assert index.targets.tolist() == [[0.0, 0.0, 1.0]]
    assert index.mask.tolist() == [[1.0, 1.0, 1.0]]


def test_unknown_labels_keep_their_mask(tmp_path):
    """A 0 in image/class/mask reaches the loss."""
    features = {"image/class/values": [1.0, 0.0, 0.0], "image/class/mask": [1.0, 1.0, 0.0]}
    assert _index(tmp_path, features, kind="multi_label").mask.tolist() == [[1.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("features", "told"),
    [
        ({"image/class/label": [3]}, "no class"),
        ({"image/class/label": [-1]}, "no class"),
        ({"image/class/label": []}, "exactly one"),
        ({"image/class/values": [1.0, 1.0, 0.0]}, "exactly one"),
        ({"image/class/values": [1.0, 0.0]}, "2 label values"),
        ({"image/class/values": [1.0, 0.0, 0.0], "image/class/mask": [1.0]}, "label values"),
    ],
)
def test_labels_that_do_not_fit_the_classes_are_refused(tmp_path, features, told):
    """The message names the file and the offset."""
    with pytest.raises(RecordError, match=told) as caught:
        _index(tmp_path, features)
    assert "train-dicom.tfrecord: the record at offset 0" in str(caught.value)


def test_a_record_without_a_picture_is_told_with_its_place(tmp_path):
    """Reading it raises; indexing alone does not look at pictures."""
    index = _index(tmp_path, {"image/class/label": [0]})
    with pytest.raises(RecordError, match="offset 0: It holds no picture"):
        index.read_picture(0)


def test_a_shard_that_went_away_is_told(make_record_set):
    """A file that disappears between index and epoch gives our error."""
    record_set = make_record_set(train=1)
    index = index_records(record_set.shard_paths("train"), num_classes=3, kind="single_label")
    record_set.shard_paths("train")[0].unlink()
    with pytest.raises(RecordError, match="cannot be read any more"):
        index.read_picture(0)

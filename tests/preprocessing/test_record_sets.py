"""Opening record sets and reading their examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.errors import RecordError, UnknownNameError
from preprocessing.pack import PackConfig, pack
from preprocessing.record_sets import RecordSet, iterate_examples, open_record_set


@pytest.fixture
def records(two_classes: Path, tmp_path: Path) -> Path:
    """A packed record set."""
    pack(PackConfig(folder=two_classes, target=tmp_path / "records", shards=2))
    return tmp_path / "records"


def test_a_set_opens_by_folder_or_by_its_file(records: Path) -> None:
    """Both give the same set, which knows its shards' paths."""
    record_set = open_record_set(records)
    assert open_record_set(records / "records.json") == record_set
    assert record_set.folder == records
    paths = record_set.shard_paths("train")
    assert [path.name for path in paths] == [f"train-dicom-0000{n}-of-00002.tfrecord" for n in range(2)]
    assert all(path.is_file() for path in paths)


def test_records_json_is_a_round_trip(records: Path) -> None:
    """What is read can be written again."""
    text = (records / "records.json").read_text()
    assert RecordSet.model_validate_json(text).model_dump_json(indent=2) + "\n" == text


def test_examples_are_iterated_a_split(records: Path) -> None:
    """Every record of the split, decoded."""
    examples = list(iterate_examples(records, "test"))
    assert len(examples) == 4
    assert {example["image/class/text"][0] for example in examples} == {b"Hand", b"Skull"}


def test_an_unknown_split_names_the_known_ones(records: Path) -> None:
    """The message lists what there is."""
    with pytest.raises(UnknownNameError, match=r'no split "tests"\. Did you mean "test"'):
        list(iterate_examples(records, "tests"))


def cut_shard(records: Path) -> None:
    shard = records / "test-dicom-00000-of-00002.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-1])


def remove_shard(records: Path) -> None:
    (records / "test-dicom-00000-of-00002.tfrecord").unlink()


def cut_description(records: Path) -> None:
    (records / "records.json").write_text("{")


def remove_description(records: Path) -> None:
    (records / "records.json").unlink()


def lead_outside(records: Path) -> None:
    description = json.loads((records / "records.json").read_text())
    description["shards"][0]["file"] = "../elsewhere.tfrecord"
    (records / "records.json").write_text(json.dumps(description))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (cut_shard, "is cut or was changed: expected"),
        (remove_shard, "is missing"),
        (cut_description, "cannot be read"),
        (remove_description, "is no record set: expected records.json"),
        (lead_outside, "a shard outside its folder"),
    ],
)
def test_a_damaged_set_does_not_open(records: Path, damage: Callable[[Path], None], expected: str) -> None:
    """A shard cut or gone, a description cut, gone, or leading elsewhere."""
    damage(records)
    with pytest.raises(RecordError, match=expected):
        open_record_set(records)


def test_a_flipped_bit_stops_the_iteration(records: Path) -> None:
    """Damage is never passed over."""
    shard = open_record_set(records).shard_paths("test")[0]
    content = bytearray(shard.read_bytes())
    content[40] ^= 1
    shard.write_bytes(content)
    with pytest.raises(RecordError, match="record 0 at offset 0 is damaged"):
        list(iterate_examples(records, "test"))

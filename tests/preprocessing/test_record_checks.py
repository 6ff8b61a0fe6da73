"""Verification finds what a careless copy or a careless writer does to records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.errors import RecordError
from preprocessing.examples import Example, decode_example, encode_example
from preprocessing.framing import read_records, write_records
from preprocessing.pack import PackConfig, pack
from preprocessing.record_checks import verify_record_set


@pytest.fixture
def records(two_classes: Path, tmp_path: Path) -> Path:
    """A sound record set."""
    pack(PackConfig(folder=two_classes, target=tmp_path / "records"))
    return tmp_path / "records"


def rewrite(records: Path, split: str, change: Callable[[Example], None]) -> None:
    """Write a split's shard anew with its first example changed, checksums right."""
    path = records / f"{split}-dicom.tfrecord"
    examples = [decode_example(payload) for _, payload in read_records(path)]
    change(examples[0])
    with path.open("wb") as stream:
        write_records(stream, [encode_example(example) for example in examples])


def test_a_sound_set_has_no_problems(records: Path) -> None:
    """All records are read and counted."""
    report = verify_record_set(records)
    assert report.is_sound
    assert report.num_records == {"train": 32, "validation": 4, "test": 4}


def test_a_flipped_bit_is_found_and_the_other_files_read_on(records: Path) -> None:
    """Damage in two files gives two problems, each with file, record and offset."""
    for split in ("train", "test"):
        path = records / f"{split}-dicom.tfrecord"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    first, second = verify_record_set(records).problems
    assert "train-dicom.tfrecord: record 1" in first
    assert "test-dicom.tfrecord: record 2 at offset" in second


def test_a_cut_tail_is_found(records: Path) -> None:
    """The record that the file ends in is named."""
    path = records / "test-dicom.tfrecord"
    path.write_bytes(path.read_bytes()[:-3])
    (problem,) = verify_record_set(records).problems
    assert "test-dicom.tfrecord: record 3 at offset" in problem
    assert "is cut" in problem


def test_a_cut_between_records_is_found(records: Path) -> None:
    """A file that ends cleanly but early holds fewer records than promised."""
    path = records / "test-dicom.tfrecord"
    offsets = [offset for offset, _ in read_records(path)]
    path.write_bytes(path.read_bytes()[: offsets[-1]])
    (problem,) = verify_record_set(records).problems
    assert problem == "test-dicom.tfrecord holds 3 records, expected 4."


def test_a_missing_shard_is_found(records: Path) -> None:
    """The file is named."""
    (records / "test-dicom.tfrecord").unlink()
    assert verify_record_set(records).problems == ("test-dicom.tfrecord is missing.",)


def test_a_split_with_another_count_is_found(records: Path) -> None:
    """The number of a split and those of its shards must agree."""
    description = json.loads((records / "records.json").read_text())
    description["splits"]["train"] = 33
    (records / "records.json").write_text(json.dumps(description))
    assert verify_record_set(records).problems == (
        "records.json is not what was written: its fingerprint differs.",
        "The shards of train promise 32 records, expected 33.",
    )


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("labels.txt", "0:Hand", "0:Hanf"),
        ("splits.csv", ",train", ",trbin"),
        ("left_out.csv", "reason", "rfason"),
        ("records.json", '"seed": 0', '"seed": 1'),
        ("lineage.json", '"product_uuid": "', '"product_uuid": "0'),
        ("lineage.json", "{", "z"),
    ],
)
def test_a_change_in_any_file_beside_the_shards_is_found(
    records: Path, file: str, before: str, after: str
) -> None:
    """And the file is named."""
    content = (records / file).read_text()
    assert before in content
    (records / file).write_text(content.replace(before, after, 1))
    problems = verify_record_set(records).problems
    assert len(problems) == 1
    assert problems[0].startswith(file)
    (records / file).unlink()
    if file in {"labels.txt", "splits.csv", "left_out.csv"}:
        assert verify_record_set(records).problems == (f"{file} is missing.",)


def test_a_shard_under_another_name_is_found(records: Path) -> None:
    """A copy that nothing names, and one that is named and gone."""
    (records / "test-dicom.tfrecord").rename(records / "test-dicom2.tfrecord")
    assert set(verify_record_set(records).problems) == {
        "test-dicom.tfrecord is missing.",
        "test-dicom2.tfrecord is no shard of this set: records.json does not name it.",
    }


def test_a_set_of_an_earlier_version_has_nothing_to_hold_its_files_against(records: Path) -> None:
    """It has neither hashes nor a fingerprint, and is sound without."""
    description = json.loads((records / "records.json").read_text())
    del description["files"], description["fingerprint"]
    (records / "records.json").write_text(json.dumps(description))
    assert verify_record_set(records).is_sound


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"image/class/label": [7]}, "a class out of range: expected 0 to 1. Received: 7"),
        ({"image/class/label": [-1]}, "a class out of range"),
        ({"image/class/label": [0.0]}, "a class out of range"),
        ({"image/class/text": [b"Foot"]}, "class names that are not those"),
        ({"image/class/values": [0.0, 0.0]}, "class values that do not agree"),
        ({"image/class/mask": [1.0]}, "class mask that does not agree"),
        ({"image/class/mask": [0.0, 0.0]}, "class mask that does not agree"),
        ({"image/class/label": []}, "lacks its picture or its label"),
        ({"image/encoded": []}, "lacks its picture or its label"),
    ],
)
def test_a_record_that_breaks_its_promise_is_found(records: Path, change: Example, expected: str) -> None:
    """Checksums hold, but the content is not what the set says; the altered file is told, too."""
    rewrite(records, "test", lambda example: example.update(change))
    problems = verify_record_set(records).problems
    assert problems[0].startswith("test-dicom.tfrecord: record 0 at offset 0 ")
    assert expected in problems[0]
    assert problems[-1].endswith("its SHA-256 differs.")


def test_two_labels_in_a_single_label_set_are_found(records: Path) -> None:
    """The kind of the set is a promise, too."""
    both = {
        "image/class/label": [0, 1],
        "image/class/text": [b"Hand", b"Skull"],
        "image/class/values": [1.0, 1.0],
    }
    rewrite(records, "test", lambda example: example.update(both))
    assert "2 labels in a record set of one label each" in verify_record_set(records).problems[0]


def test_a_patient_in_two_splits_is_found_once(records: Path) -> None:
    """The second split is where it is told."""
    for split in ("train", "validation", "test"):
        rewrite(records, split, lambda example: example.update({"image/patient_key": [b"p1"]}))
    told = [problem for problem in verify_record_set(records).problems if "patient" in problem]
    (problem,) = told
    assert problem.startswith("validation-dicom.tfrecord: record 0 at offset 0 holds a patient")
    assert problem.endswith("in train as well as in validation.")


def test_a_foreign_message_is_found(records: Path) -> None:
    """A record that is no example is told with its place."""
    with (records / "test-dicom.tfrecord").open("wb") as stream:
        write_records(stream, [b"\xff" * 20])
    problems = verify_record_set(records).problems
    assert problems[0].startswith("test-dicom.tfrecord: record 0 at offset 0: A record does not hold")


def test_a_folder_without_description_is_refused(tmp_path: Path) -> None:
    """There is nothing to hold the files against."""
    with pytest.raises(RecordError, match="is no record set"):
        verify_record_set(tmp_path)

"""`dicomill records`."""

from __future__ import annotations

import shutil
from pathlib import Path


def test_shards_are_shown_with_their_counts(works, stock: Path) -> None:
    """As a table and as JSON."""
    told = works("records", "show", stock / "records").out.splitlines()
    assert told[0].startswith("task body_part, single_label, 8 classes: ")
    assert [line.split()[0] for line in told[3:]] == [
        "train-dicom.tfrecord",
        "validation-dicom.tfrecord",
        "test-dicom.tfrecord",
    ]
    shown = works("records", "show", stock / "records", "--json").json
    assert sum(shown["splits"].values()) == sum(int(line.split()[2]) for line in told[3:])


def test_sound_records_are_verified(works, stock: Path) -> None:
    """Every one of them is read."""
    shown = works("records", "show", stock / "records", "--json").json
    told = works("records", "verify", stock / "records").out
    assert told == f"0 problems in {sum(shown['splits'].values())} records\n"


def test_a_flipped_bit_is_found(dicomill, stock: Path, tmp_path: Path) -> None:
    """With status 1 and the name of the file."""
    shutil.copytree(stock / "records", tmp_path / "records")
    shard = tmp_path / "records" / "test-dicom.tfrecord"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    for words in (["records", "verify", "records"], ["records", "verify", "records", "--json"]):
        outcome = dicomill(*words)
        assert outcome.status == 1
        assert "test-dicom.tfrecord" in outcome.out


def test_a_folder_that_is_no_record_set_is_one_line(refuses, stock: Path, tmp_path: Path) -> None:
    """Missing, of another kind, or with a description that was cut."""
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "records.json").write_text('{"name": ')
    for word in ("show", "verify"):
        refuses("records", word, "missing", says="missing is no record set")
        refuses("records", word, stock / "export", says="is no record set")
        refuses("records", word, "cut", says="records.json")

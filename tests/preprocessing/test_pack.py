"""The door `pack`: an image/label folder becomes a record set."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import preprocessing.packing as packing_module
from foundation.errors import ConfigError, SplitError, TargetExistsError, UnknownNameError
from foundation.lineage import read_lineage
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import FolderState
from preprocessing.pack import PackConfig, PackReport, pack
from preprocessing.record_checks import verify_record_set
from preprocessing.record_sets import iterate_examples, open_record_set


def run(folder: Path, target: Path, **options: Any) -> PackReport:
    return pack(PackConfig(folder=folder, target=target, **options))


@pytest.fixture
def patients(tmp_path: Path, picture_bytes, make_folder) -> Path:
    """An exported folder: twelve patients of two to four pictures, two classes."""
    import numpy as np

    folder = tmp_path / "patients"
    folder.mkdir()
    with FolderWriter(folder) as writer:
        for number in range(36):
            pixels = np.random.default_rng(number).integers(0, 256, (6, 5), dtype=np.uint8)
            picture = FolderPicture(
                f"p{number:02d}",
                picture_bytes(pixels),
                labels=("Hand" if number % 3 else "Skull",),
                patient_key=f"key{number % 12}",
            )
            writer.add(picture)
        state = FolderState(rendering="window", recipe=("invert",), task="body_part", cohort="first")
        writer.finish(state, kind="export")
    return folder


def test_files_are_named_by_split(two_classes: Path, tmp_path: Path) -> None:
    """One shard a split by default, with class file, description, tables and lineage beside them."""
    run(two_classes, tmp_path / "records")
    assert {path.name for path in (tmp_path / "records").iterdir()} == {
        "train-dicom.tfrecord",
        "validation-dicom.tfrecord",
        "test-dicom.tfrecord",
        "labels.txt",
        "left_out.csv",
        "lineage.json",
        "records.json",
        "splits.csv",
    }
    assert (tmp_path / "records" / "labels.txt").read_text() == "0:Hand\n1:Skull\n"


def test_counts_come_from_the_pictures(two_classes: Path, tmp_path: Path) -> None:
    """Report and `records.json` say what is in each split."""
    report = run(two_classes, tmp_path / "records")
    assert report.num_records == {"train": 32, "validation": 4, "test": 4}
    assert report.num_labels["test"] == {"Hand": 2, "Skull": 2}
    assert report.num_groups == report.num_records
    assert (report.grouped_by, report.patients_unknown, report.kind) == ("image", 40, "single_label")
    record_set = open_record_set(tmp_path / "records")
    assert record_set.splits == report.num_records
    assert record_set.split_plan.ratios == {"train": 0.8, "validation": 0.1, "test": 0.1}
    assert (record_set.height, record_set.width, record_set.channels) == (8, 8, 1)
    assert (record_set.encoding, record_set.rendering, record_set.task) == ("raw", None, None)
    assert verify_record_set(tmp_path / "records").is_sound


def test_no_patient_is_in_two_splits(patients: Path, tmp_path: Path) -> None:
    """`splits.csv` holds the groups; each is in one split only."""
    report = run(patients, tmp_path / "records")
    assert (report.grouped_by, report.patients_unknown, report.warnings) == ("patient", 0, report.warnings)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "records" / "splits.csv").read_text())))
    assert len(rows) == 36
    splits_of: dict[str, set[str]] = {}
    for row in rows:
        splits_of.setdefault(row["group"], set()).add(row["split"])
    assert len(splits_of) == 12
    assert all(len(splits) == 1 for splits in splits_of.values())
    for split in report.num_records:
        for example in iterate_examples(tmp_path / "records", split):
            (key,) = example["image/patient_key"]
            assert splits_of[key.decode()] == {split}


def test_the_folders_state_is_taken_over(patients: Path, tmp_path: Path) -> None:
    """Rendering, recipe, task and cohort, and the folder as parent."""
    run(patients, tmp_path / "records", split="tt_split")
    record_set = open_record_set(tmp_path / "records")
    assert (record_set.rendering, record_set.recipe) == ("window", ("invert",))
    assert (record_set.task, record_set.cohort) == ("body_part", "first")
    lineage, parent = read_lineage(tmp_path / "records"), read_lineage(patients)
    assert lineage is not None
    assert parent is not None
    assert lineage.parents == (parent.product_uuid,)
    assert lineage.product_uuid == record_set.product_uuid
    assert str(tmp_path) not in lineage.model_dump_json() + record_set.model_dump_json()


def test_the_same_folder_and_seed_give_the_same_bytes(two_classes: Path, tmp_path: Path) -> None:
    """Whatever the folder is called and however many workers there are; another seed differs."""
    moved = tmp_path / "moved" / "elsewhere"
    shutil.copytree(two_classes, moved)
    run(two_classes, tmp_path / "one", seed=5)
    run(moved, tmp_path / "two", seed=5, workers=2)
    run(two_classes, tmp_path / "three", seed=6)
    for file in (tmp_path / "one").iterdir():
        if file.name not in {"lineage.json", "records.json"}:
            assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    names = ("splits.csv", "train-dicom.tfrecord")
    assert all((tmp_path / "one" / n).read_bytes() != (tmp_path / "three" / n).read_bytes() for n in names)


def test_records_are_shuffled_within_a_split(two_classes: Path, tmp_path: Path) -> None:
    """Neither the order of names nor that of classes is the order of records."""
    run(two_classes, tmp_path / "records", split="None")
    names = [example["image/filename"][0] for example in iterate_examples(tmp_path / "records", "all")]
    assert sorted(names) != names
    assert len(set(names)) == 40


def test_without_split_one_file_bears_the_name(two_classes: Path, tmp_path: Path) -> None:
    """The scheme "None" writes `<name>.tfrecord`."""
    report = run(two_classes, tmp_path / "records", split="None", name="mine")
    assert report.num_records == {"all": 40}
    assert (tmp_path / "records" / "mine.tfrecord").is_file()
    assert open_record_set(tmp_path / "records").split_plan.scheme == "None"
    assert report.warnings == ()


def test_shards_share_the_records(two_classes: Path, tmp_path: Path) -> None:
    """A split has the shards asked for, but never an empty one."""
    run(two_classes, tmp_path / "records", shards=5)
    record_set = open_record_set(tmp_path / "records")
    sizes = [(shard.file, shard.num_records) for shard in record_set.shards]
    assert sizes[0] == ("train-dicom-00000-of-00005.tfrecord", 6)
    assert Counter(shard.split for shard in record_set.shards) == {"train": 5, "validation": 4, "test": 4}
    assert verify_record_set(tmp_path / "records").is_sound


def test_several_labels_make_a_multi_label_set(make_folder, tmp_path: Path) -> None:
    """Labels and multi-hot values agree."""
    folder = make_folder("multi", {f"p{n}.png": ["A", "B"] if n % 2 else ["B"] for n in range(20)})
    assert run(folder, tmp_path / "records", split="None").kind == "multi_label"
    for example in iterate_examples(tmp_path / "records", "all"):
        both = len(example["image/class/label"]) == 2
        assert example["image/class/values"] == [float(both), 1.0]
        assert example["image/class/mask"] == [1.0, 1.0]


def test_a_classes_file_gives_the_order(two_classes: Path, tmp_path: Path) -> None:
    """Classes without pictures keep their place and count 0."""
    classes = tmp_path / "classes.txt"
    classes.write_text("0:none\n1:Skull\n2:Hand\n")
    report = run(two_classes, tmp_path / "records", classes_file=classes)
    assert report.classes == ("none", "Skull", "Hand")
    assert report.num_labels["test"] == {"none": 0, "Skull": 2, "Hand": 2}


def test_a_label_that_names_no_class_is_refused(two_classes: Path, tmp_path: Path) -> None:
    """The known classes and the counts are named, and nothing is written."""
    classes = tmp_path / "classes.txt"
    classes.write_text("Hand\n")
    with pytest.raises(UnknownNameError, match=r'"Skull" \(20 pictures\)\. Known: Hand'):
        run(two_classes, tmp_path / "records", classes_file=classes)
    assert not (tmp_path / "records").exists()


def test_what_is_left_out_is_counted_and_named(make_folder, tmp_path: Path) -> None:
    """Unlabelled and unreadable pictures, and labels without picture."""
    labels: dict[str, list[str] | None] = {f"p{n}.png": ["Hand"] for n in range(9)}
    labels |= {"none.png": None, "blank.png": [], "bad.png": ["Hand"]}
    folder = make_folder("mixed", labels, contents={"bad.png": b"no picture"})
    (folder / "labels" / "ghost.txt").write_text("Hand")
    report = run(folder, tmp_path / "records")
    assert report.left_out == {"no_label": 2, "no_picture": 1, "not_a_picture": 1}
    assert sum(report.num_records.values()) == 9
    assert "images/bad.png,not_a_picture" in (tmp_path / "records" / "left_out.csv").read_text()


def test_identical_pictures_share_a_split(make_folder, picture_bytes, tmp_path: Path) -> None:
    """Copies of one file under several names never part, even without patients."""
    import numpy as np

    copies = picture_bytes(np.zeros((4, 4), np.uint8))
    labels = {f"p{n:02d}.png": ["Hand"] for n in range(40)}
    folder = make_folder("copies", labels, contents={f"p{n:02d}.png": copies for n in range(10)})
    run(folder, tmp_path / "records")
    rows = csv.DictReader(io.StringIO((tmp_path / "records" / "splits.csv").read_text()))
    assert len({row["split"] for row in rows if row["name"] < "p10"}) == 1
    assert verify_record_set(tmp_path / "records").is_sound


def test_a_target_that_holds_something_is_kept(two_classes: Path, tmp_path: Path) -> None:
    """Nothing is replaced unless asked, and never the folder that is read."""
    run(two_classes, tmp_path / "records")
    with pytest.raises(TargetExistsError):
        run(two_classes, tmp_path / "records")
    assert run(two_classes, tmp_path / "records", split="None", overwrite=True).num_records == {"all": 40}
    with pytest.raises(ConfigError, match="holds the folder that is read"):
        run(two_classes, two_classes, overwrite=True)


def test_too_few_patients_leave_nothing_behind(make_folder, tmp_path: Path) -> None:
    """Two pictures cannot fill three splits."""
    with pytest.raises(SplitError, match="at least 3 groups"):
        run(make_folder("few", {"a.png": ["A"], "b.png": ["B"]}), tmp_path / "out" / "records")
    assert not (tmp_path / "out").exists()


def test_a_failure_while_writing_leaves_nothing_behind(
    two_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target appears whole or not at all."""
    calls = iter(range(2))

    def fail_late(*arguments: Any, **options: Any) -> list[Any]:
        if next(calls):
            raise OSError(28, "No space left on device")
        return written(*arguments, **options)

    written = packing_module.write_split
    monkeypatch.setattr(packing_module, "write_split", fail_late)
    with pytest.raises(OSError, match="No space"):
        run(two_classes, tmp_path / "records")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["two_classes"]


@pytest.mark.parametrize("options", [{"shards": 0}, {"name": "../x"}, {"split": "kfold"}, {"colour": 1}])
def test_a_wrong_config_is_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    """No shard, a name that is a path, an unknown scheme, an unknown key."""
    with pytest.raises(ValidationError):
        PackConfig(folder=tmp_path, target=tmp_path / "t", **options)


def test_the_report_is_plain_json(two_classes: Path, tmp_path: Path) -> None:
    """A report can be printed."""
    report = run(two_classes, tmp_path / "records")
    assert json.loads(report.model_dump_json())["num_records"]["train"] == 32


@pytest.mark.tensorflow
def test_tensorflow_parses_every_key(make_folder, picture_bytes, tmp_path: Path) -> None:
    """The original's keys and ours, with their types and shapes; PNG and JPEG decode."""
    import numpy as np
    import tensorflow as tf

    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    contents = {"a.jpg": picture_bytes(grey, ".jpg"), "b.bmp": picture_bytes(grey, ".bmp")}
    folder = make_folder("both", {"a.jpg": ["Hand"], "b.bmp": ["Hand", "Cast"]}, contents=contents)
    run(folder, tmp_path / "records", split="None", encoding="keep")
    one_text, one_number = tf.io.FixedLenFeature([], tf.string), tf.io.FixedLenFeature([], tf.int64)
    numbers, floats = tf.io.VarLenFeature(tf.int64), tf.io.VarLenFeature(tf.float32)
    keys = {
        "image/height": one_number,
        "image/width": one_number,
        "image/channels": one_number,
        "image/shape": tf.io.FixedLenFeature([3], tf.int64),
        "image/format": one_text,
        "image/encoded": one_text,
        "image/dtype": one_text,
        "image/filename": one_text,
        "image/class/label": numbers,
        "image/class/text": tf.io.VarLenFeature(tf.string),
        "image/class/values": tf.io.FixedLenFeature([2], tf.float32),
        "image/class/mask": tf.io.FixedLenFeature([2], tf.float32),
        "image/object/bbox/xmin": floats,
        "image/object/bbox/ymin": floats,
        "image/object/bbox/xmax": floats,
        "image/object/bbox/ymax": floats,
        "image/object/class/label": numbers,
        "image/patient_key": one_text,
        "image/frame_sha256": one_text,
    }
    examples = {}
    for payload in tf.data.TFRecordDataset(str(tmp_path / "records" / "dicom.tfrecord")):
        assert set(tf.train.Example.FromString(payload.numpy()).features.feature) == set(keys)
        parsed = tf.io.parse_single_example(payload, keys)
        examples[parsed["image/filename"].numpy()] = parsed
    jpeg, png = examples[b"images/a.jpg"], examples[b"images/b.bmp"]
    assert jpeg["image/encoded"].numpy() == contents["a.jpg"]
    assert (jpeg["image/format"].numpy(), png["image/format"].numpy()) == (b"JPEG", b"PNG")
    assert png["image/shape"].numpy().tolist() == [6, 8, 1]
    assert np.array_equal(tf.io.decode_png(png["image/encoded"]).numpy()[..., 0], grey)
    assert tf.sparse.to_dense(png["image/class/label"]).numpy().tolist() == [1, 0]
    assert tf.sparse.to_dense(png["image/object/bbox/ymax"]).numpy().tolist() == [1.0, 1.0]
    assert png["image/class/values"].numpy().tolist() == [1.0, 1.0]
    assert jpeg["image/class/values"].numpy().tolist() == [0.0, 1.0]


def test_ratios_that_do_not_fit_the_split_are_told_when_the_config_is_made(tmp_path: Path) -> None:
    """In a run file: before anything runs."""
    with pytest.raises(SplitError, match="takes 3 ratios"):
        PackConfig(folder=tmp_path, target=tmp_path / "r", ratios=(0.9, 0.1))

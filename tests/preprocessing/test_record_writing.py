"""Names and keys of records."""

from __future__ import annotations

import hashlib
from pathlib import Path

from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from preprocessing.folders import FolderEntry, open_image_folder
from preprocessing.framing import read_records
from preprocessing.record_pictures import ExaminedPicture, PictureSettings
from preprocessing.record_places import FilePlace
from preprocessing.record_sources import RecordSource, choose_sources, source_of_folder
from preprocessing.record_writing import ShardSettings, example_features, shard_names, write_split


def test_an_example_has_the_originals_keys_and_ours() -> None:
    """Every key, with the value that the picture gives."""
    entry = FolderEntry("a", "images/a.png", Path("a.png"), ("Skull",), patient_key="p", sha256="ab")
    place = FilePlace("images/a.png", Path("a.png"))
    source = RecordSource(entry, place, ExaminedPicture(4, 5, 3, 8, "PNG", "cd"))
    assert example_features(source, b"bytes", ("Hand", "Skull"), "PNG") == {
        "image/channels": [3],
        "image/class/label": [1],
        "image/class/mask": [1.0, 1.0],
        "image/class/text": [b"Skull"],
        "image/class/values": [0.0, 1.0],
        "image/dtype": [b"uint8"],
        "image/encoded": [b"bytes"],
        "image/filename": [b"images/a.png"],
        "image/format": [b"PNG"],
        "image/frame_sha256": [b"ab"],
        "image/height": [4],
        "image/object/bbox/xmax": [1.0],
        "image/object/bbox/xmin": [0.0],
        "image/object/bbox/ymax": [1.0],
        "image/object/bbox/ymin": [0.0],
        "image/object/class/label": [1],
        "image/patient_key": [b"p"],
        "image/shape": [4, 5, 3],
        "image/width": [5],
    }


def test_a_picture_without_manifest_is_known_by_its_file() -> None:
    """The file's hash stands for the frame's, and an unknown patient is an empty text."""
    source = RecordSource(
        FolderEntry("a", "images/a.png", Path("a.png"), ("Hand",)),
        FilePlace("images/a.png", Path("a.png")),
        ExaminedPicture(4, 5, 1, 8, "PNG", "cd"),
    )
    features = example_features(source, b"", ("Hand",), "PNG")
    assert (features["image/frame_sha256"], features["image/patient_key"]) == ([b"cd"], [b""])


def test_shards_have_the_hash_and_size_that_are_told(two_classes: Path, tmp_path: Path) -> None:
    """What `records.json` promises is what is on disk."""
    sources, _ = choose_sources(
        source_of_folder(open_image_folder(two_classes)),
        encoding="keep",
        raw_budget=0,
        settings=PictureSettings(),
        executor=InProcessExecutor(),
        progress=SilentProgress(),
    )
    settings = ShardSettings("dicom", ("Hand", "Skull"), num_shards=3, seed=0)
    shards = write_split(
        tmp_path, "train", sources, settings=settings, executor=InProcessExecutor(), progress=SilentProgress()
    )
    assert [shard.file for shard in shards] == shard_names("dicom", "train", 3)
    assert [shard.num_records for shard in shards] == [13, 13, 14]
    for shard in shards:
        content = (tmp_path / shard.file).read_bytes()
        assert shard.sha256 == hashlib.sha256(content).hexdigest()
        assert shard.num_bytes == len(content)
        assert len(list(read_records(tmp_path / shard.file))) == shard.num_records

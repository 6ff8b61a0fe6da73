"""Small record sets, written without the door that packs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from foundation.fingerprints import sha256_of_file
from preprocessing.examples import encode_example
from preprocessing.framing import write_records
from preprocessing.record_sets import RecordSet, Shard, SplitPlan, open_record_set

MakeRecordSet = Callable[..., RecordSet]


def draw_picture(label: int, *, size: int, channels: int, seed: int) -> np.ndarray:
    """Return a dark noisy picture with a bright band whose height is the class."""
    generator = np.random.default_rng([label, seed])
    picture = generator.integers(0, 60, (size, size, channels), dtype=np.uint8)
    top = label * size // 3
    picture[top : top + size // 3] += 150
    return picture


def encode_record(picture: np.ndarray, values: list[float], mask: list[float]) -> bytes:
    """Return one example with the keys that training reads."""
    return encode_example(
        {
            "image/encoded": [cv2.imencode(".png", picture)[1].tobytes()],
            "image/class/label": [index for index, value in enumerate(values) if value == 1.0],
            "image/class/values": values,
            "image/class/mask": mask,
        }
    )


def write_record_set(
    folder: Path,
    splits: dict[str, list[bytes]],
    *,
    kind: str = "single_label",
    classes: tuple[str, ...] = ("abdomen", "chest", "hand"),
    size: int | None = 28,
    channels: int | None = 1,
) -> RecordSet:
    """Write one shard a split and records.json."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = []
    for split, payloads in splits.items():
        path = folder / f"{split}-dicom.tfrecord"
        with path.open("wb") as stream:
            write_records(stream, payloads)
        shards.append(
            Shard(
                file=path.name,
                split=split,
                num_records=len(payloads),
                sha256=sha256_of_file(path),
                num_bytes=path.stat().st_size,
            )
        )
    record_set = RecordSet(
        product_uuid="5d4f3c4e-0000-4000-8000-000000000000",
        name="dicom",
        task="body_part",
        kind=kind,
        classes=classes,
        splits={split: len(payloads) for split, payloads in splits.items()},
        shards=tuple(shards),
        split_plan=SplitPlan(scheme="tvt_split", ratios={}, seed=0, grouped_by="patient", patients_unknown=0),
        rendering="window",
        recipe=("contrast_enhancing:4",),
        encoding="png",
        cohort=None,
        height=size,
        width=size,
        channels=channels,
    )
    (folder / "records.json").write_text(json.dumps(record_set.model_dump(mode="json")))
    return open_record_set(folder)


@pytest.fixture
def make_record_set(tmp_path: Path) -> MakeRecordSet:
    """Return a function that writes a record set of three easy classes."""

    def make(
        *,
        name: str = "records",
        size: int = 28,
        channels: int = 1,
        kind: str = "single_label",
        **counts: int,
    ) -> RecordSet:
        splits = {}
        for number, (split, count) in enumerate((counts or {"train": 24, "validation": 9}).items()):
            splits[split] = [
                encode_record(
                    draw_picture(index % 3, size=size, channels=channels, seed=1000 * number + index),
                    *_labels(index, kind),
                )
                for index in range(count)
            ]
        return write_record_set(tmp_path / name, splits, kind=kind, size=size, channels=channels)

    return make


def _labels(index: int, kind: str) -> tuple[list[float], list[float]]:
    """Return values and mask; of several labels some are not known."""
    if kind == "multi_label":
        return [1.0, float(index % 2), 0.0], [1.0, 1.0, float(index % 2)]
    return np.eye(3)[index % 3].tolist(), [1.0, 1.0, 1.0]

"""A tiny trained artifact, pictures, folders and record sets, made for these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from foundation.fingerprints import sha256_of_bytes, sha256_of_file
from preprocessing.examples import encode_example
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import FolderState
from preprocessing.framing import write_records
from preprocessing.record_sets import RecordSet, Shard, SplitPlan

if TYPE_CHECKING:
    from database.session import Database

CLASSES = ("bright", "dark", "grey")
"""What the artifact tells apart by mean brightness: above 170, below 85, and between."""


def encode_png(picture: NDArray[Any]) -> bytes:
    """Return the picture as PNG; three channels are taken as BGR, which no test minds."""
    return bytes(cv2.imencode(".png", picture)[1])


def brightness_model() -> Any:
    """Return a model of 8 x 8 x 1 pictures whose logits follow from the mean brightness m of 0..1.

    Lines through (0, 1/2 and 1) so that dark wins below 1/3, grey up to 2/3 and bright above.
    """
    from training.tensorflow_setup import import_tensorflow

    import_tensorflow()
    import keras

    pictures = keras.Input((8, 8, 1), name="pictures")
    x = keras.layers.Rescaling(1 / 255)(pictures)
    x = keras.layers.BatchNormalization(name="norm")(x)
    logits = keras.layers.Dense(3, name="logits")(keras.layers.GlobalAveragePooling2D(name="mean")(x))
    model = keras.Model(pictures, logits)
    kernel = np.array([[60.0, -60.0, 0.0]], np.float32)
    model.get_layer("logits").set_weights([kernel, np.array([-40.0, 20.0, 0.0], np.float32)])
    return model


def write_tiny_artifact(folder: Path, **described: Any) -> Path:
    """Write an artifact of the model above, described as the arguments say."""
    from training.artifact import TrainedModel, write_artifact

    description: dict[str, Any] = {
        "model": "brightness",
        "classes": CLASSES,
        "task": "brightness",
        "kind": "single_label",
        "height": 8,
        "width": 8,
        "channels": 1,
        "rendering": "window",
        "recipe": (),
        "precision": "float32",
        "metrics": {},
        "records": "1" * 8,
        "trained_epochs": 1,
        "best_epoch": 1,
        "seed": 0,
        "parameters": 10,
        "feature_map": "norm",
        **described,
    }
    folder.mkdir()
    write_artifact(folder, brightness_model(), TrainedModel(**description))
    return folder


@pytest.fixture(scope="session")
def make_artifact() -> Callable[..., Path]:
    """What writes an artifact of the brightness model, described as asked."""
    return write_tiny_artifact


@pytest.fixture(scope="session")
def artifact_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single-label artifact without recipe."""
    return write_tiny_artifact(tmp_path_factory.mktemp("artifacts") / "single")


@pytest.fixture(scope="session")
def multi_label_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a multi-label artifact."""
    return write_tiny_artifact(tmp_path_factory.mktemp("artifacts") / "multi", kind="multi_label")


@pytest.fixture(scope="session")
def quantising_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifact whose recipe leaves one bit: 255 becomes 128, which is grey rather than bright."""
    folder = tmp_path_factory.mktemp("artifacts") / "recipe"
    return write_tiny_artifact(folder, recipe=("bitwise_downsampling:1",))


@pytest.fixture
def png() -> Callable[..., bytes]:
    """What encodes a picture as PNG."""
    return encode_png


@pytest.fixture
def pictures_path(tmp_path: Path) -> Path:
    """A folder of three picture files and one that only claims to be one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, level in {"a.png": 250, "b.png": 10, "c.png": 128}.items():
        (folder / name).write_bytes(encode_png(np.full((12, 9), level, np.uint8)))
    (folder / "d.png").write_bytes(b"<html>no picture</html>")
    return folder


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Make an image/label folder as `export` and `transform` write them."""

    def make(levels: Mapping[str, int], *, rendering: str | None = None, recipe: Sequence[str] = ()) -> Path:
        folder = tmp_path / f"export-{rendering}-{len(recipe)}"
        folder.mkdir()
        with FolderWriter(folder) as writer:
            for name, level in levels.items():
                content = encode_png(np.full((8, 8), level, np.uint8))
                writer.add(FolderPicture(name, content, instance="2.25.7", frame_number=2, sha256="f" * 64))
            writer.finish(FolderState(rendering=rendering, recipe=tuple(recipe)), kind="export")
        return folder

    return make


def _example(name: str, level: int, values: Sequence[float], known: float, **changed: Any) -> bytes:
    content = changed.get("content") or encode_png(np.full((8, 8), level, np.uint8))
    features: dict[str, Any] = {
        "image/encoded": [content],
        "image/filename": [name.encode()],
        "image/class/values": list(values),
        "image/class/mask": [known] * 3,
        "image/patient_key": [b"patient" if known else b""],
        "image/frame_sha256": [sha256_of_bytes(content + name.encode()).encode()],
    }
    return encode_example({key: features[key] for key in features if key not in changed.get("without", ())})


@pytest.fixture
def make_records(tmp_path: Path) -> Callable[..., Path]:
    """Make a record set with a split "test" in two shards and a split "train"."""

    def make(*, content: bytes = b"", without: Sequence[str] = (), **described: Any) -> Path:
        folder = tmp_path / "records"
        folder.mkdir()
        changed = {"content": content, "without": without}
        payloads = {
            "test-dicom-00000-of-00002.tfrecord": [
                _example("images/a.png", 250, (1.0, 0.0, 0.0), 1.0, **changed),
                _example("images/b.png", 10, (0.0, 1.0, 0.0), 1.0),
            ],
            "test-dicom-00001-of-00002.tfrecord": [_example("images/n.png", 128, (0.0, 0.0, 0.0), 0.0)],
            "train-dicom.tfrecord": [_example("images/t.png", 128, (0.0, 0.0, 1.0), 1.0)],
        }
        shards = tuple(_write_shard(folder / file, records) for file, records in payloads.items())
        plan = SplitPlan(scheme="tt_split", ratios={}, seed=0, grouped_by="patient", patients_unknown=1)
        description: dict[str, Any] = {
            "product_uuid": "00000000-0000-4000-8000-000000000001",
            "name": "dicom",
            "task": "brightness",
            "kind": "single_label",
            "classes": CLASSES,
            "splits": {"train": 1, "test": 3},
            "shards": shards,
            "split_plan": plan,
            "rendering": "window",
            "recipe": (),
            "encoding": "png",
            "cohort": None,
            "height": 8,
            "width": 8,
            "channels": 1,
            **described,
        }
        (folder / "records.json").write_text(RecordSet(**description).model_dump_json())
        return folder

    return make


def _write_shard(path: Path, payloads: Sequence[bytes]) -> Shard:
    with path.open("wb") as stream:
        write_records(stream, payloads)
    return Shard(
        file=path.name,
        split=path.name.split("-")[0],
        num_records=len(payloads),
        sha256=sha256_of_file(path),
        num_bytes=path.stat().st_size,
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database with its key, holding no picture."""
    from database.opening import open_with_key

    with open_with_key(f"sqlite:///{tmp_path / 'test.db'}", create=True) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a test writes by a relative path lands in the checkout."""
    monkeypatch.chdir(tmp_path)

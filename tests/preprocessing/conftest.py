"""Small image/label folders for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest

from database.opening import open_with_key
from database.session import Database
from foundation.keys import create_key_file
from imaging.phantoms.writing import write_phantoms
from ingest.ingest import IngestConfig, ingest

MakeFolder = Callable[..., Path]


def encode_picture(array: np.ndarray, ending: str = ".png") -> bytes:
    """Return an RGB or grey array as a picture file, by another encoder than ours."""
    stored = array if array.ndim == 2 else array[..., ::-1]
    return bytes(cv2.imencode(ending, stored)[1])


def numbered_picture(number: int, *, size: int = 8) -> np.ndarray:
    """Return a grey picture that differs for every number."""
    return np.random.default_rng(number).integers(0, 256, (size, size), dtype=np.uint8)


@pytest.fixture
def picture_bytes() -> Callable[..., bytes]:
    """A maker of picture files: `picture_bytes(array, ending)`."""
    return encode_picture


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """A maker of folders as a user makes them by hand: `make_folder(name, {"a.png": ["Hand"]})`."""

    def make(
        name: str,
        labels: Mapping[str, list[str] | None],
        *,
        contents: Mapping[str, bytes] | None = None,
    ) -> Path:
        folder = tmp_path / name
        for part in ("images", "labels"):
            (folder / part).mkdir(parents=True)
        for number, (file, lines) in enumerate(labels.items()):
            content = (contents or {}).get(file)
            if content is None:
                content = encode_picture(numbered_picture(number), Path(file).suffix)
            (folder / "images" / file).write_bytes(content)
            if lines is not None:
                text = "".join(f"{line}\n" for line in lines)
                (folder / "labels" / f"{Path(file).stem}.txt").write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def two_classes(make_folder: MakeFolder) -> Path:
    """Forty pictures, half of them Hand, half Skull."""
    return make_folder("two_classes", {f"p{n:02d}.png": ["Hand" if n % 2 else "Skull"] for n in range(40)})


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of a few synthetic DICOM files, made once."""
    folder = tmp_path_factory.mktemp("phantoms") / "dicom"
    write_phantoms(folder, patients=8, images_per_patient=2, size=64, seed=3)
    return folder


@pytest.fixture
def ingested(database_url: str, phantom_folder: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a database that holds the phantoms: once on SQLite, once on the server."""
    create_key_file(tmp_path / "secret.key")
    with open_with_key(database_url, key_file=tmp_path / "secret.key") as database:
        config = IngestConfig(paths=(phantom_folder,), workers=1, operator_file=tmp_path / "paths.tsv")
        ingest(config, database=database)
        yield database

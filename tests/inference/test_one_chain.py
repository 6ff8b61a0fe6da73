"""One chain: what an export makes of rows alone is what a prediction sees of the file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from database.opening import open_with_key, require_key
from database.session import Database
from imaging.phantoms.writing import write_phantoms
from imaging.plain_pictures import read_plain_picture
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings
from inference.inputs import InputTask
from inference.reading import InputPicture, ReadingSettings, read_task
from ingest.ingest import IngestConfig, ingest
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.folders import FolderEntry, open_image_folder
from preprocessing.recipe import Recipe

FrameKey = tuple[str | None, int | None]


@pytest.fixture(scope="module")
def read_then_deleted(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Database, dict[str, bytes]]]:
    """Give a database whose files are gone, and what they held: pydicom's own files and phantoms."""
    folder = tmp_path_factory.mktemp("one-chain")
    files = folder / "files"
    shutil.copytree(bundled_dicom_folder(), files / "bundled")
    write_phantoms(files / "phantoms", patients=6, images_per_patient=2, size=64, seed=4)
    contents = {
        path.relative_to(files).as_posix(): path for path in sorted(files.rglob("*")) if path.is_file()
    }
    held = {name: path.read_bytes() for name, path in contents.items()}
    with open_with_key(f"sqlite:///{folder / 'rows.db'}", create=True) as database:
        ingest(IngestConfig(paths=(files,), class_folders=True, task="origin", workers=1), database=database)
        shutil.rmtree(files)
        # The label is the folder, so that pictures of unknown body parts are members too.
        cohort(CohortConfig(name="all", task="origin", keep=("risk", "duplicates")), database=database)
        yield database, held


@pytest.mark.parametrize("rendering", ["window", "percentile", "window:40,400@16", "mimic-cxr-jpg"])
def test_an_export_from_rows_alone_is_what_a_prediction_sees(
    read_then_deleted: tuple[Database, dict[str, bytes]], tmp_path: Path, rendering: str
) -> None:
    """Every frame of every file, pixel by pixel, with the same record."""
    database, held = read_then_deleted
    export(
        ExportConfig(cohort="all", folder=tmp_path / "out", frames="all", rendering=rendering, workers=1),
        database=database,
    )
    exported = {
        (entry.instance, entry.frame_number): entry for entry in open_image_folder(tmp_path / "out").entries
    }
    seen = _seen(held, ReadingSettings(ReadSettings(key=require_key(database)), rendering), tmp_path)
    assert len(exported) > 80
    compared = [_compare(entry, seen[key]) for key, entry in exported.items()]
    assert compared == [None] * len(exported)


def _seen(
    held: dict[str, bytes], settings: ReadingSettings, folder: Path
) -> dict[FrameKey, list[InputPicture]]:
    """Return what a prediction reads of each file, by pseudonym and frame; several files may share one."""
    seen: dict[FrameKey, list[InputPicture]] = {}
    for number, (name, content) in enumerate(held.items()):
        path = folder / f"{number}"
        path.write_bytes(content)
        for row in read_task(InputTask(name, Recipe(), path=path), settings):
            seen.setdefault((row.sop_instance_uid, row.frame_number), []).append(row)
        path.unlink()
    return seen


def _compare(entry: FolderEntry, rows: list[InputPicture]) -> str | None:
    """Return the entry's name unless a file of its pseudonym gives exactly its picture and record."""
    picture = read_plain_picture(entry.image_path.read_bytes())
    for row in rows:
        if row.picture is None or row.render_record is None or row.frame_sha256 != entry.sha256:
            continue
        same = row.picture.dtype == picture.dtype and np.array_equal(row.picture, picture)
        if same and row.render_record.plain() == entry.render_record:
            return None
    return entry.name

"""The dry run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from database.session import Database
from foundation.errors import IngestError
from imaging.samples import bundled_dicom_folder
from ingest.ingest import IngestConfig, ingest
from ingest.survey import survey
from ingest.withdraw import WithdrawConfig, withdraw


def test_it_tells_what_would_happen_without_a_database(mixed_folder: Path) -> None:
    """A file that was met twice is resent; key figures are of different things."""
    report = survey(IngestConfig(paths=(mixed_folder,), workers=1))
    assert report.num_files == 6
    assert report.dispositions == {"not_an_image": 1, "rejected": 2, "resent": 1, "stored": 2}
    assert report.reasons == {"empty_file": 1, "not_dicom_nor_picture": 1, "structured_report": 1}
    assert (report.num_patients, report.num_studies, report.num_instances) == (2, 2, 2)
    assert report.modalities == {"CT": 1, "MR": 2}
    assert report.num_frames == 3
    assert report.num_bytes == sum(
        (mixed_folder / name).stat().st_size for name in ("a.dcm", "deep/b", "deep/er/c.dcm")
    )
    assert not report.compares_with_database


def test_it_says_what_ingest_then_does(database: Database, tmp_path: Path) -> None:
    """On files whose pixels are sound, disposition by disposition, before and after."""
    folder = tmp_path / "sound"
    folder.mkdir()
    for name in ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "reportsi.dcm", "examples_palette.dcm"):
        shutil.copyfile(bundled_dicom_folder() / name, folder / name)
    config = IngestConfig(paths=(folder,), workers=1, operator_file=tmp_path / "paths.tsv")
    said = survey(config, database=database)
    done = ingest(config, database=database)
    assert (said.dispositions, said.reasons) == (done.dispositions, done.reasons)
    said = survey(config, database=database)
    done = ingest(config, database=database)
    assert (said.dispositions, said.reasons) == (done.dispositions, done.reasons)
    assert said.compares_with_database


def test_it_knows_who_withdrew(database: Database, tmp_path: Path) -> None:
    """Their files would be refused, and are."""
    shutil.copyfile(bundled_dicom_folder() / "CT_small.dcm", tmp_path / "ct.dcm")
    config = IngestConfig(paths=(tmp_path / "ct.dcm",), workers=1, operator_file=tmp_path / "paths.tsv")
    ingest(config, database=database)
    withdraw(WithdrawConfig(patients=("1CT1",)), database=database)
    said = survey(config, database=database)
    assert (said.dispositions, said.reasons) == ({"rejected": 1}, {"withdrawn": 1})
    assert ingest(config, database=database).reasons == said.reasons


def test_pictures_are_told_apart_by_their_bytes(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """They have no UID of their own."""
    for number, seed in enumerate((1, 1, 2)):
        write_picture(tmp_path / f"{number}.png", seed)
    report = survey(IngestConfig(paths=(tmp_path,), workers=1))
    assert report.dispositions == {"resent": 1, "stored": 2}
    assert report.modalities == {"unknown": 3}


def test_nothing_is_written(sqlite_database: Database, mixed_folder: Path, tmp_path: Path) -> None:
    """Neither rows nor files."""
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".db-shm"}
    survey(IngestConfig(paths=(mixed_folder,), workers=1), database=sqlite_database)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".db-shm"}
    assert after == before


@pytest.mark.slow
def test_processes_tell_what_one_does(mixed_folder: Path) -> None:
    """Counts do not depend on who read which file."""
    one, two = (
        survey(IngestConfig(paths=(bundled_dicom_folder(), mixed_folder), workers=workers))
        for workers in (1, 2)
    )
    assert one.model_dump(exclude={"seconds"}) == two.model_dump(exclude={"seconds"})


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """As ingest does."""
    with pytest.raises(IngestError, match="no folder or file"):
        survey(IngestConfig(paths=(tmp_path / "nowhere",)))


def test_a_label_table_is_held_against_the_files(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """A name that fits nothing is told before hours of reading, and no file of rows is written."""
    write_picture(tmp_path / "set" / "a.png", 1)
    (tmp_path / "labels.csv").write_text("file,finding\na.png,Mass\nb.png,Edema\n")
    report = survey(IngestConfig(paths=(tmp_path / "set",), labels=tmp_path / "labels.csv", workers=1))
    assert report.labels is not None
    assert (report.labels.num_rows_with_file, report.labels.labels) == (1, {"Mass": 1})
    assert report.labels.reasons == {"subject_not_found": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "set"]

"""A folder of phantoms: the same bytes each time, and what ingest must make of each file."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from foundation.errors import ConfigError, TargetExistsError
from foundation.fingerprints import sha256_of_bytes
from foundation.progress import SilentProgress
from imaging.phantoms.planning import plan_phantoms
from imaging.phantoms.writing import phantom_bytes, write_phantoms

SMALL = {"patients": 6, "size": 64, "seed": 3}


def contents(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file by its relative path."""
    return {
        str(path.relative_to(folder)): sha256_of_bytes(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Whatever the hash seed; another seed gives other bytes."""
    write_phantoms(tmp_path / "here", **SMALL)
    program = (
        "import sys; from pathlib import Path; from imaging.phantoms.writing import write_phantoms; "
        f"write_phantoms(Path(sys.argv[1]), **{SMALL!r})"
    )
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "there"], check=True, env={"PYTHONHASHSEED": "7"}
    )
    write_phantoms(tmp_path / "other", patients=6, size=64, seed=4)
    here, there, other = (contents(tmp_path / name) for name in ("here", "there", "other"))
    assert here == there
    assert len(here) == 29
    same = {path for path in here if here[path] == other[path]}
    assert len(same) == 1  # the text file


def test_the_truth_table_holds_for_every_file(tmp_path: Path) -> None:
    """Beside the folder and only when asked: header and pixels are as it says."""
    report = write_phantoms(tmp_path / "phantoms", truth_path=tmp_path / "truth.csv", **SMALL)
    with (tmp_path / "truth.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert Counter(row["expected"] for row in rows) == report.expected
    assert {row["path"] for row in rows} == set(contents(tmp_path / "phantoms"))
    for row in rows:
        if row["expected"] not in {"stored", "resent"}:
            continue
        ds = dcmread(tmp_path / "phantoms" / row["path"])
        assert ds.SOPInstanceUID == row["sop_instance_uid"]
        assert ds.file_meta.TransferSyntaxUID == row["transfer_syntax_uid"]
        assert str(ds.BitsStored) == row["bits_stored"]
        assert ds.pixel_array.shape == (64, 64)
    names = " ".join(contents(tmp_path / "phantoms")).upper()
    assert not any(row["body_part"] and row["body_part"] in names for row in rows)


def test_a_file_sent_again_holds_the_same_values_in_other_bytes() -> None:
    """Same UID, same stored values, same attributes, another transfer syntax."""
    plan = plan_phantoms(patients=6, images_per_patient=4, seed=3, size=64, dirty=True)
    for again in (file for file in plan.files if file.kind == "resent"):
        first, second = (read(phantom_bytes(plan, file)) for file in (plan.files[again.number], again))
        assert first.file_meta.TransferSyntaxUID != second.file_meta.TransferSyntaxUID
        assert np.array_equal(first.pixel_array, second.pixel_array)
        names = set(first.dir()) | set(second.dir())
        assert all(
            first[name].value == second[name].value for name in names - {"PixelData", "VOILUTSequence"}
        )


def read(content: bytes) -> Dataset:
    """Read a file from memory."""
    return dcmread(io.BytesIO(content))


def test_the_strays_are_what_they_are_called() -> None:
    """The cut one lacks pixels, the report has none, the text is no DICOM."""
    plan = plan_phantoms(patients=6, images_per_patient=4, seed=3, size=64, dirty=True)
    cut, report, text = (phantom_bytes(plan, file) for file in plan.files[-3:])
    assert read(report).Modality == "SR"
    assert len(cut) < len(phantom_bytes(plan, plan.files[1]))
    with pytest.raises(InvalidDicomError):
        read(text)


def test_a_clean_set_has_only_clean_pictures(tmp_path: Path) -> None:
    """No stray, no blank id, every body part by its term."""
    report = write_phantoms(tmp_path / "clean", dirty=False, **SMALL)
    assert report.expected == {"stored": 24}
    assert report.patients_without_id == 0
    headers = [dcmread(path, stop_before_pixels=True) for path in (tmp_path / "clean").rglob("*.dcm")]
    assert Counter(ds.BodyPartExamined for ds in headers) == report.body_parts
    assert len({ds.PatientID for ds in headers}) == 6


def test_a_file_does_not_depend_on_those_before_it(tmp_path: Path) -> None:
    """Drawn alone, it has the bytes that stand in the folder."""
    write_phantoms(tmp_path / "all", **SMALL)
    plan = plan_phantoms(patients=6, images_per_patient=4, seed=3, size=64, dirty=True)
    file = plan.files[11]
    assert phantom_bytes(plan, file) == (tmp_path / "all" / file.path).read_bytes()


def test_progress_is_told_of_every_file(tmp_path: Path) -> None:
    """One stage, as many units as files."""

    class Counting(SilentProgress):
        def __init__(self) -> None:
            self.total, self.count = 0, 0

        def begin(self, stage: str, total: int | None = None) -> None:
            self.total = total or 0

        def advance(self, count: int = 1) -> None:
            self.count += count

    progress = Counting()
    report = write_phantoms(tmp_path / "told", progress=progress, **SMALL)
    assert progress.total == progress.count == report.files == 29


def test_a_target_that_holds_something_is_refused_unless_overwritten(tmp_path: Path) -> None:
    """Nothing of the user's is touched."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(TargetExistsError):
        write_phantoms(tmp_path / "full", **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
    write_phantoms(tmp_path / "full", overwrite=True, dirty=False, **SMALL)
    assert not (tmp_path / "full" / "mine.txt").exists()


@pytest.mark.parametrize(
    "wrong", [{"patients": 0}, {"images_per_patient": 0}, {"seed": -1}, {"size": 8}, {"patients": 10**6}]
)
def test_numbers_out_of_range_are_refused_before_anything_is_written(
    tmp_path: Path, wrong: dict[str, int]
) -> None:
    """The message says what came."""
    with pytest.raises(ConfigError, match="Received: "):
        write_phantoms(tmp_path / "none", **wrong)
    assert not list(tmp_path.iterdir())

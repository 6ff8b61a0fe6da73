"""The page on labels, followed word by word."""

from __future__ import annotations

import gzip
import itertools
import re
import shlex
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.main import main
from database.label_policies import LABEL_POLICIES
from database.schema import LABEL_VALUES
from imaging.samples import bundled_dicom_folder
from ingest.label_subjects import SUBJECT_LEVEL
from ingest.label_tables import LabelTable

PAGE = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")


RSNA_HEADERS, RSNA_LABELS = "rsna_stage2_dicom_headers.csv.gz", "rsna_stage2_train_labels.csv.zip"


def lines_of(name: str) -> list[str]:
    """Return the commands of the block that follows `<!-- tested: NAME -->`."""
    (block,) = re.findall(rf"^<!-- tested: {name} -->\n```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return list(block.splitlines())


@pytest.fixture
def follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], list[str]]:
    """Run a block in this process, in a folder of its own; return what each line printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DICOMILL_WORKERS", "1")
    for name in ("DICOMILL_DATABASE_URL", "DICOMILL_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(name: str) -> list[str]:
        told = []
        for line in lines_of(name):
            capsys.readouterr()
            with pytest.raises(SystemExit) as caught:
                main(shlex.split(line)[1:])
            written = capsys.readouterr()
            assert not caught.value.code, f"{line}\n{written.err}"
            told.append(written.out)
        return told

    return run


def part_of(source: Path, target: Path, suffixes: tuple[str, ...], count: int) -> list[Path]:
    """Copy some files of each folder, and every table."""
    copied = []
    for folder in (source, *sorted(path for path in source.rglob("*") if path.is_dir())):
        files = sorted(path for path in folder.iterdir() if path.is_file())
        chosen = [path for path in files if path.suffix.lower() in suffixes][:count]
        for path in [*chosen, *(path for path in files if path.suffix == ".csv")]:
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            copied.append(place)
    return copied


def matched(told: str) -> int:
    """Return how many rows had their file."""
    return int(re.findall(r"(\d+) of \d+ rows have their file", told)[0])


@pytest.mark.corpus
@pytest.mark.slow
def test_every_set_is_ingested_by_its_line(
    corpus: Path, tmp_path: Path, follow: Callable[[str], list[str]]
) -> None:
    """A few pictures of each; every picture has its row, and what is stored can be labelled further."""
    for name in ("chest-xray", "medical-mnist", "brain-mri", "dicom-labelled"):
        part_of(corpus / name, tmp_path / name, (".png", ".jpg", ".jpeg", ".dcm"), 4)
    told = follow("sets")
    assert [matched(each) for each in told[:6]] == [4, 4, 4, 24, 8, 4]
    assert all("0 files have no row" in each for each in told[:6])
    assert "no_finding_vs_any" in told[6]
    more = follow("stored")
    assert [int(each.split()[0]) >= least for each, least in zip(more, (3, 3, 8, 3), strict=False)] == [
        True
    ] * 4
    assert "0 on which readers disagree" in more[4]


def head_of(source: Path, target: Path, count: int) -> None:
    """Copy the first lines of a table."""
    read, write = (gzip.open, gzip.open) if source.suffix == ".gz" else (open, open)
    target.parent.mkdir(parents=True, exist_ok=True)
    with read(source, "rt") as stream, write(target, "wt") as copy:  # type: ignore[operator]
        copy.writelines(itertools.islice(stream, count))


@pytest.mark.corpus
@pytest.mark.slow
def test_chest_xrays_are_read_inside_their_archive(
    corpus: Path, tmp_path: Path, follow: Callable[[str], list[str]]
) -> None:
    """With the first rows of the official tables."""
    for name in ("Data_Entry_2017_v2020.csv.gz", "nih_sample_labels.csv", "BBox_List_2017.csv.gz"):
        head_of(corpus / "tables" / name, tmp_path / "tables" / name, 501)
    with zipfile.ZipFile(tmp_path / "images_001.zip", "w") as archive:
        for path in sorted((corpus / "chest-xray" / "nih-64" / "images").iterdir())[:5]:
            archive.write(path, f"images/{path.name}")
    told = follow("nih")
    assert matched(told[0]) == 5
    assert "495  subject_not_found" in told[0]
    with sqlite3.connect(tmp_path / "dicomill.db") as rows:
        kept = rows.execute(
            "SELECT body_part, view_position, patient_key IS NOT NULL, age_years > 0, sex FROM image"
        ).fetchall()
    assert len(kept) == 5
    assert all(part == "CHEST" and view and known and age and sex for part, view, known, age, sex in kept)


def write_pictures(folder: Path, names: list[str]) -> None:
    """Write small pictures, each of its own."""
    folder.mkdir()
    for number, name in enumerate(names):
        values = np.random.default_rng(number).integers(0, 256, (8, 8), dtype=np.uint8)
        (folder / name).write_bytes(cv2.imencode(".jpg", values)[1].tobytes())


@pytest.mark.corpus
def test_tables_of_other_sets_name_their_files(
    corpus: Path, tmp_path: Path, follow: Callable[[str], list[str]]
) -> None:
    """ROCO's without suffix and header; RSNA's of DICOM files."""
    for path in (corpus / "tables" / "roco" / "validation").iterdir():
        head_of(path, tmp_path / "tables" / "roco" / "validation" / path.name, 301)
    head_of(corpus / "tables" / RSNA_HEADERS, tmp_path / "tables" / RSNA_HEADERS, 301)
    with zipfile.ZipFile(corpus / "tables" / RSNA_LABELS) as archive:
        head = b"".join(itertools.islice(archive.open(archive.namelist()[0]), 301))
    with zipfile.ZipFile(tmp_path / "tables" / RSNA_LABELS, "w") as archive:
        archive.writestr("stage_2_train_labels.csv", head)
    write_pictures(tmp_path / "roco", ["ROCO_00020.jpg", "ROCO_00027.jpg"])
    told = follow("roco")
    assert matched(told[0]) == 2
    assert [each.split(" rows")[0] for each in told[1:]] == ["2 of 301", "2 of 301", "2 of 300"]
    (tmp_path / "rsna").mkdir()
    for name, sample in (
        ("0004cfab-14fd-4e49-80ba-63a80b6bddd6", "CT"),
        ("82193858-3906-4c2f-b5b4-8aa1280f6181", "MR"),
    ):
        shutil.copyfile(bundled_dicom_folder() / f"{sample}_small.dcm", tmp_path / "rsna" / f"{name}.dcm")
    told = follow("rsna")
    assert matched(told[0]) == 1
    assert told[1].startswith("1 of ")


def test_the_page_names_every_field_value_and_policy() -> None:
    """So that nothing has to be looked up in the code."""
    for name in (*LabelTable.model_fields, *LABEL_VALUES, *SUBJECT_LEVEL, *LABEL_POLICIES):
        assert f"`{name}" in PAGE, name


def test_readings_in_rows_hold_no_names(tmp_path: Path, follow: Callable[[str], list[str]]) -> None:
    """Neither a row nor the operator's file knows what a table calls its pictures and patients."""
    write_pictures(tmp_path / "set", ["Miller_Anna.jpg"])
    (tmp_path / "labels.csv").write_text(
        "file,finding,patient\nMiller_Anna.jpg,Mass,ID4711\nDoe.jpg,Mass,ID4712\n"
    )
    words = ["ingest", "set", "--labels", "labels.csv"]
    for words in (
        ["ingest", "set", "--labels", "labels.csv"],
        ["labels", "add", "labels.csv", "--by", "file_name"],
    ):
        with pytest.raises(SystemExit):
            main(words)
    kept = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("dicomill*")))
    assert b"Mass" in kept
    for word in (b"Miller", b"ID4711", b"ID4712", b"Doe"):
        assert word not in kept

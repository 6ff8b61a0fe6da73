"""The door `export`."""

from __future__ import annotations

import csv
import errno
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

import preprocessing.export as export_module
from database.cohorts import get_cohort
from database.opening import open_with_key
from database.product_tables import Product, ProductParent
from database.schema import Cohort, CohortMember
from database.session import Database, transaction
from foundation.errors import ConfigError, PreprocessingError, QueryError, TargetExistsError
from foundation.lineage import read_lineage
from imaging.phantoms.writing import write_phantoms
from ingest.ingest import IngestConfig, ingest
from preprocessing import export_runs, rendering_batch
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, ExportReport, export
from preprocessing.export_tables import check_table_classes
from preprocessing.folder_writing import FolderWriter, WrittenPicture
from preprocessing.folders import open_image_folder
from preprocessing.recipe import Recipe
from preprocessing.recipe_files import write_recipe_file
from preprocessing.transform import TransformConfig, transform

ROOT = Path(__file__).parents[2]


@pytest.fixture
def with_cohort(ingested: Database) -> Database:
    """Give a database with the cohort `all`."""
    cohort(CohortConfig(name="all"), database=ingested)
    return ingested


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, phantom_folder: Path) -> Iterator[Database]:
    """Give one SQLite database with the cohort `all`, for tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("stocked")
    with open_with_key(f"sqlite:///{folder / 'rows.db'}", create=True) as database:
        config = IngestConfig(paths=(phantom_folder,), workers=1, operator_file=folder / "paths.tsv")
        ingest(config, database=database)
        cohort(CohortConfig(name="all"), database=database)
        yield database


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file but the lineage, which tells the time."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lineage.json"
    }


def test_pictures_and_labels_have_equal_names(with_cohort: Database, tmp_path: Path) -> None:
    """`images/<name>.png`, `labels/<name>.txt` with the class, one manifest row each."""
    report = export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=with_cohort)
    images = sorted(path.stem for path in (tmp_path / "out" / "images").iterdir())
    labels = sorted(path.stem for path in (tmp_path / "out" / "labels").iterdir())
    with (tmp_path / "out" / "manifest.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert images == labels == sorted(row["name"] for row in rows)
    assert len(images) == report.num_images == sum(report.label_counts.values())
    entry = open_image_folder(tmp_path / "out").entries[0]
    assert entry.labels[0] == entry.name.split("_")[0]


def test_the_folder_says_how_far_it_has_come(with_cohort: Database, tmp_path: Path) -> None:
    """Rendering, task and cohort for the stages after it."""
    export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=with_cohort)
    state = json.loads((tmp_path / "out" / "folder.json").read_text())
    assert state == {"rendering": "window", "recipe": [], "task": "body_part", "cohort": "all"}


def test_one_process_and_two_write_the_same_bytes(with_cohort: Database, tmp_path: Path) -> None:
    """Whatever order batches end in."""
    for name, workers in (("one", 1), ("two", 2)):
        config = ExportConfig(cohort="all", folder=tmp_path / name, workers=workers)
        export(config, database=with_cohort)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_an_export_is_registered_with_its_cohort(with_cohort: Database, tmp_path: Path) -> None:
    """The lineage in the folder and the rows say the same."""
    report = export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=with_cohort)
    lineage = read_lineage(tmp_path / "out")
    assert lineage is not None
    assert lineage.product_uuid == report.product_uuid
    with with_cohort.session() as session:
        assert session.scalars(select(Product.product_uuid)).all() == [report.product_uuid]
        assert tuple(session.scalars(select(ProductParent.parent_uuid))) == lineage.parents
    assert str(tmp_path) not in lineage.model_dump_json()


def test_no_identifier_of_a_phantom_leaves_the_database(with_cohort: Database, tmp_path: Path) -> None:
    """Names and ids of the headers stand in no file name and no table."""
    export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1), database=with_cohort)
    for name, content in contents(tmp_path / "out").items():
        if not name.startswith("images/"):
            assert b"SYNTHETIC^PHANTOM" not in content
        assert "PHANTOM" not in name


def test_a_target_that_holds_something_is_kept(with_cohort: Database, tmp_path: Path) -> None:
    """Unless it may be replaced."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    config = ExportConfig(cohort="all", folder=tmp_path / "out", workers=1)
    with pytest.raises(TargetExistsError, match="--overwrite"):
        export(config, database=with_cohort)
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
    export(config.model_copy(update={"overwrite": True}), database=with_cohort)
    assert not (tmp_path / "out" / "mine.txt").exists()


def exported(database: Database, folder: Path, **values: Any) -> ExportReport:
    """Export everything."""
    return export(
        ExportConfig.checked({"cohort": "all", "folder": folder, "workers": 1, **values}), database=database
    )


@pytest.mark.parametrize("rendering", ["window", "full@16"])
def test_a_recipe_on_the_way_is_a_transform_afterwards(
    stocked: Database, tmp_path: Path, rendering: str
) -> None:
    """The same pictures, and `folder.json` says the same of them."""
    steps = ("invert", "letterbox:32")
    exported(stocked, tmp_path / "at once", rendering=rendering, steps=steps)
    exported(stocked, tmp_path / "first", rendering=rendering)
    transform(TransformConfig(folder=tmp_path / "first", target=tmp_path / "then", steps=steps, workers=1))
    at_once, then = contents(tmp_path / "at once"), contents(tmp_path / "then")
    same = {name for name in at_once if at_once[name] == then[name]}
    assert same >= {name for name in at_once if name.startswith(("images/", "labels/"))} | {"folder.json"}


def test_a_recipe_file_stands_for_its_steps(stocked: Database, tmp_path: Path) -> None:
    """And the lineage names the steps, not the file."""
    write_recipe_file(tmp_path / "r.json", Recipe.parse(["resize:16"]))
    report = exported(stocked, tmp_path / "out", recipe_file=tmp_path / "r.json")
    assert report.recipe == ("resize:16x16",)
    lineage = read_lineage(tmp_path / "out")
    assert lineage is not None
    assert lineage.config["steps"] == ["resize:16x16"]
    assert str(tmp_path) not in lineage.model_dump_json()


def test_formats_have_their_ending(stocked: Database, tmp_path: Path) -> None:
    """A JPEG of a lower quality is smaller; the manifest names the files."""
    sizes = []
    for quality in (90, 20):
        folder = tmp_path / str(quality)
        exported(stocked, folder, format=f"jpg:{quality}")
        entries = open_image_folder(folder).entries
        assert {entry.image_path.suffix for entry in entries} == {".jpg"}
        sizes.append(sum(entry.image_path.stat().st_size for entry in entries))
    assert sizes[0] > sizes[1]


def test_a_sample_is_drawn_by_its_seed_alone(stocked: Database, tmp_path: Path) -> None:
    """The same pictures again, others by another seed, and a larger sample holds the smaller one."""
    names: dict[str, set[str]] = {}
    for name, sample, seed in (("a", 4, 1), ("b", 4, 1), ("c", 4, 2), ("d", 7, 1), ("e", 10**6, 1)):
        report = exported(stocked, tmp_path / name, sample=sample, seed=seed)
        names[name] = {entry.name for entry in open_image_folder(tmp_path / name).entries}
        assert report.num_images == len(names[name]) == min(sample, report.num_available)
    assert names["a"] == names["b"] < names["d"] < names["e"]
    assert names["a"] != names["c"]
    lineage = read_lineage(tmp_path / "a")
    assert lineage is not None
    assert (lineage.config["sample"], lineage.config["seed"]) == (4, 1)


def test_metadata_are_what_was_kept_a_line_a_picture(stocked: Database, tmp_path: Path) -> None:
    """Names lead to the manifest, and nothing of the phantoms' identifiers is in it."""
    exported(stocked, tmp_path / "out", metadata=True)
    text = (tmp_path / "out" / "metadata.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    entries = {entry.name: entry for entry in open_image_folder(tmp_path / "out").entries}
    assert {line["name"] for line in lines} == set(entries)
    for line in lines:
        entry = entries[line["name"]]
        assert (line["sop_instance_uid"], line["image"]) == (entry.instance, entry.image)
        assert line["modality"]
        assert None not in line.values()
    assert "SYNTHETIC^" not in text
    assert "PHANTOM" not in text
    assert any(line.get("study_date_shifted") for line in lines)


def test_tables_of_labels_are_those_that_taggers_read(stocked: Database, tmp_path: Path) -> None:
    """TSV of the name without ending, JSON of the file name; several labels would be split by semicolons."""
    exported(stocked, tmp_path / "tsv", labels_table="tsv", format="jpg")
    exported(stocked, tmp_path / "json", labels_table="json", format="jpg")
    entries = open_image_folder(tmp_path / "tsv").entries
    rows = [line.split("\t") for line in (tmp_path / "tsv" / "labels.tsv").read_text().splitlines()]
    assert dict(rows) == {entry.name: entry.labels[0] for entry in entries}
    assert all((tmp_path / "tsv" / "images" / f"{name}.jpg").is_file() for name, _ in rows)
    listed = json.loads((tmp_path / "json" / "labels.json").read_text())
    assert listed == {f"{entry.name}.jpg": entry.labels[0] for entry in entries}


def test_class_folders_hold_the_pictures_of_their_class(stocked: Database, tmp_path: Path) -> None:
    """No folder but classes; a picture that was moved to another class has that one."""
    exported(stocked, tmp_path / "out", layout="folders")
    folder = open_image_folder(tmp_path / "out")
    classes = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert classes == {label for entry in folder.entries for label in entry.labels}
    assert all(entry.image.split("/")[0] == entry.labels[0] for entry in folder.entries)
    moved = folder.entries[0]
    (other, *_) = sorted(classes - {moved.labels[0]})
    moved.image_path.rename(tmp_path / "out" / other / moved.image_path.name)
    again = {entry.name: entry for entry in open_image_folder(tmp_path / "out").entries}
    assert again[moved.name].labels == (other,)
    assert again[moved.name].sha256 == moved.sha256


@pytest.mark.tensorflow
def test_keras_reads_class_folders(stocked: Database, tmp_path: Path) -> None:
    """`image_dataset_from_directory` finds the classes and every picture."""
    import keras

    report = exported(stocked, tmp_path / "out", layout="folders")
    found = keras.utils.image_dataset_from_directory(
        tmp_path / "out", image_size=(64, 64), color_mode="grayscale", batch_size=None, shuffle=False
    )
    assert found.class_names == sorted(report.label_counts)
    counted = Counter(found.class_names[int(label)] for _, label in found)
    assert counted == report.label_counts


def test_a_run_that_broke_off_goes_on(
    stocked: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk half-way: nothing under the final name, and the same command ends with the same bytes."""
    values = {"metadata": True, "labels_table": "json", "frames": "all"}
    monkeypatch.setattr(export_runs, "FRAMES_A_BATCH", 2)
    exported(stocked, tmp_path / "whole", **values)
    written, left = rendering_batch.write_picture, iter(range(6))

    def fill_up(*arguments: Any, **options: Any) -> WrittenPicture:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(rendering_batch, "write_picture", fill_up)
        with pytest.raises(OSError, match="No space left"):
            exported(stocked, tmp_path / "out", **values)
    assert not (tmp_path / "out").exists()
    report = exported(stocked, tmp_path / "out", **values)
    assert report.num_resumed == 6
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert not list(tmp_path.glob(".out*"))


def test_what_is_taken_over_has_to_be_what_rows_say_today(
    stocked: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged picture and a patient's key of before a merge are made anew, and so is what follows."""
    values = {"metadata": True}
    monkeypatch.setattr(export_runs, "FRAMES_A_BATCH", 2)

    def break_off(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FolderWriter, "finish", lambda *_, **__: break_off(_))
    with pytest.raises(KeyboardInterrupt):
        exported(stocked, tmp_path / "out", **values)
    monkeypatch.undo()
    images = sorted(tmp_path.glob(".out.*/content/images/*"), key=lambda path: path.name.split("_", 1)[1])
    images[3].write_bytes(b"damaged")
    report = exported(stocked, tmp_path / "out", **values)
    assert report.num_resumed == 3
    exported(stocked, tmp_path / "whole", **values)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.slow
def test_a_killed_command_goes_on(stock_url: str, tmp_path: Path) -> None:
    """Kill -9 in the middle of a pool's work: the same command ends with the bytes of an undisturbed run."""
    words = [sys.executable, "-c", "from cli.main import run; run()", "export", "all", str(tmp_path / "t")]
    words += ["--database", stock_url, "--set", "workers=2", "--step", "resize:140", "--frames", "all"]
    words += ["--step", "denoise_non_local_means:5", "--metadata"]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            journals = list(tmp_path.glob(".t.*/journal.jsonl"))
            if journals and len(journals[0].read_bytes().splitlines()) >= 16:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    assert not (tmp_path / "t").exists()
    with open_with_key(stock_url) as database:
        steps = ("resize:140", "denoise_non_local_means:5")
        values = {"steps": steps, "frames": "all", "metadata": True}
        report = exported(database, tmp_path / "t", **values)
        assert report.num_resumed >= 16
        exported(database, tmp_path / "whole", **values)
    assert contents(tmp_path / "t") == contents(tmp_path / "whole")


@pytest.fixture
def stock_url(tmp_path: Path) -> str:
    """Give the URL of an SQLite database with some dozen pictures and the cohort `all`."""
    write_phantoms(tmp_path / "dicom", patients=16, images_per_patient=3, size=64, seed=5)
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    with open_with_key(url, create=True) as database:
        ingest(IngestConfig(paths=(tmp_path / "dicom",), workers=1), database=database)
        cohort(CohortConfig(name="all"), database=database)
    return url


def test_mistakes_are_told_before_any_work(stocked: Database, tmp_path: Path) -> None:
    """An unknown cohort, rendering or field; no database."""
    with pytest.raises(QueryError, match=r'no cohort "al"\. Did you mean "all"'):
        export(ExportConfig(cohort="al", folder=tmp_path / "out"), database=stocked)
    with pytest.raises(ConfigError, match="windw"):
        ExportConfig.checked({"cohort": "all", "folder": tmp_path / "out", "rendering": "windw"})
    with pytest.raises(PreprocessingError, match="open database"):
        export(ExportConfig(cohort="all", folder=tmp_path / "out"))
    for values, says in (
        ({"format": "png:90"}, "quality"),
        ({"format": "jpg", "rendering": "full@16"}, "A JPEG holds 8 bits"),
        ({"steps": ["clah"]}, 'Did you mean "clahe"'),
        ({"steps": ["clahe"], "rendering": "full@16"}, "takes pictures of 8 bits"),
        ({"steps": ["clahe"], "recipe_file": tmp_path / "r.json"}, "Give one of them"),
        ({"frames": "every:0"}, "every:N"),
        ({"recipe_file": tmp_path / "r.json"}, "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=says):
            exported(stocked, tmp_path / "out", **values)
    assert list(tmp_path.glob("out*")) == []


def test_classes_that_a_layout_cannot_hold_are_refused(stocked: Database, tmp_path: Path) -> None:
    """Two classes of one folder, and a class with what stands between labels."""
    with pytest.raises(ConfigError, match="would share the folder a_b"):
        export_module._check_class_folders(("a/b", "a_b"))
    for classes in (("Mass", "mass"), ("caf\u00e9", "cafe\u0301")):
        with pytest.raises(ConfigError, match="would share the folder"):
            export_module._check_class_folders(classes)
    with pytest.raises(ConfigError, match='The class "a;b"'):
        check_table_classes(("a;b",), "tsv")
    check_table_classes(("a;b",), None)
    with pytest.raises(ConfigError):
        exported(stocked, tmp_path / "out", layout="tree")


def test_a_cohort_that_lost_members_says_so(with_cohort: Database, tmp_path: Path) -> None:
    """The others are exported; where none is left there is a clear line."""
    before = exported(with_cohort, tmp_path / "before", seed=1, sample=8)
    with with_cohort.session() as session:
        members = session.scalars(select(CohortMember.instance_id)).all()
        record = get_cohort(session, "all")

    def take(ids: list[int]) -> None:
        def gone(session: Any) -> None:
            session.execute(delete(CohortMember).where(CohortMember.instance_id.in_(ids)))
            values = {"num_withdrawn": Cohort.num_withdrawn + len(ids)}
            session.execute(update(Cohort).where(Cohort.id == record.id).values(**values))

        transaction(with_cohort, gone)

    take(list(members[:5]))
    report = exported(with_cohort, tmp_path / "after")
    assert (report.num_withdrawn, before.num_withdrawn) == (5, 0)
    assert report.num_images == len(members) - 5
    sample = exported(with_cohort, tmp_path / "sample", seed=1, sample=8)
    assert sample.num_images == 8
    was, now = (contents(tmp_path / name) for name in ("before", "sample"))
    gone_uids = {entry.instance for entry in open_image_folder(tmp_path / "before").entries} - {
        entry.instance for entry in open_image_folder(tmp_path / "after").entries
    }
    stayed = [name for name in was if name.startswith("images/") and not any(u in name for u in gone_uids)]
    assert set(stayed) <= set(now)
    take(list(members[5:]))
    with pytest.raises(PreprocessingError, match="left with patients who withdrew"):
        exported(with_cohort, tmp_path / "none")

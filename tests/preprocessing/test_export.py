"""The door `export`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from database.product_tables import Product, ProductParent
from database.session import Database
from foundation.errors import ConfigError, PreprocessingError, QueryError, TargetExistsError
from foundation.lineage import read_lineage
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.folders import open_image_folder


@pytest.fixture
def with_cohort(ingested: Database) -> Database:
    """Give a database with the cohort `all`."""
    cohort(CohortConfig(name="all"), database=ingested)
    return ingested


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


def test_mistakes_are_told_before_any_work(with_cohort: Database, tmp_path: Path) -> None:
    """An unknown cohort, rendering or field; no database."""
    with pytest.raises(QueryError, match=r'no cohort "al"\. Did you mean "all"'):
        export(ExportConfig(cohort="al", folder=tmp_path / "out"), database=with_cohort)
    with pytest.raises(ConfigError, match="windw"):
        ExportConfig.checked({"cohort": "all", "folder": tmp_path / "out", "rendering": "windw"})
    with pytest.raises(PreprocessingError, match="open database"):
        export(ExportConfig(cohort="all", folder=tmp_path / "out"))
    assert list(tmp_path.glob("out*")) == []

"""What `pack` packs: folders, class folders, archives of them, and cohorts."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from database.opening import open_with_key
from database.product_tables import Product
from database.session import Database
from foundation.errors import ConfigError, FolderError, PreprocessingError, QueryError
from foundation.lineage import read_lineage
from ingest.ingest import IngestConfig, ingest
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.pack import PackConfig, PackReport, pack
from preprocessing.record_checks import verify_record_set
from preprocessing.record_sets import open_record_set

TOLD_ANEW = {"lineage.json", "records.json"}


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, phantom_folder: Path) -> Iterator[Database]:
    """Give one SQLite database with the cohort `all`."""
    folder = tmp_path_factory.mktemp("stocked")
    with open_with_key(f"sqlite:///{folder / 'rows.db'}", create=True) as database:
        config = IngestConfig(paths=(phantom_folder,), workers=1, operator_file=folder / "paths.tsv")
        ingest(config, database=database)
        cohort(CohortConfig(name="all"), database=database)
        yield database


def run(target: Path, *, database: Database | None = None, **values: Any) -> PackReport:
    """Pack with one process unless said otherwise."""
    return pack(PackConfig.checked({"target": target, "workers": 1, **values}), database=database)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file but those with uuid and time."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in TOLD_ANEW}


def description(folder: Path) -> dict[str, Any]:
    """Return `records.json` without its uuid."""
    found: dict[str, Any] = json.loads((folder / "records.json").read_text())
    return {name: value for name, value in found.items() if name != "product_uuid"}


@pytest.mark.parametrize(
    ("rendering", "steps", "values"),
    [
        ("window", (), {}),
        ("window", ("letterbox:24", "invert"), {"encoding": "png"}),
        ("full@16", (), {"encoding": "keep"}),
        ("full@16", ("resize:20",), {"raw_budget": 0, "shard_bytes": 3000}),
        ("percentile", (), {"raw_budget": 0, "shard_bytes": 9000}),
        ("window", (), {"encoding": "jpeg", "jpeg_quality": 70, "shards": 2}),
    ],
)
def test_a_cohort_is_packed_as_an_export_of_it(
    stocked: Database, tmp_path: Path, rendering: str, steps: tuple[str, ...], values: dict[str, Any]
) -> None:
    """Byte for byte, in every encoding; the description, too."""
    asked = {"rendering": rendering, "steps": steps, "frames": "all"}
    export(ExportConfig(cohort="all", folder=tmp_path / "out", workers=1, **asked), database=stocked)
    shared = {"split": "tt_split", "seed": 3, **values}
    run(tmp_path / "long", folder=tmp_path / "out", **shared)
    run(tmp_path / "short", database=stocked, cohort="all", **asked, **shared)
    assert contents(tmp_path / "long") == contents(tmp_path / "short")
    assert description(tmp_path / "long") == description(tmp_path / "short")
    assert verify_record_set(tmp_path / "short").is_sound
    assert {path.name for path in tmp_path.iterdir()} == {"out", "long", "short"}


def test_records_of_a_cohort_descend_from_it(ingested: Database, tmp_path: Path) -> None:
    """On both databases; the product is registered with what decided it."""
    record = cohort(CohortConfig(name="all"), database=ingested)
    report = run(tmp_path / "out", database=ingested, cohort="all", steps=("resize:16",), split="None")
    lineage = read_lineage(tmp_path / "out")
    assert lineage is not None
    assert lineage.parents == (record.cohort_uuid,)
    assert (lineage.config["cohort"], lineage.config["steps"]) == ("all", ["resize:16x16"])
    assert str(tmp_path) not in lineage.model_dump_json()
    records = open_record_set(tmp_path / "out")
    assert (records.cohort, records.rendering, records.recipe) == ("all", "window", ("resize:16x16",))
    with ingested.session() as session:
        product = session.get(Product, report.product_uuid)
        assert product is not None
        assert product.kind == "records"


@pytest.mark.parametrize(("above", "workers"), [("", 1), ("pictures/", 2)])
def test_a_zip_is_packed_as_its_folder(two_classes: Path, tmp_path: Path, above: str, workers: int) -> None:
    """Whether the folder itself was packed or what it holds; a broken picture is left out alike."""
    (two_classes / "images" / "p03.png").write_bytes(b"no picture")
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(two_classes.rglob("*.*")):
            archive.write(path, f"{above}{path.relative_to(two_classes).as_posix()}")
    for values in ({}, {"encoding": "keep"})[workers - 1 :]:
        run(tmp_path / "long", folder=two_classes, seed=2, overwrite=True, **values)
        short = {"folder": tmp_path / "set.zip", "seed": 2, "workers": workers, "overwrite": True}
        run(tmp_path / "short", **short, **values)
        assert contents(tmp_path / "long") == contents(tmp_path / "short")
        assert description(tmp_path / "long") == description(tmp_path / "short")


def test_class_folders_are_packed_from_disk_and_zip(tmp_path: Path, picture_bytes, two_classes: Path) -> None:
    """The class is the folder; traps and pictures without a class are left out."""
    folder = tmp_path / "set"
    for number, path in enumerate(sorted((two_classes / "images").iterdir())):
        place = folder / ("yes" if number % 2 else "no") / f"{number:02d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path).as_posix())
    report = run(tmp_path / "a", folder=folder)
    assert report.classes == ("no", "yes")
    run(tmp_path / "b", folder=tmp_path / "set.zip")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "set.zip", "a") as archive:
        archive.writestr("../up.png", b"")
        archive.writestr("loose.png", (folder / "yes" / "01.png").read_bytes())
    report = run(tmp_path / "c", folder=tmp_path / "set.zip")
    assert report.left_out == {"climbing_name": 1, "no_label": 1}


def test_splits_that_lie_in_an_archive_hold(two_classes: Path, tmp_path: Path) -> None:
    """As those of a folder do: nobody's test pictures become training pictures by packing."""
    rows = [f"p{number:02d},{'test' if number < 6 else 'train'}" for number in range(40)]
    (two_classes / "splits.csv").write_text("\n".join(["name,split", *rows]))
    shutil.make_archive(str(tmp_path / "set"), "zip", two_classes)
    report = run(tmp_path / "out", folder=tmp_path / "set.zip")
    assert report.num_records == {"train": 34, "test": 6}
    assert open_record_set(tmp_path / "out").split_plan.origin == "table"


def test_what_does_not_go_together_is_refused(stocked: Database, two_classes: Path, tmp_path: Path) -> None:
    """Neither or both sources, a rendering of a folder, unknown names, no database, a trap of a zip."""
    for values, says in (
        ({}, "Give a folder"),
        ({"folder": two_classes, "cohort": "all"}, "one of them"),
        ({"folder": two_classes, "rendering": "full"}, "rendered already"),
        ({"folder": two_classes, "steps": ["invert"]}, "dicomill transform"),
        ({"cohort": "all", "steps": ["clah"]}, 'Did you mean "clahe"'),
        ({"cohort": "all", "rendering": "widow"}, 'Did you mean "window"'),
        ({"cohort": "all", "rendering": "full@16", "steps": ["clahe"]}, "takes pictures of 8 bits"),
        ({"cohort": "all", "frames": "last"}, "every:N"),
        ({"cohort": "all", "steps": ["invert"], "recipe_file": "r.json"}, "Give one of them"),
    ):
        with pytest.raises(ConfigError, match=says):
            run(tmp_path / "out", database=stocked, **values)
    with pytest.raises(QueryError, match='Did you mean "all"'):
        run(tmp_path / "out", database=stocked, cohort="al")
    with pytest.raises(PreprocessingError, match="lives in a database"):
        run(tmp_path / "out", cohort="all")
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4" + bytes(100))
    with pytest.raises(FolderError, match="cannot be packed"):
        run(tmp_path / "out", folder=tmp_path / "bad.zip")
    assert not list(tmp_path.glob("*out*"))

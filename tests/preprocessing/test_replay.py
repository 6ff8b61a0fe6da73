"""Replays: a version of a cohort gives the same pictures, whatever came into the database since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydicom import dcmread
from sqlalchemy import select

from database.cohorts import get_cohort
from database.schema import Instance
from database.session import Database
from imaging.phantoms.writing import write_phantoms
from ingest.ingest import IngestConfig, ingest
from ingest.labels import LabelsConfig, labels
from ingest.merge import MergeConfig, merge
from ingest.reclean import RecleanConfig, reclean
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.folders import open_image_folder
from preprocessing.pack import PackConfig, pack
from preprocessing.render_verify import RenderVerifyConfig, render_verify

FORMS: dict[str, dict[str, Any]] = {
    "png": {"frames": "all"},
    "jpg": {"format": "jpg:80", "steps": ("letterbox:32",)},
    "classes": {"layout": "folders", "rendering": "full@16", "sample": 9, "seed": 4},
}


def exports(database: Database, folder: Path, version: int) -> dict[str, bytes]:
    """Export one version of the cohort in every form; return pictures and label files."""
    for name, form in FORMS.items():
        values = {"cohort": "all", "version": version, "folder": folder / name, "workers": 1, **form}
        export(ExportConfig.checked(values), database=database)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in {".png", ".jpg", ".txt"}
    }


def correct(database: Database, phantoms: Path, folder: Path) -> None:
    """Let more pictures, readings, a merge, a site table and corrected headers come in."""
    write_phantoms(folder / "more", patients=3, images_per_patient=2, size=64, seed=9)
    windowed = (path for path in sorted(phantoms.rglob("*.dcm")) if "WindowWidth" in dcmread(path))
    for number, path in zip(range(2), windowed, strict=False):
        ds = dcmread(path)
        ds.WindowCenter, ds.WindowWidth, ds.BodyPartExamined = "10", "20", "FOOT"
        ds.save_as(folder / "more" / f"corrected-{number}.dcm")
    config = IngestConfig(paths=(folder / "more",), workers=1, operator_file=folder / "more.tsv")
    assert ingest(config, database=database).dispositions["updated"] == 2
    with database.session() as session:
        ids = ", ".join(str(row_id) for row_id in session.scalars(select(Instance.id).limit(6)))
    reading = {"constant": "HEAD", "where": f"id IN ({ids})", "task": "body_part", "reader": "a"}
    assert labels(LabelsConfig.checked(reading), database=database).num_rows > 3
    keys = sorted(
        {
            entry.patient_key
            for entry in open_image_folder(folder / "before" / "png").entries
            if entry.patient_key
        }
    )
    (folder / "merged.csv").write_text(f"old,new\n{keys[0]},{keys[1]}\n")
    assert merge(MergeConfig(table=folder / "merged.csv", keys=True), database=database).num_merged == 1
    site = "field\ttext\tvalue\tsource\nbody_part\tchest\tHEAD\tbody_part_examined\n"
    (folder / "site.tsv").write_text(site + "modality\tdx\tCR\n")
    assert reclean(RecleanConfig(site_tables=(folder / "site.tsv",)), database=database).num_changed


def test_a_version_of_a_cohort_gives_the_same_bytes(
    ingested: Database, phantom_folder: Path, tmp_path: Path
) -> None:
    """Names, pictures and labels of every form, and its records; all of it verifies against the rows."""
    first = cohort(CohortConfig(name="all"), database=ingested)
    before = exports(ingested, tmp_path / "before", first.version)
    packed = {"cohort": "all", "version": first.version, "split": "None", "workers": 1}
    pack(PackConfig.checked({"target": tmp_path / "records", **packed}), database=ingested)
    correct(ingested, phantom_folder, tmp_path)
    second = cohort(CohortConfig(name="all"), database=ingested)
    assert second.version == first.version + 1
    assert exports(ingested, tmp_path / "after", first.version) == before
    assert exports(ingested, tmp_path / "newest", second.version) != before
    for name in FORMS:
        for folder in ("before", "after", "newest"):
            report = render_verify(
                RenderVerifyConfig(folder=tmp_path / folder / name, workers=1), database=ingested
            )
            assert report.is_sound, report.differences
    with ingested.session() as session:
        assert get_cohort(session, "all", first.version).fingerprint == first.fingerprint
    pack(PackConfig.checked({"target": tmp_path / "again", **packed}), database=ingested)
    # A merge is no correction of pictures: the record names the patient that it led to.
    assert pictures_of(tmp_path / "again") == pictures_of(tmp_path / "records")


def pictures_of(records: Path) -> list[tuple[Any, ...]]:
    """Return what the records hold besides their patient."""
    from preprocessing.record_sets import iterate_examples

    return [
        tuple((name, tuple(values)) for name, values in example.items() if name != "image/patient_key")
        for example in iterate_examples(records, "all")
    ]

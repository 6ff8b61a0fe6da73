"""A patient under two ids: one patient in cohorts, exports and splits once a merge list says so."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from sqlalchemy import text

from database.session import Database
from imaging.pseudonyms import Pseudonymiser
from ingest.merge import MergeConfig, merge
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.pack import PackConfig, pack

ISSUER = "SYNTHETIC"


def true_dates(folder: Path) -> dict[tuple[str, str], dt.date]:
    """Return the true study date by patient id and Study Instance UID."""
    import pydicom

    found = {}
    for path in folder.rglob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if ds.get("PatientID") and ds.get("StudyDate"):
            found[ds.PatientID, ds.StudyInstanceUID] = dt.date.fromisoformat(ds.StudyDate)
    return found


def merge_list(path: Path, *pairs: tuple[str, str]) -> MergeConfig:
    """Write a merge list of phantoms."""
    lines = [f"{old},{new},{ISSUER},{ISSUER}" for old, new in pairs]
    path.write_text("\n".join(["old,new,old issuer,new issuer", *lines]))
    return MergeConfig(table=path, old_issuer="old issuer", new_issuer="new issuer")


def test_two_ids_become_one_patient_on_one_calendar(
    ingested: Database, phantom_folder: Path, tmp_path: Path
) -> None:
    """Its pictures lie in one split, and days between its studies are those between the true dates."""
    assert ingested.key is not None
    maker, dates = Pseudonymiser(ingested.key), true_dates(phantom_folder)
    ids = sorted({patient.strip() for patient, _ in dates})
    old, new = ids[0], ids[1]
    export_before(ingested, tmp_path / "before")
    assert merge(merge_list(tmp_path / "merged.csv", (old, new)), database=ingested).num_merged == 1

    with ingested.session() as session:
        rows = session.execute(
            text("SELECT study_instance_uid, patient_key, study_date_shifted FROM image")
        ).all()
    shifted = {uid: (key, dt.date.fromisoformat(str(day))) for uid, key, day in rows if day is not None}
    canonical = maker.patient_key(new, ISSUER)
    own = [
        (day, shifted[maker.uid(uid)])
        for (patient, uid), day in dates.items()
        if patient.strip() in (old, new) and maker.uid(uid) in shifted
    ]
    assert {key for _, (key, _) in own} == {canonical}
    assert len(own) >= 2
    first_true, (_, first_shifted) = own[0]
    assert all((day - first_true) == (other - first_shifted) for day, (_, other) in own)

    cohort(CohortConfig(name="after"), database=ingested)
    export(ExportConfig(cohort="after", folder=tmp_path / "after", workers=1), database=ingested)
    keys = patient_keys(tmp_path / "after")
    assert canonical in keys
    assert maker.patient_key(old, ISSUER) not in keys
    for folder in ("before", "after"):
        assert splits_of_both(ingested, tmp_path / folder, maker, (old, new)) == 1


def export_before(database: Database, folder: Path) -> None:
    """Export every picture before anything is merged."""
    cohort(CohortConfig(name="before"), database=database)
    export(ExportConfig(cohort="before", folder=folder, workers=1), database=database)


def patient_keys(folder: Path) -> set[str]:
    """Return the patients of an export."""
    with (folder / "manifest.csv").open(encoding="utf-8") as stream:
        return {row["patient_key"] for row in csv.DictReader(stream)}


def splits_of_both(database: Database, folder: Path, maker: Pseudonymiser, ids: tuple[str, str]) -> int:
    """Pack with seeds until both patients have been drawn; return the most splits that they were in."""
    keys = {maker.patient_key(patient, ISSUER) for patient in ids}
    with (folder / "manifest.csv").open(encoding="utf-8") as stream:
        names = {row["name"] for row in csv.DictReader(stream) if row["patient_key"] in keys}
    assert len(names) >= 2
    most = 0
    for seed in range(3):
        target = folder.with_name(f"{folder.name}-records-{seed}")
        pack(PackConfig(folder=folder, target=target, seed=seed, workers=1), database=database)
        with (target / "splits.csv").open(encoding="utf-8") as stream:
            splits = {row["split"] for row in csv.DictReader(stream) if row["name"] in names}
        most = max(most, len(splits))
    return most

"""The table of a cohort."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean, quantiles

import pytest

from database import cohort_tables
from database.batches import NewInstance, NewReading
from database.cohort_tables import Characteristic, CohortTable, ValueCount
from database.cohorts import CohortSelection, cohort_table, create_cohort
from database.labels import add_readings
from database.session import Database, transaction

Store = Callable[..., list[str]]
Make = Callable[..., NewInstance]

AGES = (3, 45, 45, 61, 90, None)


@pytest.fixture
def filled(database: Database, store: Store, make: Make) -> Database:
    """Give six pictures of three patients, and one of nobody."""
    store(
        *(
            make(
                f"2.25.{n}",
                picture=str(n),
                patient_key=f"p{n // 2}",
                patient_age_years=age,
                modality="CR" if n < 4 else None,
                patient_sex="F" if n % 2 else "M",
                study_year=2010 + n % 2,
            )
            for n, age in enumerate(AGES)
        ),
        make("2.25.9", picture="9", patient_key=None, modality="DX", study_instance_uid="s9"),
    )
    return database


def table_of(database: Database, **fields: object) -> CohortTable:
    """Freeze a cohort and return its table."""
    selection = CohortSelection.checked({"name": "x", **fields})
    record = transaction(database, lambda session: create_cohort(session, selection))
    with database.session() as session:
        table, is_frozen = cohort_table(session, record)
    assert is_frozen
    return table


def test_everything_is_counted(filled: Database) -> None:
    """Images, patients, studies, units; what is missing of each characteristic."""
    table = table_of(filled)
    assert (table.num_images, table.num_patients, table.num_units) == (7, 3, 7)
    assert (table.num_patient_unknown, table.num_studies, table.num_series) == (1, 1, 1)
    found = {one.name: one for one in table.characteristics}
    assert found["modality"] == Characteristic(
        name="modality",
        values=(
            ValueCount(value="CR", num_images=4, num_patients=2),
            ValueCount(value="DX", num_images=1, num_patients=0),
        ),
        num_missing=2,
    )
    assert [(one.value, one.num_images, one.num_patients) for one in found["age_band"].values] == [
        ("0-9", 1, 1),
        ("40-49", 2, 2),
        ("60-69", 1, 1),
        ("90+", 1, 1),
    ]
    assert found["age_band"].num_missing == 2
    assert [one.value for one in found["study_year"].values] == ["2010", "2011"]
    assert {one.value: one.num_images for one in found["burned_in_risk"].values} == {"none": 7}


def test_ages_are_summed_up_as_the_standard_library_does(filled: Database) -> None:
    """Mean, median and quartiles of the known ones."""
    ages = table_of(filled).ages
    known = [float(age) for age in AGES if age is not None]
    assert ages is not None
    assert (ages.num_known, ages.youngest, ages.oldest) == (5, 3, 90)
    assert ages.mean == pytest.approx(mean(known))
    assert [ages.lower_quartile, ages.median, ages.upper_quartile] == pytest.approx(
        quantiles(known, n=4, method="inclusive")
    )


def test_without_any_age_there_is_no_summary(database: Database, store: Store, make: Make) -> None:
    """Nothing is made up."""
    store(make())
    assert table_of(database).ages is None


def test_labels_are_counted_by_class_and_value(filled: Database) -> None:
    """Patients are those with a picture where the class is present."""
    readings = [
        NewReading("finding", "Mass", "1", "ana", subject_key="2.25.0"),
        NewReading("finding", "Mass", "1", "ana", subject_key="2.25.1"),
        NewReading("finding", "Mass", "0", "ana", subject_key="2.25.2"),
        NewReading("finding", "Edema", "1", "ana", subject_key="2.25.2"),
        NewReading("finding", "Edema", "uncertain", "ana", subject_key="2.25.9"),
    ]
    transaction(filled, lambda session: add_readings(session, readings))
    table = table_of(filled, task="finding", label_policy="multiple")
    assert [(one.class_name, one.num_images, one.num_patients) for one in table.labels] == [
        ("Mass", {"1": 2, "0": 1}, 1),
        ("Edema", {"uncertain": 1, "1": 1}, 1),
    ]


def test_a_long_list_of_values_is_cut(
    database: Database, store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is counted together."""
    monkeypatch.setattr(cohort_tables, "MOST_VALUES", 2)
    store(*(make(f"2.25.{n}", picture=str(n), manufacturer=f"M{max(n, 3)}") for n in range(6)))
    (found,) = [one for one in table_of(database).characteristics if one.name == "manufacturer"]
    assert [(one.value, one.num_images) for one in found.values] == [("M3", 4), ("M4", 1)]
    assert (found.num_other_values, found.num_other_images) == (1, 1)

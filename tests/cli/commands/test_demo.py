"""`dicomill demo`; the way itself is tested with its door."""

from __future__ import annotations

from pathlib import Path

from pipeline.demo import DemoConfig, DemoReport


def test_options_reach_the_door_and_the_page_is_named(works, door_stand_in) -> None:
    """Where to, how large, and where to look at the end."""
    report = DemoReport(page=Path("there/report.html"), accuracy=0.9876, stages=[])
    asked = door_stand_in("pipeline.demo.demo", report)
    words = ["demo", "--folder", "there", "--patients", 24, "--images-per-patient", 2]
    assert works(*words).out.splitlines() == [
        "Test accuracy on synthetic phantoms: 0.988",
        "Open there/report.html in a browser.",
    ]
    assert asked == [DemoConfig(folder=Path("there"), patients=24, images_per_patient=2)]
    assert works(*words, "--json").json["accuracy"] == 0.9876


def test_too_few_patients_are_refused(refuses) -> None:
    """Every class needs some in every split."""
    refuses("demo", "--patients", 3, says="--patients")


def test_a_folder_that_cannot_be_made_is_one_line(refuses, tmp_path: Path) -> None:
    """A file stands in its way."""
    (tmp_path / "file").touch()
    refuses("demo", "--folder", "file/demo", says="Cannot write to file/demo")

"""`dicomill doctor`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.doctor import Check, DoctorConfig, DoctorReport

FINE = Check(subject="Python", outcome="works", detail="3.11")
MISSING = Check(subject="TensorFlow", outcome="missing", detail="not installed", remedy="pip install it")
BROKEN = Check(subject="folder", outcome="broken", detail="cannot be written to", remedy="Change it.")


@pytest.mark.parametrize(("checks", "status"), [([FINE, MISSING], 0), ([FINE, BROKEN], 1)])
def test_the_status_says_whether_something_needed_is_broken(
    dicomill, door_stand_in, checks: list[Check], status: int
) -> None:
    """What is missing may be wanted that way."""
    door_stand_in("pipeline.doctor.doctor", DoctorReport(checks=checks))
    assert dicomill("doctor").status == status
    outcome = dicomill("doctor", "--json")
    assert outcome.status == status
    assert [check["outcome"] for check in outcome.json["checks"]] == [check.outcome for check in checks]


def test_every_check_is_a_line_with_its_remedy_below(works, door_stand_in) -> None:
    """The mark first, so that the eye finds it."""
    door_stand_in("pipeline.doctor.doctor", DoctorReport(checks=[FINE, MISSING]))
    assert works("doctor").out.splitlines() == [
        "ok      Python: 3.11",
        "missing TensorFlow: not installed",
        "          pip install it",
    ]


def test_database_and_key_reach_the_door(works, door_stand_in) -> None:
    """The same options as everywhere."""
    asked = door_stand_in("pipeline.doctor.doctor", DoctorReport(checks=[]))
    works("doctor", "--database", "sqlite:///a.db", "--key-file", "a.key")
    assert asked == [DoctorConfig(database_url="sqlite:///a.db", key_file=Path("a.key"))]

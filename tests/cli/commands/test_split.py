"""`dicomill split`."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_a_plan_is_made_shown_and_audited(works, rows: Path) -> None:
    """And packed: the records hold its splits."""
    told = works("split", "create", "main", "--cohort", "parts", "--ratios", ".6,.2,.2").out
    assert "Plan main (begun)" in told
    assert "images" in told
    assert "Plan main (gone on with)" in works("split", "create", "main", "--cohort", "parts").out
    assert "split: tvt_split" in works("split", "show", "main").out
    assert "Nothing lies in two splits." in works("split", "audit", "--plan", "main", "--cohort", "parts").out
    works("export", "parts", "out")
    works("pack", "out", "records", "--plan", "main")
    assert "Nothing lies in two splits." in works("split", "audit", "records").out
    counts = works("split", "create", "main", "--cohort", "parts", "--json").json["repeats"][0]["num_images"]
    assert works("records", "show", "records", "--json").json["splits"] == counts


def test_folds_are_packed_one_at_a_time(works, refuses, rows: Path) -> None:
    """The fold that is the test set is named."""
    works("split", "create", "folds", "--cohort", "parts", "--folds", "3", "--repeats", "2")
    works("export", "parts", "out")
    refuses("pack", "out", "records", "--plan", "folds", says="Say which one is the test set")
    works("pack", "out", "records", "--plan", "folds", "--set", "fold=2", "--set", "repeat=2")
    shown = works("records", "show", "records", "--json").json
    assert set(shown["splits"]) == {"train", "validation", "test"}


def test_a_folder_is_divided_by_lists(works, rows: Path) -> None:
    """As official lists come: a file of names a split."""
    works("export", "parts", "out")
    names = sorted(path.name for path in Path("out/images").iterdir())
    patients = {}
    for line in Path("out/manifest.csv").read_text().splitlines()[1:]:
        patients.setdefault(line.split(",")[4], []).append(line.split(",")[0])
    one = next(iter(patients.values()))
    Path("test.txt").write_text("".join(f"{name}.png\n" for name in one))
    report = works("split", "create", "--folder", "out", "--list", "test:test.txt", "--json").json
    assert report["repeats"][0]["num_images"]["test"] == len(one)
    assert sum(report["repeats"][0]["num_images"].values()) == len(names)
    works("pack", "out", "records")
    assert works("records", "show", "records", "--json").json["splits"]["test"] == len(one)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["main"], "Name a plan and the cohort"),
        (["main", "--cohort", "nobody"], 'There is no cohort "nobody"'),
        (["main", "--cohort", "parts", "--ratios", "a,b"], "--ratios expects numbers"),
        (["main", "--cohort", "parts", "--assign", "test"], "--assign expects SPLIT:SQL"),
        (["main", "--cohort", "parts", "--assign", "test: nothing = 1"], "nothing"),
        (["main", "--cohort", "parts", "--list", "test:missing.txt"], "Cannot read the list"),
        (["main", "--cohort", "parts", "--counts", "9999,1"], "leaves none for train"),
    ],
)
def test_mistakes_are_one_line(refuses, rows: Path, words: list[str], says: str) -> None:
    """Nothing is begun."""
    refuses("split", "create", *words, says=says)

"""Which picture goes where, and what the published tables hold."""

from __future__ import annotations

import csv
import gzip
import io
import time
from collections import Counter
from pathlib import Path

import pytest

from preprocessing.groups import GroupMember
from preprocessing.split_tables import split_pictures

THREE = {"train": 0.8, "validation": 0.1, "test": 0.1}


def test_unknown_patients_are_told_first() -> None:
    """Pictures without patient are counted, and the first warning says what that means."""
    members = [GroupMember(f"n{n:02d}", None, f"s{n}", ("A",)) for n in range(20)]
    table = split_pictures(members, ratios=THREE, seed=0)
    assert table.patients_unknown == 20
    assert table.warnings[0].startswith("The patient of 20 of 20 pictures is unknown")


def test_identical_pictures_never_part() -> None:
    """Without patients, pictures with the same hash are in one split."""
    members = [GroupMember(f"n{n}", None, f"s{n // 2}", ("A",)) for n in range(40)]
    table = split_pictures(members, ratios=THREE, seed=0)
    for number in range(0, 40, 2):
        assert table.splits[f"n{number}"] == table.splits[f"n{number + 1}"]


def test_the_table_names_picture_group_and_split() -> None:
    """`splits.csv` has a row a picture, by name."""
    members = [GroupMember("b", "p", "s1", ("A",)), GroupMember("a", None, "s2", ("A",))]
    table = split_pictures(members, ratios={}, seed=0)
    assert table.text == "name,group,split\na,a,all\nb,p,all\n"
    assert table.warnings == ()


@pytest.mark.corpus
def test_the_nih_table_is_split_within_a_point_and_in_time(corpus: Path) -> None:
    """112,120 rows: patients disjoint, every label's share within 1 point, in under 20 s."""
    content = gzip.decompress((corpus / "tables" / "Data_Entry_2017_v2020.csv.gz").read_bytes())
    members = [
        GroupMember(
            row["Image Index"], row["Patient ID"], row["Image Index"], tuple(row["Finding Labels"].split("|"))
        )
        for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    ]
    start = time.process_time()
    table = split_pictures(members, ratios=THREE, seed=0)
    assert time.process_time() - start < 20  # processor time: the machine may be busy
    assert len(table.splits) == 112_120
    splits_of: dict[str | None, set[str]] = {}
    totals, labelled = Counter(), Counter()
    for member in members:
        split = table.splits[member.name]
        splits_of.setdefault(member.patient_key, set()).add(split)
        totals.update(member.labels)
        labelled.update((split, label) for label in member.labels)
    assert all(len(splits) == 1 for splits in splits_of.values())
    for (split, label), count in labelled.items():
        assert count / totals[label] == pytest.approx(THREE[split], abs=0.01)

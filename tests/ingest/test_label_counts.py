"""What readings there are, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from database.session import Database
from foundation.errors import ConfigError, QueryError
from ingest.ingest import IngestConfig, ingest
from ingest.label_counts import list_labels, show_labels


@pytest.fixture
def read(database: Database, tmp_path: Path, write_picture: Callable[[Path, int], None]) -> Database:
    """Give a database with three pictures, two of them read by ana and ben."""
    for seed in range(1, 4):
        write_picture(tmp_path / "set" / f"{seed}.png", seed)
    text = "file,finding,who\n1.png,Mass,ana\n1.png,Mass,ben\n2.png,Mass,ana\n2.png,Edema,ben\n"
    (tmp_path / "labels.csv").write_text(text)
    fields = {"path": tmp_path / "labels.csv", "reader_column": "who"}
    ingest(
        IngestConfig.checked({"paths": tmp_path / "set", "workers": 1, "labels": fields}), database=database
    )
    return database


def test_classes_are_listed_with_their_readers(read: Database) -> None:
    """Of all tasks or of one; an unknown task is told with the known ones."""
    report = list_labels(read)
    assert [(one.class_name, one.values["1"], one.readers) for one in report.classes] == [
        ("Edema", 1, ["ben"]),
        ("Mass", 3, ["ana", "ben"]),
    ]
    assert list_labels(read, task="finding") == report
    with pytest.raises(QueryError, match='Did you mean "finding"'):
        list_labels(read, task="findings")


def test_policies_resolve_them(read: Database) -> None:
    """Pictures without a reading and those on which readers disagree are counted."""
    single = show_labels(read, "finding")
    assert (single.num_labelled, single.num_disagree, single.num_unlabelled) == (1, 1, 1)
    ordered = show_labels(read, "finding", "source_order:ben,ana")
    assert {name: values["1"] for name, values in ordered.classes.items()} == {"Edema": 1, "Mass": 1}
    assert show_labels(read, "body_part").num_unlabelled == 3
    with pytest.raises(QueryError):
        show_labels(read, "other")
    with pytest.raises(ConfigError):
        show_labels(read, "finding", "source_order")

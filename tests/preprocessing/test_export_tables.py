"""Tables beside an export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.errors import ConfigError
from preprocessing.export_tables import ExportTables, LabelsTable, check_table_classes
from preprocessing.folder_writing import WrittenPicture


def written(name: str, labels: list[str], place: str = "images") -> WrittenPicture:
    """Return a picture of the manifest."""
    row = (name, f"{place}/{name}.jpg", "2.25.1", 1, 2, "p", json.dumps(labels, ensure_ascii=False), "ab", "")
    return WrittenPicture(row, "cd")


def test_both_forms_hold_the_same_labels(tmp_path: Path) -> None:
    """Names without ending in TSV, file names in JSON; no label is an empty text."""
    pictures = [written("a", ["x", "ü y"]), written("b", []), written("c", ["x"], "x")]
    for form in ("tsv", "json"):
        with ExportTables(tmp_path, labels_table=form, has_metadata=False) as tables:
            for one in pictures:
                tables.add(one, {})
            tables.finish()
    assert (tmp_path / "labels.tsv").read_text() == "a\tx;ü y\nb\t\nx/c\tx\n"
    expected = {"a.jpg": "x;ü y", "b.jpg": "", "x/c.jpg": "x"}
    assert json.loads((tmp_path / "labels.json").read_text()) == expected
    assert not (tmp_path / "metadata.jsonl").exists()


@pytest.mark.parametrize("form", ["tsv", "json"])
def test_a_table_without_rows_can_be_read(tmp_path: Path, form: LabelsTable) -> None:
    """An empty object, an empty file."""
    with ExportTables(tmp_path, labels_table=form, has_metadata=True) as tables:
        tables.finish()
    assert (tmp_path / f"labels.{form}").read_text() == ("{}\n" if form == "json" else "")
    assert (tmp_path / "metadata.jsonl").read_text() == ""


def test_metadata_have_a_line_a_picture(tmp_path: Path) -> None:
    """What the manifest calls it, its labels, and what was kept."""
    with ExportTables(tmp_path, labels_table=None, has_metadata=True) as tables:
        before = tables.fingerprint
        tables.add(written("a", ["x"]), {"kvp": 120, "note": "ü"})
        tables.finish()
        assert tables.fingerprint != before
    line = {"name": "a", "image": "images/a.jpg", "frame_number": 2, "labels": ["x"], "kvp": 120, "note": "ü"}
    assert [json.loads(text) for text in (tmp_path / "metadata.jsonl").read_text().splitlines()] == [line]


def test_classes_that_would_not_come_back_are_refused() -> None:
    """A semicolon stands between labels, a tab between columns."""
    for name in ("a;b", "a\tb"):
        with pytest.raises(ConfigError, match="what stands between"):
            check_table_classes(["x", name], "json")
        check_table_classes(["x", name], None)

"""Predictions as files."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigError, TargetExistsError
from foundation.lineage import Lineage, lineage_path
from inference.outputs import (
    FORMATS,
    check_out,
    new_predictions,
    printable_name,
    rejected_path,
    shortest,
    write_prediction_lineage,
    write_rejected,
)

CLASSES = ["Hand", "Skull", "Spine"]
ROW = np.array([0.125, 0.75, 0.125], np.float32)


def _write(out: Path, format_name: str) -> str:
    with new_predictions(out, class_names=CLASSES, format_name=format_name) as writer:  # type: ignore[arg-type]
        writer.write("a.png", ROW)
    return out.read_text()


def test_the_tsv_is_the_originals_with_the_class_name_at_the_end(tmp_path: Path) -> None:
    """Header and row hold the original's columns in its order, tab-separated, then predicted_name."""
    assert _write(tmp_path / "out.tsv", "tsv") == (
        "image\tclass0\tclass1\tclass2\tpredicted_class\tpredicted_name\n"
        "a.png\t0.125\t0.75\t0.125\t1\tSkull\n"
    )


def test_the_csv_has_the_class_names_as_columns(tmp_path: Path) -> None:
    """A CSV reader finds each probability under the class's own name."""
    row = next(csv.DictReader(_write(tmp_path / "out.csv", "csv").splitlines()))
    assert row == {
        "image": "a.png",
        "Hand": "0.125",
        "Skull": "0.75",
        "Spine": "0.125",
        "predicted_class": "1",
        "predicted_name": "Skull",
    }


def test_the_json_lines_have_the_class_names_as_keys(tmp_path: Path) -> None:
    """Each line is one object."""
    assert json.loads(_write(tmp_path / "out.jsonl", "jsonl")) == {
        "image": "a.png",
        "probabilities": {"Hand": 0.125, "Skull": 0.75, "Spine": 0.125},
        "predicted_class": 1,
        "predicted_name": "Skull",
    }


@pytest.mark.parametrize("format_name", sorted(FORMATS))
@given(name=st.text(min_size=1))
def test_any_name_stays_on_one_line(format_name: str, name: str) -> None:
    """Tabs, line ends and broken text in a file's name never break a row."""
    line = FORMATS[format_name].row(name, ROW, CLASSES)  # type: ignore[index]
    assert len(line.splitlines()) == 1
    line.encode()


def test_a_name_that_is_no_text_is_written_as_escapes() -> None:
    """A file name of bytes that are no UTF-8 gives a valid line."""
    assert printable_name(os.fsdecode(b"a\xff.png")) == r"a\udcff.png"


@given(st.floats(0, 1, width=32))
def test_written_probabilities_read_back_as_the_same_number(probability: float) -> None:
    """Nothing is lost between the model and the file."""
    assert np.float32(float(shortest(np.float32(probability)))) == np.float32(probability)


def _fail_half_way(out: Path) -> None:
    with new_predictions(out, class_names=CLASSES, format_name="tsv") as writer:
        writer.write("a.png", ROW)
        raise ZeroDivisionError


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither the final name nor a partial file is left behind."""
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(tmp_path / "out.tsv")
    assert list(tmp_path.iterdir()) == []


def test_a_block_that_fails_keeps_the_older_file(tmp_path: Path) -> None:
    """Replacing happens at the end only."""
    out = tmp_path / "out.tsv"
    out.write_text("older")
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(out)
    assert out.read_text() == "older"


def test_rejected_inputs_are_listed_beside_the_predictions(tmp_path: Path) -> None:
    """One line each: name, reason code, detail."""
    out = tmp_path / "out.tsv"
    assert write_rejected(out, [("a.dcm", "truncated_pixels", "The pixels end early.")]) == rejected_path(out)
    assert rejected_path(out).read_text() == (
        "name\treason_code\tdetail\na.dcm\ttruncated_pixels\tThe pixels end early.\n"
    )


def test_no_rejected_input_leaves_no_list(tmp_path: Path) -> None:
    """The list of an older run goes when the new run rejected nothing."""
    out = tmp_path / "out.tsv"
    rejected_path(out).write_text("older")
    assert write_rejected(out, []) is None
    assert list(tmp_path.iterdir()) == []


def test_lineage_stands_beside_the_predictions(tmp_path: Path) -> None:
    """It reads back as what was written."""
    lineage = Lineage(kind="predictions", parents=("a",), fingerprint="0" * 64)
    write_prediction_lineage(tmp_path / "out.tsv", lineage)
    assert Lineage.model_validate_json(lineage_path(tmp_path / "out.tsv").read_text()) == lineage


def test_a_target_that_is_there_is_refused(tmp_path: Path) -> None:
    """Unless it may be replaced."""
    out = tmp_path / "out.tsv"
    out.write_text("older")
    with pytest.raises(TargetExistsError, match="already exists"):
        check_out(out, overwrite=False)
    check_out(out, overwrite=True)


def test_a_folder_is_refused_as_target(tmp_path: Path) -> None:
    """Predictions are a file, even where an empty folder could be replaced."""
    with pytest.raises(ConfigError, match="is a folder"):
        check_out(tmp_path, overwrite=True)


def test_an_input_is_refused_as_target(tmp_path: Path) -> None:
    """Overwriting never destroys what is to be predicted."""
    with pytest.raises(ConfigError, match="one of the inputs"):
        check_out(tmp_path / "a.png", overwrite=True, inputs=[tmp_path / "b.png", tmp_path / "a.png"])


def test_a_target_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    """A file where the folder should be gives a ConfigError."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="Cannot write to"):
        check_out(tmp_path / "file" / "out.tsv", overwrite=False)


def test_a_missing_folder_of_the_target_is_made_when_it_is_needed(tmp_path: Path) -> None:
    """The user need not make it first; looking alone makes nothing."""
    out = tmp_path / "new" / "below" / "out.tsv"
    check_out(out, overwrite=False)
    assert not (tmp_path / "new").exists()
    assert _write(out, "tsv")


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    """Also when it changed after it was looked at."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="Cannot write to"):
        _write(tmp_path / "file" / "out.tsv", "tsv")

"""The door of prediction."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydicom.data import get_testdata_file

from foundation.errors import (
    ArtifactError,
    DatabaseError,
    InferenceError,
    KeyFileError,
    TargetExistsError,
)
from foundation.execution import InProcessExecutor
from foundation.lineage import Lineage, lineage_path
from imaging.pseudonyms import Pseudonymiser
from inference.outputs import rejected_path
from inference.predict import PredictConfig, predict

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def config(artifact_path: Path, pictures_path: Path, tmp_path: Path) -> PredictConfig:
    """The folder of pictures, to `out.tsv`."""
    return PredictConfig(artifact=artifact_path, inputs=(pictures_path,), out=tmp_path / "out.tsv")


def _but(config: PredictConfig, **changed: Any) -> PredictConfig:
    return PredictConfig(**{**dict(config), **changed})


def _names(out: Path) -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in out.read_text().splitlines()[1:]]
    return [(row[0], row[-1]) for row in rows]


def test_pictures_are_predicted_and_the_unreadable_one_is_listed(config: PredictConfig) -> None:
    """The run goes on; the report counts both."""
    report = predict(config)
    assert _names(config.out) == [("a.png", "bright"), ("b.png", "dark"), ("c.png", "grey")]
    assert (report.num_predicted, report.num_rejected, report.num_stored) == (3, 1, 0)
    assert report.predicted_names == {"bright": 1, "dark": 1, "grey": 1}
    assert report.rejected == rejected_path(config.out)
    (rejected,) = rejected_path(config.out).read_text().splitlines()[1:]
    assert rejected.split("\t")[:2] == ["d.png", next(iter(report.reasons))]


def test_the_lineage_names_the_artifact_and_no_path(config: PredictConfig) -> None:
    """It stands beside the predictions; equal predictions have an equal fingerprint."""
    report = predict(config)
    text = lineage_path(config.out).read_text()
    lineage = Lineage.model_validate_json(text)
    assert (lineage.product_uuid, lineage.parents) == (report.product_uuid, (report.artifact_uuid,))
    assert str(config.out.parent) not in text
    predict(_but(config, overwrite=True, batch_size=1))
    assert Lineage.model_validate_json(lineage_path(config.out).read_text()).fingerprint


def test_files_lists_dicom_and_records_go_together(
    config: PredictConfig, make_records: Callable[..., Path], pictures_path: Path
) -> None:
    """Each under its own kind of name, in the order given."""
    listed = pictures_path / "list.txt"
    listed.write_text("b.png\n")
    dicom = Path(str(get_testdata_file("CT_small.dcm", download=False)))
    frames = Path(str(get_testdata_file("SC_rgb_rle_2frame.dcm", download=False)))
    inputs = (pictures_path / "a.png", listed, dicom, frames, make_records())
    report = predict(_but(config, inputs=inputs, split="test"))
    names = [name for name, _ in _names(config.out)]
    assert names[:4] == ["a.png", "b.png", "CT_small.dcm", "SC_rgb_rle_2frame.dcm_f0001"]
    assert names[-3:] == ["images/a.png", "images/b.png", "images/n.png"]
    assert report.num_predicted == 3 + 2 + 3


def test_the_artifacts_recipe_is_applied_once(
    config: PredictConfig, quantising_path: Path, make_folder: Callable[..., Path]
) -> None:
    """To a bare picture and to an export wholly; to a transformed folder not again."""
    export = make_folder({"x": 250}, rendering="window")
    transformed = make_folder({"x": 250}, rendering="window", recipe=("bitwise_downsampling:1",))
    for folder, expected in ((export, "grey"), (transformed, "bright")):
        predict(_but(config, artifact=quantising_path, inputs=(folder,), overwrite=True))
        assert _names(config.out) == [("x.png", expected)]


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_rows_do_not_depend_on_the_batch_size(config: PredictConfig, batch_size: int) -> None:
    """To 1e-5."""
    predict(_but(config, format="jsonl", batch_size=batch_size))
    rows = [json.loads(line) for line in config.out.read_text().splitlines()]
    predict(_but(config, format="jsonl", overwrite=True))
    for row, line in zip(rows, config.out.read_text().splitlines(), strict=True):
        expected = json.loads(line)
        assert row["image"] == expected["image"]
        assert row["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)


def test_any_executor_gives_the_same_file(config: PredictConfig) -> None:
    """In this process, in others, or beside the model."""
    texts = []
    predict(config)
    texts.append(config.out.read_text())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for executor in (InProcessExecutor(), pool):
            predict(_but(config, overwrite=True), executor=executor)
            texts.append(config.out.read_text())
    assert len(set(texts)) == 1


def test_a_limit_counts_pictures(config: PredictConfig) -> None:
    """In the order of the inputs."""
    predict(_but(config, limit=2))
    assert [name for name, _ in _names(config.out)] == ["a.png", "b.png"]


def test_progress_counts_every_picture(config: PredictConfig) -> None:
    """Rejected ones included."""
    calls: list[Any] = []
    progress = SimpleNamespace(
        begin=lambda stage, total=None: calls.append((stage, total)),
        advance=lambda count=1: calls.append(count),
        end=lambda: calls.append("end"),
    )
    predict(config, progress=progress)
    assert (calls[0], sum(calls[1:-1]), calls[-1]) == (("predict", None), 4, "end")


def test_when_nothing_can_be_read_only_the_rejected_list_is_written(
    config: PredictConfig, pictures_path: Path
) -> None:
    """The run fails, and says where the reasons stand."""
    with pytest.raises(InferenceError, match="None of the 1 inputs"):
        predict(_but(config, inputs=(pictures_path / "d.png",)))
    assert not config.out.exists()
    assert not lineage_path(config.out).exists()
    assert "d.png" in rejected_path(config.out).read_text()
    assert not [path for path in config.out.parent.iterdir() if path.name.startswith(".")]


def test_a_folder_that_is_no_artifact_is_refused_before_anything_is_written(config: PredictConfig) -> None:
    """One line, and nothing half-written."""
    with pytest.raises(ArtifactError):
        predict(_but(config, artifact=config.inputs[0]))
    assert not config.out.exists()


def test_a_target_that_is_there_is_kept(config: PredictConfig) -> None:
    """Unless it may be replaced."""
    config.out.write_text("older")
    with pytest.raises(TargetExistsError):
        predict(config)
    assert config.out.read_text() == "older"


def test_a_database_needs_its_key_for_files(config: PredictConfig, database: Any) -> None:
    """With any other key the rows would name pictures that nobody knows."""
    database.key = None
    with pytest.raises(KeyFileError, match="--key-file"):
        predict(config, database=database)
    assert not config.out.exists()


def test_predictions_are_stored_under_pseudonyms(config: PredictConfig, database: Any) -> None:
    """Instance and frame as ingest knows them; the user's file name stays out of the rows."""
    from sqlalchemy import select

    from database.product_tables import Prediction, Product

    dicom = Path(str(get_testdata_file("SC_rgb_rle_2frame.dcm", download=False)))
    report = predict(_but(config, inputs=(dicom,)), database=database)
    assert report.num_stored == 2
    with database.session() as session:
        rows = session.scalars(select(Prediction).order_by(Prediction.frame_number)).all()
        products = session.scalars(select(Product.product_uuid)).all()
        stored = str([vars(row) for row in rows])
    assert [row.frame_number for row in rows] == [1, 2]
    assert {row.sop_instance_uid for row in rows} == {_pseudonym(dicom, database.key)}
    assert {row.artifact_uuid for row in rows} == {report.artifact_uuid}
    assert report.product_uuid in products
    assert dicom.name not in stored


def _pseudonym(dicom: Path, key: bytes) -> str:
    import pydicom

    ds = pydicom.dcmread(dicom, stop_before_pixels=True)
    return Pseudonymiser(key).uid(ds.SOPInstanceUID)


def test_an_exports_rows_need_no_key(
    config: PredictConfig, database: Any, make_folder: Callable[..., Path]
) -> None:
    """Its manifest holds the pseudonyms."""
    database.key = None
    folder = make_folder({"x": 250}, rendering="window")
    assert predict(_but(config, inputs=(folder,)), database=database).num_stored == 1


def test_nothing_appears_when_the_rows_cannot_be_stored(
    config: PredictConfig, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without its rows would be half a result."""

    def refuse(*_: Any, **__: Any) -> None:
        raise DatabaseError("locked")

    monkeypatch.setattr("database.predictions.store_predictions", refuse)
    with pytest.raises(DatabaseError):
        predict(config, database=database)
    assert not config.out.exists()
    assert not rejected_path(config.out).exists()

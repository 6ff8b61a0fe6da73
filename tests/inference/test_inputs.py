"""What a user points at, as tasks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.errors import InferenceError, RecordError, UnknownNameError
from inference.inputs import InputTask, first_bytes, input_tasks, open_inputs, record_task
from inference.missing_steps import Treatment
from preprocessing.recipe import Recipe

BITS = Recipe.parse(["bitwise_downsampling:1"])
WANTED = Treatment("window", BITS)


def _tasks(*paths: Path, **options: object) -> list[InputTask]:
    return list(input_tasks(open_inputs(paths, WANTED, **options)))  # type: ignore[arg-type]


def test_a_file_is_one_task_under_its_base_name(pictures_path: Path) -> None:
    """The whole recipe is missing: a bare picture counts as rendered, not as transformed."""
    path = pictures_path / "a.png"
    assert _tasks(path) == [InputTask("a.png", BITS, path=path)]


def test_a_folder_gives_every_visible_file_below_it_in_sorted_order(pictures_path: Path) -> None:
    """Names are paths below the folder, so that equal base names stay apart."""
    (pictures_path / "below").mkdir()
    (pictures_path / "below" / "a.png").write_bytes(b"")
    (pictures_path / ".hidden").write_bytes(b"")
    os.mkfifo(pictures_path / "pipe")
    assert [task.name for task in _tasks(pictures_path)] == [
        "a.png",
        "b.png",
        "c.png",
        "d.png",
        "below/a.png",
    ]


@pytest.mark.parametrize("ending", [".txt", ".lst", ".TXT"])
def test_a_list_names_files_from_its_own_folder(pictures_path: Path, ending: str) -> None:
    """A list moves together with its files; blank lines and line ends of Windows do no harm."""
    listed = pictures_path / f"list{ending}"
    listed.write_bytes(b"b.png\r\n\n" + os.fsencode(pictures_path / "a.png") + b"\nmissing.png\n")
    tasks = _tasks(listed)
    assert [task.name for task in tasks] == ["b.png", "a.png", "missing.png"]
    assert tasks[0].path == pictures_path / "b.png"


def test_any_file_is_a_list_when_it_is_said_to_be(pictures_path: Path) -> None:
    """`list_files` decides over the name."""
    listed = pictures_path / "list.anything"
    listed.write_text("b.png\n")
    assert [task.name for task in _tasks(listed, list_files=True)] == ["b.png"]


def test_an_export_brings_what_it_knows_of_each_picture(make_folder: Callable[..., Path]) -> None:
    """Instance, frame and hash come from the manifest; the name is the picture file's."""
    folder = make_folder({"x": 250}, rendering="window")
    (task,) = _tasks(folder)
    assert (task.name, task.sop_instance_uid, task.frame_number) == ("x.png", "2.25.7", 2)
    assert (task.frame_sha256, task.recipe) == ("f" * 64, BITS)


def test_a_transformed_folder_gets_only_the_rest_of_the_recipe(make_folder: Callable[..., Path]) -> None:
    """What was done is not done twice."""
    folder = make_folder({"x": 250}, rendering="window", recipe=BITS.texts)
    assert [task.recipe for task in _tasks(folder)] == [Recipe()]


def test_an_export_of_another_rendering_is_refused(make_folder: Callable[..., Path]) -> None:
    """Before any picture is read."""
    with pytest.raises(InferenceError, match="rendered otherwise"):
        _tasks(make_folder({"x": 250}, rendering="percentile"))


def test_the_inside_of_an_export_is_refused(make_folder: Callable[..., Path]) -> None:
    """Its manifest lies one folder above and would be overlooked."""
    with pytest.raises(InferenceError, match="Give the folder above it"):
        _tasks(make_folder({"x": 250}, rendering="window", recipe=BITS.texts) / "images")


def test_a_folder_made_by_hand_counts_as_rendered(tmp_path: Path, pictures_path: Path) -> None:
    """`images/` beside `labels/` is enough; labels are no inputs."""
    (tmp_path / "hand" / "labels").mkdir(parents=True)
    pictures_path.rename(tmp_path / "hand" / "images")
    (tmp_path / "hand" / "labels" / "a.txt").write_text("bright\n")
    tasks = _tasks(tmp_path / "hand")
    assert [task.name for task in tasks] == ["a.png", "b.png", "c.png", "d.png"]
    assert {task.recipe for task in tasks} == {BITS}


def test_a_record_set_gives_each_record_of_a_split_once(make_records: Callable[..., Path]) -> None:
    """In the order of its shards."""
    tasks = _tasks(make_records(), split="test")
    assert [task.name for task in tasks] == ["images/a.png", "images/b.png", "images/n.png"]
    assert all(task.content and task.frame_sha256 for task in tasks)


def test_a_record_set_without_a_split_gives_all_records(make_records: Callable[..., Path]) -> None:
    """Whatever splits it has."""
    assert len(_tasks(make_records())) == 4


def test_an_unknown_split_names_the_known_ones(make_records: Callable[..., Path]) -> None:
    """As every look-up does."""
    with pytest.raises(UnknownNameError, match="test, train"):
        _tasks(make_records(), split="validation")


def test_records_of_another_recipe_are_refused(make_records: Callable[..., Path]) -> None:
    """The rule is the folders' rule."""
    with pytest.raises(InferenceError, match="do not begin"):
        _tasks(make_records(recipe=("contrast_enhancing:4",)))


def test_a_single_record_file_uses_the_description_beside_it(make_records: Callable[..., Path]) -> None:
    """One shard alone can be predicted."""
    folder = make_records(recipe=BITS.texts)
    tasks = _tasks(folder / "train-dicom.tfrecord")
    assert [(task.name, task.recipe) for task in tasks] == [("images/t.png", Recipe())]


def test_a_record_file_without_description_counts_as_rendered(make_records: Callable[..., Path]) -> None:
    """Such are the original's files."""
    folder = make_records()
    (folder / "records.json").unlink()
    assert [task.recipe for task in _tasks(folder / "train-dicom.tfrecord")] == [BITS]


def test_a_record_without_picture_is_told() -> None:
    """The message says which key was expected."""
    with pytest.raises(RecordError, match="image/encoded"):
        record_task({"image/encoded": [1]}, Recipe())


def test_a_record_of_the_originals_needs_none_of_our_keys() -> None:
    """Its file name may be a whole path of bytes."""
    task = record_task({"image/encoded": [b"x"], "image/filename": [b"/a/\xff.jpg"]}, Recipe())
    assert (os.fsencode(task.name), task.frame_sha256) == (b"/a/\xff.jpg", None)
    assert first_bytes({}, "image/filename") == b""


@pytest.mark.parametrize("paths", [[], ["missing.png"], ["missing/"]])
def test_inputs_that_are_not_there_are_one_clear_line(tmp_path: Path, paths: list[str]) -> None:
    """Nothing given, or nothing at the path."""
    with pytest.raises(InferenceError, match=r"nothing to predict|is not there"):
        _tasks(*(tmp_path / path for path in paths))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """So is one with hidden files only."""
    (tmp_path / ".hidden").write_text("")
    with pytest.raises(InferenceError, match="holds no file"):
        _tasks(tmp_path)


def test_products_are_named_as_parents(
    make_folder: Callable[..., Path], make_records: Callable[..., Path], pictures_path: Path
) -> None:
    """Exports and record sets have a lineage; a user's own files have none."""
    paths = [make_folder({"x": 1}), make_records(), pictures_path]
    parts = open_inputs(paths, Treatment("window"))
    assert [part.product_uuid is not None for part in parts] == [True, True, False]
    assert [part.holds_files for part in parts] == [False, False, True]


def test_reading_inputs_and_configs_never_imports_tensorflow() -> None:
    """Workers that read pictures stay small."""
    code = "import sys, inference.predict, inference.predictor; print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_root()
    )
    assert done.stdout.split() == ["False"]


def _root() -> Path:
    return Path(__file__).parents[2]

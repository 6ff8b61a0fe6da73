"""Finding the weights that a path means."""

from __future__ import annotations

import pytest

from foundation.errors import ArtifactError, CheckpointError
from training.checkpoints.places import find_place


@pytest.fixture
def folder(tmp_path):
    """Two V2 checkpoints, without a state file."""
    for step in (1, 2):
        (tmp_path / f"model.ckpt-{step}.index").touch()
        (tmp_path / f"model.ckpt-{step}.data-00000-of-00001").touch()
        (tmp_path / f"model.ckpt-{step}.meta").touch()
    return tmp_path


@pytest.mark.parametrize("ending", ["", ".index", ".data-00000-of-00001", ".meta"])
def test_a_prefix_and_each_of_its_files_mean_the_checkpoint(folder, ending):
    """All three files are part of its name, its graph is not part of its content."""
    place = find_place(folder / f"model.ckpt-2{ending}")
    assert (place.form, place.path) == ("tf1", folder / "model.ckpt-2")
    assert [file.name for file in place.files] == ["model.ckpt-2.index", "model.ckpt-2.data-00000-of-00001"]


def test_of_a_folder_the_latest_is_meant_wherever_it_was_written(folder):
    """The state file may name a folder of another machine."""
    (folder / "checkpoint").write_text('model_checkpoint_path: "/elsewhere/run/model.ckpt-1"\n')
    assert find_place(folder).path == folder / "model.ckpt-1"


def test_the_state_file_itself_means_the_latest(folder):
    """A file of that name that is none may be a V1 checkpoint."""
    state = folder / "checkpoint"
    state.write_text('model_checkpoint_path: "model.ckpt-1"\n')
    assert find_place(state).path == folder / "model.ckpt-1"
    state.write_bytes(b"\x00\xffvalues")
    assert find_place(state).path == state


def test_the_graph_beside_a_v1_checkpoint_means_it(tmp_path):
    """Its values stand in one file without an ending."""
    for name in ("model.ckpt-7", "model.ckpt-7.meta"):
        (tmp_path / name).touch()
    assert find_place(tmp_path / "model.ckpt-7.meta").files == (tmp_path / "model.ckpt-7",)


def test_a_folder_with_one_file_of_weights_means_it(tmp_path):
    """Whatever its form."""
    (tmp_path / "readme.txt").touch()
    (tmp_path / "net.safetensors").touch()
    assert find_place(tmp_path).form == "safetensors"


def test_a_saved_model_means_its_variables(tmp_path):
    """They are a V2 checkpoint of their own."""
    (tmp_path / "variables").mkdir()
    for name in ("variables.index", "variables.data-00000-of-00001"):
        (tmp_path / "variables" / name).touch()
    assert find_place(tmp_path).path == tmp_path / "variables" / "variables"


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.keras", "keras"), ("a.weights.h5", "keras_h5"), ("model.ckpt", "tf1"), ("v1", "tf1")],
)
def test_the_ending_tells_the_form(tmp_path, name, form):
    """What has no ending of the others is a V1 checkpoint."""
    (tmp_path / name).touch()
    assert find_place(tmp_path / name).form == form


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("net.pth", "pickle"),
        ("resnet_v2_50_2017_04_14.tar.gz", "unpack it"),
        ("alone.index", "alone.data-00000-of-00001"),
    ],
)
def test_files_that_cannot_be_used_say_what_to_do(tmp_path, name, told):
    """A pickle is never opened."""
    (tmp_path / name).touch()
    with pytest.raises(CheckpointError, match=told):
        find_place(tmp_path / name)


def test_a_folder_with_several_asks_for_one(folder):
    """And names them."""
    with pytest.raises(CheckpointError, match=r"model\.ckpt-1, model\.ckpt-2"):
        find_place(folder)


def test_what_is_missing_is_told(folder, tmp_path):
    """Nothing at all, a part of the values, the latest one, a name in the state file."""
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        find_place(tmp_path / "none")
    (folder / "cut.index").touch()
    (folder / "cut.data-00001-of-00002").touch()
    with pytest.raises(CheckpointError, match="expected 2 files of values"):
        find_place(folder / "cut")
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-9"\n')
    with pytest.raises(CheckpointError, match=r"calls model\.ckpt-9 the latest"):
        find_place(folder)
    (folder / "checkpoint").write_text("")
    with pytest.raises(CheckpointError, match="names no checkpoint"):
        find_place(folder)


def test_a_broken_artifact_is_refused(tmp_path):
    """By what artifacts themselves say."""
    (tmp_path / "artifact.json").write_text("{")
    with pytest.raises(ArtifactError):
        find_place(tmp_path)

"""`dicomill models`."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from training.networks.registry import MODELS


def test_every_network_is_a_line(works) -> None:
    """By name, with its size and what it is."""
    table = works("models", "list").out.splitlines()
    assert [line.split()[0] for line in table[2:]] == sorted(MODELS)
    assert all(MODELS[line.split()[0]].summary in line for line in table[2:])


def test_json_names_the_source_too(works) -> None:
    """A network says which paper it comes from."""
    models = works("models", "list", "--json").json["models"]
    assert {model["name"]: model["source"] for model in models} == {
        name: entry.source for name, entry in MODELS.items()
    }


@pytest.mark.tensorflow
def test_a_network_is_shown_with_weights_operations_memory_and_layers(works) -> None:
    """LeNet-5 at the paper's size: 61,706 weights and 416,520 multiply-adds, by hand."""
    words = ("models", "show", "lenet5", "--size", "28", "--channels", "1", "--classes", "10")
    lines = works(*words).out.splitlines()
    assert "input 28x28x1, treatment unit, 10 classes" in lines
    assert "61,706 parameters, 61,706 trainable, 0 not" in lines
    assert any(line.startswith("batch of 32: training about ") for line in lines)
    assert "last feature map: feature_map, 10x10x16" in lines
    assert [line.split()[0] for line in lines if "Dense" in line] == ["dense1", "dense2", "logits"]
    shown = works(*words, "--json").json
    # 28 x 28 x 6 x 25, 10 x 10 x 16 x 6 x 25, 400 x 120, 120 x 84 and 84 x 10
    assert shown["multiply_adds"] == 117_600 + 240_000 + 48_000 + 10_080 + 840
    assert shown["flops"] == 2 * shown["multiply_adds"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lenet"], 'There is no model "lenet". Did you mean "lenet5"?'),
        (["inception_v4", "--size", "74"], "at least 75 x 75 pixels"),
        (["lenet5", "--channels", "2"], "1 channel (grey) or 3 (RGB). Received: 2"),
        (["lenet5", "--classes", "0"], "'--classes'"),
    ],
)
def test_what_cannot_be_shown_is_one_line(refuses, words, says) -> None:
    """With what to do."""
    refuses("models", "show", *words, says=says)


@pytest.mark.tensorflow
def test_a_backbone_that_is_not_there_is_one_line(refuses) -> None:
    """A file or a function of one's own."""
    refuses("models", "show", "none.keras", says="There is no backbone at none.keras")
    refuses("models", "show", "no_such_module:build", says="that Python can import")


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    """A file of Keras with the smallest official ResNet."""
    from training.tensorflow_setup import import_tensorflow

    import_tensorflow()
    from training.networks.registry import build_model

    path = tmp_path_factory.mktemp("native") / "net.keras"
    build_model("resnet_v2_18_native", height=32, width=32, channels=3, num_classes=2).save(path)
    return path


@pytest.mark.tensorflow
def test_weights_go_out_under_old_names_and_come_in_again(works, native, tmp_path) -> None:
    """Export, then import with names for the classes."""
    names = ("--model", "resnet_v2_18_native", "--size", "32")
    out = works("models", "export", native, tmp_path / "tf1", "--names", "tf1").out
    assert "91 variables of resnet_v2_18_native" in out
    (tmp_path / "classes.txt").write_text("hand\nskull\n", encoding="utf-8")
    words = (*names, "--classes", tmp_path / "classes.txt", "--window", "bone", "--target", tmp_path / "a")
    lines = works("models", "import", tmp_path / "tf1", *words).out.splitlines()
    assert lines[0] == "resnet_v2_18_native, 11,187,650 parameters, input 32x32x3, 2 classes"
    assert lines[1] == "91 of 91 variables from the checkpoint"
    assert (tmp_path / "a" / "artifact.json").is_file()
    report = works("models", "import", tmp_path / "a", *names, "--channels", "1", "--json").json
    assert (report["channels"], report["classes"]) == (1, ["class-0", "class-1"])
    assert "summed" in report["notes"][0]


@pytest.mark.tensorflow
def test_a_checkpoint_of_another_network_is_one_clear_message(refuses, native, tmp_path) -> None:
    """What it looks like, and what does not fit."""
    refuses("models", "import", native, "--model", "lenet5", says="This looks like resnet_v2_18_native")
    save_file({"features.21.branch0.conv.weight": np.ones(1)}, tmp_path / "net.safetensors")
    told = "This looks like timm's inception_v4. Import it with --model inception_v4."
    refuses(
        "models", "import", tmp_path / "net.safetensors", "--model", "resnet18", "--size", "32", says=told
    )
    refuses("models", "export", tmp_path / "none", tmp_path / "t", says="There is no model")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none", "--model", "lenet"], 'There is no model "lenet". Did you mean "lenet5"?'),
        (["none", "--model", "resnetv2_50x1_bit"], "BiT variants"),
        (["none", "--model", "lenet5"], "There is no checkpoint at none"),
        (["none", "--model", "lenet5", "--size", "9"], "at least 28 x 28"),
        (["none", "--model", "lenet5", "--classes", "no.txt"], "Cannot read the classes file"),
        (["none", "--model", "lenet5", "--channels", "2"], "channels"),
    ],
)
def test_what_cannot_be_imported_is_one_line(refuses, words, says) -> None:
    """Before TensorFlow is loaded."""
    refuses("models", "import", *words, says=says)

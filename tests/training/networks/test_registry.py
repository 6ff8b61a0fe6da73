"""The registry: what it tells of each network, and what it refuses. Its contract is `test_contract`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foundation.errors import ConfigError, UnknownNameError
from training.networks.head_config import HeadConfig
from training.networks.registry import (
    MODELS,
    build_model,
    check_input,
    check_parents,
    model_entry,
    told_name,
)

DOCS = Path(__file__).parents[3] / "docs" / "networks.md"


def test_the_registry_is_alphabetical():
    """So that a reader finds a name."""
    assert list(MODELS) == sorted(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_every_entry_tells_what_it_is(name):
    """A summary, a source with a year, and a default that is legal."""
    entry = MODELS[name]
    assert entry.summary
    assert "19" in entry.source or "20" in entry.source
    check_input(name, height=entry.default_size, width=entry.default_size, channels=3)
    assert (entry.checkpoint_form is None) == (entry.checkpoint_names is None)


@pytest.mark.parametrize("family", sorted({entry.family for entry in MODELS.values()} | {"backbones"}))
def test_every_family_has_a_section_in_the_docs(family):
    """Under its module's name."""
    assert f"(`training/networks/{family}.py`)" in DOCS.read_text(encoding="utf-8")


def test_the_networks_that_the_old_systems_ran_are_there():
    """And those that the issue asks for."""
    sizes = (18, 34, 50, 101, 152, 200)
    wanted = {f"resnet_v{version}_{size}_native" for version in (1, 2) for size in sizes}
    wanted |= {f"resnet_v2_{size}" for size in sizes[2:]}
    wanted |= {f"resnet_{size}_torchvision" for size in sizes[:-1]}
    wanted |= {"inception_v4", "inception_v4_aux", "inception_resnet_v2", "densenet121", "efficientnet_v2_s"}
    wanted |= {"lenet5", "vgg11", "vgg11_bn", "vgg16", "vit_small_16"}
    assert wanted <= set(MODELS)


@pytest.mark.tensorflow
def test_everything_that_keras_offers_is_there():
    """By its name there."""
    from training.tensorflow_setup import import_tensorflow

    import_tensorflow()
    import keras

    offered = {name for name in dir(keras.applications) if name[0].isupper()}
    assert {entry.summary.split()[0] for entry in MODELS.values() if entry.imagenet} == offered


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ({"height": 27, "width": 64, "channels": 1}, "at least 28 x 28"),
        ({"height": 64, "width": 64, "channels": 4}, "1 channel"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(shape, told):
    """Before anything is built."""
    with pytest.raises(ConfigError, match=told):
        check_input("lenet5", **shape)


@pytest.mark.parametrize(
    ("name", "near"), [("lenet", "lenet5"), ("resnet50_v2", "resnet_v2_50"), ("inceptionv4", "inception_v4")]
)
def test_an_unknown_network_is_told_with_the_nearest(name, near):
    """The message suggests."""
    with pytest.raises(UnknownNameError, match=f'Did you mean "{near}"'):
        build_model(name, height=28, width=28, channels=1, num_classes=2)


def test_no_classes_are_refused():
    """A model without logits is none."""
    with pytest.raises(ConfigError, match="at least one class"):
        build_model("lenet5", height=28, width=28, channels=1, num_classes=0)


@pytest.mark.parametrize(
    ("name", "treatment", "says"),
    [
        ("lenet5", "incepton", 'Did you mean "inception"'),
        ("efficientnet_b0", "unit", "brings its own input treatment"),
    ],
)
def test_a_treatment_that_does_not_fit_is_refused(name, treatment, says):
    """Before anything is built."""
    with pytest.raises(ConfigError, match=says):
        build_model(name, height=32, width=32, channels=1, num_classes=2, treatment=treatment)


def test_parents_that_are_no_classes_are_refused():
    """And softmax, under which a class cannot hold another."""
    head = HeadConfig(parents={"edema": "lung"})
    with pytest.raises(ConfigError, match='"lung" in the parents'):
        check_parents(head, ["edema", "mass"])
    with pytest.raises(ConfigError, match='"edema" in the parents'):
        build_model("lenet5", height=28, width=28, channels=1, num_classes=2, head=head)
    with pytest.raises(ConfigError, match="need sigmoids"):
        check_parents(HeadConfig(activation="softmax", parents=head.parents), ["edema", "lung"])


def test_a_backbone_of_ones_own_has_an_entry_too():
    """Told by its file's name alone."""
    entry = model_entry("somewhere/private/cxr.keras")
    assert entry.family == "backbones"
    assert "private" not in entry.summary
    assert told_name("somewhere/private/cxr.keras") == "cxr.keras"
    assert told_name("module:function") == "module:function"


def test_names_are_read_without_keras():
    """The registry and the door's config load neither Keras nor TensorFlow."""
    code = (
        "import sys, training.train, training.artifact, training.networks.registry, training.optimizers; "
        "sys.exit(bool({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Names of PyTorch's state dicts."""

from __future__ import annotations

import pytest

from training.tensorflow_setup import import_tensorflow

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("conv1/kernel", "conv1.weight"),
        ("layer1.0.downsample.1/gamma", "layer1.0.downsample.1.weight"),
        ("layer1.0.downsample.1/beta", "layer1.0.downsample.1.bias"),
        ("bn1/moving_mean", "bn1.running_mean"),
        ("bn1/moving_variance", "bn1.running_var"),
        ("fc/bias", "fc.bias"),
    ],
)
def test_a_path_is_a_module_and_its_tensor(path, name):
    """Batch norm's gamma is a weight there."""
    import_tensorflow()
    from training.networks.torch_names import _name_of

    assert _name_of(path) == name


def test_every_variable_of_a_resnet_has_a_name_of_its_own(build):
    """And torchvision's ResNet-18 has 102 tensors besides its counters of batches."""
    from training.networks.torch_names import module_names

    names = module_names(build("resnet_18_torchvision", 32))
    assert len(set(names.values())) == len(names) == 102
    assert {"conv1.weight", "layer4.1.bn2.running_var", "fc.bias"} <= set(names.values())

"""Names of Inception v4 in timm's state dict."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.tensorflow

# Some of timm's names, by what its modules compute.
NAMES = {
    "Conv2d_1a_3x3/kernel": "features.0.conv.weight",
    "Conv2d_2b_3x3.BatchNorm/beta": "features.2.bn.bias",
    "Mixed_3a.Branch_1.Conv2d_0a_3x3/kernel": "features.3.conv.conv.weight",
    "Mixed_4a.Branch_0.Conv2d_1a_3x3/kernel": "features.4.branch0.1.conv.weight",
    "Mixed_4a.Branch_1.Conv2d_1a_3x3/kernel": "features.4.branch1.3.conv.weight",
    "Mixed_5a.Branch_0.Conv2d_1a_3x3.BatchNorm/moving_mean": "features.5.conv.bn.running_mean",
    "Mixed_6a.Branch_0.Conv2d_1a_3x3/kernel": "features.10.branch0.conv.weight",
    "Mixed_6b.Branch_2.Conv2d_0e_1x7/kernel": "features.11.branch2.4.conv.weight",
    "Mixed_6h.Branch_3.Conv2d_0b_1x1/kernel": "features.17.branch3.1.conv.weight",
    "Mixed_7a.Branch_1.Conv2d_1a_3x3/kernel": "features.18.branch1.3.conv.weight",
    "Mixed_7b.Branch_0.Conv2d_0a_1x1/kernel": "features.19.branch0.conv.weight",
    "Mixed_7d.Branch_1.Conv2d_0c_3x1/kernel": "features.21.branch1_1b.conv.weight",
    "Mixed_7d.Branch_2.Conv2d_0d_1x3.BatchNorm/moving_variance": "features.21.branch2_3a.bn.running_var",
    "Logits.Logits/kernel": "last_linear.weight",
}


def test_every_variable_of_the_main_classifier_has_timms_name(build):
    """149 convolutions with three tensors of batch norm each, and the last layer; none twice."""
    from training.networks.timm_names import inception_v4_names

    names = inception_v4_names(build("inception_v4", 75))
    assert len(names) == len(set(names.values())) == 149 * 4 + 2
    assert {path: names[path] for path in NAMES} == NAMES


@pytest.mark.contract
def test_the_auxiliary_classifier_and_a_head_of_ours_have_none(build):
    """They are left out."""
    from training.networks.head_config import HeadConfig
    from training.networks.timm_names import inception_v4_names

    model = build("inception_v4_aux", 107, head=HeadConfig(pooling="gem"))
    assert set(inception_v4_names(model)) == set(inception_v4_names(build("inception_v4", 75)))

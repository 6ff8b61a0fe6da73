"""What a head may be asked to be."""

from __future__ import annotations

import pytest

from foundation.errors import ConfigError
from training.networks.head_config import HeadConfig


def test_the_paper_head_is_kept_by_default():
    """Auxiliary weight 0.4, no dropout of ours, logits for the records' kind."""
    head = HeadConfig()
    assert head.keeps_own
    assert head.auxiliary_weight == 0.4
    assert (head.activation_for("single_label"), head.activation_for("multi_label")) == ("softmax", "sigmoid")
    assert HeadConfig(activation="softmax").activation_for("multi_label") == "softmax"


@pytest.mark.parametrize("asked", [{"pooling": "gem"}, {"mlp_layers": [512]}])
def test_another_pooling_or_an_mlp_replaces_it(asked):
    """Dropout alone does not."""
    assert not HeadConfig.checked(asked).keeps_own
    assert HeadConfig(dropout=0.5).keeps_own


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"poling": "gem"}, 'Did you mean "pooling"'),
        ({"pooling": "gemm"}, "pooling: "),
        ({"dropout": 1.0}, "less than 1"),
        ({"mlp_layers": [0]}, "greater than or equal to 1"),
        ({"activation": "tanh"}, "activation: "),
        ({"parents": {"a": "b", "b": "a"}}, "its own ancestor"),
        ({"parents": {"a": "a"}}, "its own ancestor"),
    ],
)
def test_what_is_no_head_is_refused(asked, says):
    """In one line."""
    with pytest.raises(ConfigError, match=says):
        HeadConfig.checked(asked)

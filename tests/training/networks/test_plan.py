"""The plan of a model."""

from __future__ import annotations

from training.networks.head_config import HeadConfig
from training.networks.plan import ModelPlan


def test_parents_become_indices():
    """In the order of the classes; None for a root."""
    head = HeadConfig(parents={"edema": "lung", "mass": "lung"})
    plan = ModelPlan(
        "m", height=1, width=1, channels=1, num_classes=3, head=head, classes=("edema", "lung", "mass")
    )
    assert plan.parent_indices == (1, None, 1)


def test_without_parents_every_class_is_a_root():
    """Nothing is chained."""
    plan = ModelPlan("m", height=1, width=1, channels=1, num_classes=2, classes=("a", "b"))
    assert plan.parent_indices == (None, None)

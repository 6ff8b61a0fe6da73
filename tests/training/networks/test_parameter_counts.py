"""Parameter counts of every row of the reference: variables, weights that train, and those that do not."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

pytestmark = pytest.mark.tensorflow

MANIFESTS = Path(__file__).parent / "manifests"


def _name(model: str, family: str) -> str:
    """Return the registry's name of a row's network.

    A row says `resnet_v2_50` or `inception_v4 aux=True` of slim's, `resnet50_v2` of the native ones.
    """
    if family == "slim":
        return {"inception_v4 aux=True": "inception_v4_aux", "inception_v4 aux=False": "inception_v4"}.get(
            model, model
        )
    size, version = model.removeprefix("resnet").split("_")
    return f"resnet_{version}_{size}_native"


with (MANIFESTS / "param_counts.csv").open() as stream:
    ROWS = [
        (
            _name(row["model"], row["family"]),
            int(row["classes"]),
            tuple(int(row[column]) for column in ("n_vars", "trainable", "non_trainable", "total")),
        )
        for row in csv.DictReader(stream)
    ]
# A few of them in every run; `make contract` goes through them all.
SHALLOW = {("resnet_v2_18_native", 1000), ("resnet_v1_34_native", 7), ("resnet_v2_50", 15)}


def _counts(model):
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    total = model.count_params()
    return len(model.weights), trainable, total - trainable, total


@pytest.mark.parametrize(
    ("name", "num_classes", "counts"),
    [
        pytest.param(*row, marks=() if row[:2] in SHALLOW else pytest.mark.contract, id=f"{row[0]}-{row[1]}")
        for row in ROWS
    ],
)
def test_a_network_has_the_references_count(build, name, num_classes, counts):
    """Exactly; the auxiliary kernel of Inception v4 is counted at 299 pixels."""
    side = {"inception_v4": 75, "inception_v4_aux": 299}.get(name, 32)
    assert _counts(build(name, side, num_classes=num_classes)) == counts


def test_every_row_of_the_reference_is_here():
    """18 networks at four numbers of classes."""
    assert len(ROWS) == len({row[:2] for row in ROWS}) == 72
    assert {row[:2] for row in ROWS} >= SHALLOW

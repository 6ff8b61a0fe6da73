"""Predictions of small splits, written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from inference.predictor import RecordPredictions


@pytest.fixture
def single_label() -> RecordPredictions:
    """Four records of two classes, three right, the first two of one patient, the last without a patient."""
    return RecordPredictions(
        names=["a", "b", "c", "d"],
        patient_keys=["p1", "p1", "p2", None],
        true_labels=np.array([0, 1, 1, 0]),
        mask=np.ones((4, 2), dtype=bool),
        probabilities=np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.8, 0.2]], dtype=np.float32),
        frame_sha256=["1" * 64, "2" * 64, "3" * 64, "4" * 64],
    )


@pytest.fixture
def multi_label() -> RecordPredictions:
    """Three records of three classes; one label unknown; the last class never present."""
    return RecordPredictions(
        names=["a", "b", "c"],
        patient_keys=[None, None, None],
        true_labels=np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]]),
        mask=np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=bool),
        probabilities=np.array([[0.9, 0.1, 0.2], [0.2, 0.3, 0.1], [0.8, 0.4, 0.5]]),
        frame_sha256=["1" * 64, "2" * 64, "2" * 64],
    )

"""Plain values on their way into rows."""

from __future__ import annotations

import pickle
from collections.abc import Callable

from database.batches import NewInstance


def test_a_batch_travels_to_other_processes(make: Callable[..., NewInstance]) -> None:
    """An instance with its frames is the same after pickling."""
    instance = make()
    assert pickle.loads(pickle.dumps(instance)) == instance


def test_pictures_never_show_in_a_repr(make: Callable[..., NewInstance]) -> None:
    """What is logged of an instance holds none of its bytes."""
    assert "PNG of" not in repr(make())

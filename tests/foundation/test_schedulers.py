"""Workers of a Dask scheduler."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

from foundation import schedulers
from foundation.errors import ConfigError
from foundation.schedulers import open_scheduler
from foundation.survival import Course, Death, Done, map_surviving

DEADLY = """
import os

def double(batch):
    if 3 in batch:
        os._exit(9)
    return [2 * number for number in batch]
"""


def test_dask_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the message says how to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"pip install 'dicomill\[dask\]'"), open_scheduler("tcp://h:1"):
        pass


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "no address"])
@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within seconds."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr(schedulers, "_ANSWER_SECONDS", 0.5)
    with pytest.raises(ConfigError, match="No Dask scheduler answers at"), open_scheduler(address):
        pass


@pytest.mark.slow
def test_work_is_done_by_its_workers(cluster_address: str) -> None:
    """In other processes, two at once."""
    with open_scheduler(cluster_address) as executor:
        assert executor.count == 2
        outcomes = list(map_surviving(executor, sum, [(1, 2), (3, 4)], course=Course(ahead=4)))
        assert sorted(outcome.result for outcome in outcomes if isinstance(outcome, Done)) == [3, 7]
        assert executor.submit(os.getpid).result(30) != os.getpid()


@pytest.mark.slow
def test_an_item_that_kills_its_workers_is_found(
    cluster_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their nannies start them again."""
    (tmp_path / "deadly_for_dask.py").write_text(DEADLY)
    monkeypatch.syspath_prepend(str(tmp_path))
    double = importlib.import_module("deadly_for_dask").double
    with open_scheduler(cluster_address) as executor:
        from distributed import Client

        with Client(cluster_address, set_as_default=False) as client:
            client.upload_file(str(tmp_path / "deadly_for_dask.py"))
        outcomes = list(map_surviving(executor, double, [(1, 2), (3, 4)], course=Course(ahead=4)))
    assert [outcome.item for outcome in outcomes if isinstance(outcome, Death)] == [3]
    done = [outcome.result for outcome in outcomes if isinstance(outcome, Done)]
    assert sorted(number for result in done for number in result) == [2, 4, 8]

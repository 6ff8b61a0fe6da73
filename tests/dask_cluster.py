"""A scheduler of Dask's for the tests that ask for one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

CLUSTER = """
import sys
sys.path[:] = {path!r}
import dask, distributed
dask.config.set({settings!r})
with distributed.LocalCluster(
    n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def cluster_address() -> Iterator[str]:
    """Give the address of a scheduler on this machine, with two worker processes; a process of its own.

    In the tests' process its thread was seen to wait for ever, with what clients before it left there.
    """
    pytest.importorskip("distributed", reason="Dask is not installed")
    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.comm.timeouts.connect": "10s",
        "distributed.admin.large-graph-warning-threshold": "1GB",
        "logging.distributed": "critical",
    }
    program = CLUSTER.format(path=sys.path, settings=settings)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()

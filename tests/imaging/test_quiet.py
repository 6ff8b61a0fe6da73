"""pydicom's words stay inside the block."""

from __future__ import annotations

import logging
import warnings

import pytest

from imaging.quiet import quiet_pydicom


def test_nothing_pydicom_says_gets_out(caplog: pytest.LogCaptureFixture) -> None:
    """Its warnings and log lines may quote values."""
    with quiet_pydicom():
        warnings.warn("SECRET", UserWarning, stacklevel=1)
        logging.getLogger("pydicom").warning("SECRET")
    assert not caplog.records


def test_outside_the_block_pydicom_speaks_as_before(caplog: pytest.LogCaptureFixture) -> None:
    """No setting of the process is changed for good."""
    before = list(warnings.filters)
    with quiet_pydicom():
        pass
    logging.getLogger("pydicom").warning("heard")
    assert [record.message for record in caplog.records] == ["heard"]
    assert warnings.filters == before

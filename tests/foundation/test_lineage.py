"""Where a product comes from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from foundation.errors import DicomillError
from foundation.lineage import LINEAGE_FILE, Lineage, read_lineage, write_lineage


def test_a_lineage_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """Identity, parents, config, versions and time."""
    lineage = Lineage(kind="export", parents=("a", "b"), config={"rendering": "window"}, fingerprint="f")
    write_lineage(tmp_path, lineage)
    assert read_lineage(tmp_path) == lineage
    assert lineage.created_at.tzinfo is not None
    assert "python" in lineage.versions


def test_each_making_is_a_product_of_its_own() -> None:
    """Equal content keeps its fingerprint but gets a new uuid."""
    first, second = (Lineage(kind="report", fingerprint="f") for _ in range(2))
    assert first.product_uuid != second.product_uuid


def test_a_folder_made_by_hand_has_none(tmp_path: Path) -> None:
    """That is no error."""
    assert read_lineage(tmp_path) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"kind": "export"}', b'{"kind": "x", "fingerprint": "f"}', b"\xff"]
)
def test_a_broken_lineage_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    """Cut, changed by hand, of an unknown kind, or no text."""
    (tmp_path / LINEAGE_FILE).write_bytes(content)
    with pytest.raises(DicomillError, match=r"cannot be read as a lineage file.*Make the product again"):
        read_lineage(tmp_path)


def test_an_unknown_kind_is_refused() -> None:
    """The kinds are a closed list."""
    with pytest.raises(ValidationError):
        Lineage(kind="dataset", fingerprint="f")  # type: ignore[arg-type]

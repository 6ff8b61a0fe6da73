"""The reader of docs/records.md, which needs nothing of dicomill."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imaging.plain_pictures import read_plain_picture
from preprocessing.pack import PackConfig, pack

PAGE = Path(__file__).parents[2] / "docs" / "records.md"
LONGEST_READER = 16


def reader() -> str:
    """Return the code block of the page."""
    text = PAGE.read_text(encoding="utf-8").split(
        "<!-- tested: tests/preprocessing/test_plain_reader.py -->"
    )[1]
    return text.split("```python\n")[1].split("```")[0]


def test_the_reader_is_short() -> None:
    """It is meant to be copied."""
    assert len([line for line in reader().splitlines() if line.strip()]) <= LONGEST_READER


@pytest.mark.tensorflow
@pytest.mark.parametrize("encoding", ["raw", "png", "keep"])
def test_the_reader_of_the_page_reads_our_records(
    two_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Pictures and class indices, whatever the encoding."""
    pack(PackConfig.checked({"folder": two_classes, "target": tmp_path / "records", "encoding": encoding}))
    monkeypatch.chdir(tmp_path / "records")
    names: dict[str, object] = {}
    exec(reader(), names)
    found = {picture.numpy().tobytes(): label.numpy().tolist() for picture, label in names["pictures"]}  # type: ignore[attr-defined]
    assert len(found) == 32
    for name in ("p00", "p01"):
        wanted = read_plain_picture((two_classes / "images" / f"{name}.png").read_bytes())
        if wanted.tobytes() in found:
            assert found[wanted.tobytes()] == [1 if name == "p00" else 0]
    assert {len(np.frombuffer(content, np.uint8)) for content in found} == {64}

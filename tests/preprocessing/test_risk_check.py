"""The door `risk_check`; Tesseract is stood in for by a program that finds text in bright pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from database.opening import open_with_key
from database.research import run_research_query
from database.session import Database
from foundation.errors import PreprocessingError
from ingest.ingest import IngestConfig, ingest
from preprocessing import risk_check as module
from preprocessing.risk_check import RiskCheckConfig, chosen_frames, risk_check


@pytest.fixture
def stocked(database_url: str, tmp_path: Path) -> Any:
    """Two pictures, a bright and a dark one."""
    from foundation.keys import create_key_file

    for name, value in (("bright", 250), ("dark", 3)):
        content = cv2.imencode(".png", np.full((8, 8), value, np.uint8))[1].tobytes()
        (tmp_path / f"{name}.png").write_bytes(content)
    create_key_file(tmp_path / "secret.key")
    with open_with_key(database_url, key_file=tmp_path / "secret.key") as database:
        paths = (tmp_path / "bright.png", tmp_path / "dark.png")
        config = IngestConfig(paths=paths, workers=1, operator_file=tmp_path / "p.tsv")
        ingest(config, database=database)
        yield database


@pytest.fixture
def searching(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put a search for brightness in Tesseract's place; return what it was asked."""
    asked: list[Any] = []

    def has_text(picture: Any, *, program: str) -> bool:
        asked.append((picture.dtype, program))
        return bool(picture.mean() > 128)

    monkeypatch.setattr(module, "find_tesseract", lambda: "stand-in")
    monkeypatch.setattr(module, "has_text", has_text)
    return asked


def check(database: Database, **options: Any) -> Any:
    """Search in this process."""
    return risk_check(RiskCheckConfig(where="id > 0", workers=1, **options), database=database)


def test_rows_keep_whether_there_is_text(stocked: Database, searching: list[Any]) -> None:
    """On 8-bit pictures; the view says `detected`."""
    report = check(stocked)
    assert (report.num_images, report.num_with_text, report.num_without_text) == (2, 1, 1)
    assert searching == [(np.dtype("uint8"), "stand-in")] * 2
    rows = run_research_query(stocked, "SELECT burned_in_risk FROM image ORDER BY burned_in_risk").rows
    assert [row[0] for row in rows].count("detected") == 1


def test_a_picture_is_searched_once(stocked: Database, searching: list[Any]) -> None:
    """Unless it is asked for again."""
    check(stocked)
    assert check(stocked).num_images == 0
    assert check(stocked, again=True).num_images == 2
    assert len(searching) == 4


def test_what_cannot_be_rendered_is_told(
    stocked: Database, searching: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad picture does not end the search, and stays unsearched."""
    from foundation.errors import RenderError

    def fail(*_: Any) -> Any:
        raise RenderError("bad_window", "No.")

    monkeypatch.setattr(module, "kept_frame", fail)
    report = check(stocked)
    assert report.reasons == {"bad_window": 2}
    assert check(stocked).num_images == 2
    assert searching == []


def test_without_tesseract_nothing_is_searched(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said what to install."""
    monkeypatch.setattr("preprocessing.text_search.shutil.which", lambda _: None)
    with pytest.raises(PreprocessingError, match="Install Tesseract"):
        check(stocked)
    with pytest.raises(PreprocessingError, match="open database"):
        risk_check(RiskCheckConfig())


@pytest.mark.parametrize(("frames", "most", "chosen"), [(1, 8, {1}), (3, 1, {1}), (9, 3, {1, 5, 9})])
def test_frames_are_spread(frames: int, most: int, chosen: set[int]) -> None:
    """First and last among them."""
    assert chosen_frames(frames, most) == chosen


@pytest.mark.tesseract
def test_the_real_program_is_asked(tmp_path: Path, write_text: Callable[..., None]) -> None:
    """End to end, where it is installed."""
    import shutil

    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed (Debian: tesseract-ocr)")
    write_text(tmp_path / "named.png", "MILLER HANS 1957")
    with open_with_key(f"sqlite:///{tmp_path / 'new.db'}", create=True) as database:
        ingest(IngestConfig(paths=(tmp_path / "named.png",), workers=1), database=database)
        assert check(database).num_with_text == 1
        stored = database.file_path
    assert stored is not None
    assert b"MILLER" not in stored.read_bytes()


@pytest.fixture
def write_text() -> Callable[..., None]:
    """Give a function that writes a picture with a text."""

    def write(path: Path, text: str) -> None:
        drawn = np.full((240, 420), 20, np.uint8)
        cv2.putText(drawn, text, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2, cv2.LINE_AA)
        path.write_bytes(cv2.imencode(".png", drawn)[1].tobytes())

    return write

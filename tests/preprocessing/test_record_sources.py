"""Which pictures can become records."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import FolderError
from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from preprocessing.folders import open_image_folder
from preprocessing.left_out import LeftOut, count_reasons
from preprocessing.record_formats import WantedEncoding
from preprocessing.record_pictures import PictureSettings
from preprocessing.record_sources import RecordSources, choose_sources, source_of_folder


def chosen(
    path: Path, *, encoding: WantedEncoding = "keep", raw_budget: int = 0, spool: Path | None = None
) -> tuple[RecordSources, list[LeftOut]]:
    """Return the sources of a folder."""
    return choose_sources(
        source_of_folder(open_image_folder(path)),
        encoding=encoding,
        raw_budget=raw_budget,
        settings=PictureSettings(spool=spool),
        executor=InProcessExecutor(),
        progress=SilentProgress(),
    )


def test_every_picture_is_a_source_or_left_out_with_its_reason(make_folder) -> None:
    """More than one batch, with broken and unlabelled pictures between: each result meets its own entry."""
    labels = {f"p{n:03d}.png": ["Hand"] for n in range(70)}
    labels["p010.png"] = None
    path = make_folder("mixed", labels, contents={"p040.png": b"no picture"})
    sources, left_out = chosen(path)
    assert [source.entry.image for source in sources] == [source.place.image for source in sources]
    assert len(sources) == 68
    assert sorted(left_out) == [
        LeftOut("images/p010.png", "no_label"),
        LeftOut("images/p040.png", "not_a_picture"),
    ]


def test_bare_samples_are_spooled_while_they_may_fit(make_folder, tmp_path: Path) -> None:
    """Over the budget nothing more is spooled that could go in as the file it is."""
    path = make_folder("many", {f"p{n:03d}.png": ["Hand"] for n in range(400)})
    (tmp_path / "spool").mkdir()
    sources, _ = chosen(path, encoding="auto", raw_budget=64 * 40, spool=tmp_path / "spool")
    spooled = [source.picture.spooled is not None for source in sources]
    assert spooled[0]
    assert not spooled[-1]
    assert {source.picture.spooled.format for source in sources if source.picture.spooled} == {"RAW"}
    sources, _ = chosen(path, encoding="auto", raw_budget=64 * 400, spool=tmp_path / "spool")
    assert all(source.picture.spooled is not None for source in sources)


def test_a_folder_without_a_usable_picture_is_refused(make_folder) -> None:
    """The message counts the reasons."""
    path = make_folder("bad", {"a.png": None, "b.png": ["Hand"]}, contents={"b.png": b"x"})
    with pytest.raises(FolderError, match="Left out: no_label 1, not_a_picture 1"):
        chosen(path)
    assert count_reasons([]) == {}

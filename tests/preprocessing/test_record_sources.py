"""Which pictures can become records."""

from __future__ import annotations

import pytest

from foundation.errors import FolderError
from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from preprocessing.folders import open_image_folder
from preprocessing.left_out import LeftOut, count_reasons
from preprocessing.record_sources import choose_sources


def test_every_picture_is_a_source_or_left_out_with_its_reason(make_folder) -> None:
    """More than one batch, with broken and unlabelled pictures between: each result meets its own entry."""
    labels = {f"p{n:03d}.png": ["Hand"] for n in range(70)}
    labels["p010.png"] = None
    path = make_folder("mixed", labels, contents={"p040.png": b"no picture"})
    sources, left_out = choose_sources(
        open_image_folder(path), executor=InProcessExecutor(), progress=SilentProgress()
    )
    assert [source.entry.image for source in sources] == [source.picture.image for source in sources]
    assert len(sources) == 68
    assert sorted(left_out) == [
        LeftOut("images/p010.png", "no_label"),
        LeftOut("images/p040.png", "not_a_picture"),
    ]


def test_a_folder_without_a_usable_picture_is_refused(make_folder) -> None:
    """The message counts the reasons."""
    path = make_folder("bad", {"a.png": None, "b.png": ["Hand"]}, contents={"b.png": b"x"})
    with pytest.raises(FolderError, match="Left out: no_label 1, not_a_picture 1"):
        choose_sources(open_image_folder(path), executor=InProcessExecutor(), progress=SilentProgress())
    assert count_reasons([]) == {}

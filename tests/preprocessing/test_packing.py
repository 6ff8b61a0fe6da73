"""One record set, all decided."""

from __future__ import annotations

from pathlib import Path

from foundation.execution import InProcessExecutor
from foundation.progress import SilentProgress
from preprocessing.division import DivisionSettings, divide
from preprocessing.folders import open_image_folder
from preprocessing.groups import GroupMember
from preprocessing.pack import PackConfig
from preprocessing.packing import Packing
from preprocessing.record_pictures import PictureSettings
from preprocessing.record_sets import open_record_set
from preprocessing.record_sources import choose_sources, source_of_folder


def packing_of(folder: Path, target: Path, **values: object) -> Packing:
    """Return what is decided of a folder, without splits."""
    config = PackConfig.checked({"folder": folder, "target": target, "split": "None", **values})
    source, pictures = source_of_folder(open_image_folder(folder)), PictureSettings()
    sources, left_out = choose_sources(
        source,
        encoding=config.encoding,
        raw_budget=config.raw_budget,
        settings=pictures,
        executor=InProcessExecutor(),
        progress=SilentProgress(),
    )
    members = [GroupMember(one.entry.name, None, one.sha256, one.entry.labels) for one in sources]
    division = divide(members, DivisionSettings(ratios={}, seed=0), None)
    return Packing(config, source, tuple(sources), tuple(left_out), division, ("Hand", "Skull"), pictures)


def test_auto_is_settled_for_all_pictures_together(two_classes: Path, tmp_path: Path) -> None:
    """Bare samples while they fit the budget to the byte, else the files as they are."""
    needed = 40 * 8 * 8
    assert packing_of(two_classes, tmp_path / "a", raw_budget=needed).encoding == "raw"
    assert packing_of(two_classes, tmp_path / "b", raw_budget=needed - 1).encoding == "keep"
    assert packing_of(two_classes, tmp_path / "c", encoding="jpeg").encoding == "jpeg"


def test_what_is_written_is_what_is_described(two_classes: Path, tmp_path: Path) -> None:
    """Also where nothing was spooled, so that pictures are read again."""
    target = tmp_path / "out"
    target.mkdir()
    packing = packing_of(two_classes, target)
    written, lineage = packing.write(target, executor=InProcessExecutor(), progress=SilentProgress())
    found = open_record_set(target)
    assert found.model_dump() == written.model_dump()
    assert (found.product_uuid, lineage.kind) == (lineage.product_uuid, "records")
    assert (found.height, found.width, found.channels, found.encoding) == (8, 8, 1, "raw")
    assert [len(sources) for sources in packing.by_split.values()] == [40]

"""The door `transform`: one image/label folder becomes another."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foundation.errors import ConfigError, FolderError, TargetExistsError, UnknownNameError
from foundation.execution import InProcessExecutor
from foundation.lineage import read_lineage
from imaging.plain_pictures import read_plain_picture
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import FolderState, open_image_folder
from preprocessing.recipe import Recipe
from preprocessing.transform import TransformConfig, TransformReport, transform

ROOT = Path(__file__).parents[2]


def run(folder: Path, target: Path, *steps: str, **options: Any) -> TransformReport:
    return transform(TransformConfig(folder=folder, target=target, steps=steps, **options))


def test_every_picture_goes_through_the_recipe(two_classes: Path, tmp_path: Path) -> None:
    """The new pictures are the steps' results, lossless, with the same labels."""
    report = run(two_classes, tmp_path / "t", "contrast_enhancing", "bitwise_downsampling:3")
    recipe = Recipe.parse(["contrast_enhancing:4", "bitwise_downsampling:3"])
    assert (report.num_pictures, report.recipe, report.left_out) == (40, recipe.texts, {})
    old, new = open_image_folder(two_classes), open_image_folder(tmp_path / "t")
    for before, after in zip(old.entries, new.entries, strict=True):
        assert (after.name, after.labels) == (before.name, before.labels)
        assert after.image == f"images/{before.name}.png"
        expected = recipe.apply(read_plain_picture(before.image_path.read_bytes()).astype(np.uint8))
        assert np.array_equal(read_plain_picture(after.image_path.read_bytes()), expected)
    assert new.recipe == recipe.texts


def test_what_was_known_of_a_picture_comes_along(tmp_path: Path, picture_bytes) -> None:
    """Instance, frame, patient, hash, render record, state and lineage; the recipe grows."""
    source = tmp_path / "source"
    source.mkdir()
    known = FolderPicture(
        name="a",
        content=picture_bytes(np.zeros((60, 60), np.uint8)),
        labels=("Hand",),
        instance="2.25.1",
        frame_number=3,
        patient_key="p",
        sha256="ab",
        render_record={"rendering": "window"},
    )
    with FolderWriter(source) as writer:
        writer.add(known)
        writer.finish(FolderState(rendering="window", recipe=("invert",), task="t"), kind="export")
    run(source, tmp_path / "once", "bitwise_downsampling:99")
    folder = open_image_folder(tmp_path / "once")
    (entry,) = folder.entries
    for field in ("name", "labels", "instance", "frame_number", "patient_key", "sha256", "render_record"):
        assert getattr(entry, field) == getattr(known, field)
    assert (folder.rendering, folder.state.task) == ("window", "t")
    assert folder.recipe == ("invert", "bitwise_downsampling:8")
    lineage, parent = read_lineage(tmp_path / "once"), read_lineage(source)
    assert lineage is not None
    assert parent is not None
    assert (lineage.kind, lineage.parents) == ("transformed", (parent.product_uuid,))


def test_the_same_folder_and_steps_give_the_same_bytes(two_classes: Path, tmp_path: Path) -> None:
    """However many workers there are."""
    run(two_classes, tmp_path / "one", "color_quantization:3", workers=1)
    run(two_classes, tmp_path / "two", "color_quantization:3", workers=2)
    one, two = (read_lineage(tmp_path / name) for name in ("one", "two"))
    assert one is not None
    assert two is not None
    assert one.fingerprint == two.fingerprint
    for file in sorted((tmp_path / "one").rglob("*")):
        if file.is_file() and file.name != "lineage.json":
            assert file.read_bytes() == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()


def test_unreadable_pictures_are_left_out_with_a_reason(make_folder, picture_bytes, tmp_path: Path) -> None:
    """One bad file does not stop the others."""
    deep = picture_bytes(np.full((4, 4), 40_000, np.uint16))
    contents = {"b.png": b"no picture", "c.png": deep}
    folder = make_folder("mixed", {f"{letter}.png": ["Hand"] for letter in "abc"}, contents=contents)
    report = run(folder, tmp_path / "t", "contrast_enhancing")
    assert report.num_pictures == 1
    assert sum(report.left_out.values()) == 2
    assert report.left_out["more_than_8_bits"] == 1
    rows = (tmp_path / "t" / "left_out.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["name", "images/b.png", "images/c.png"]


def test_a_folder_without_a_readable_picture_is_refused(make_folder, tmp_path: Path) -> None:
    """Nothing is left behind."""
    folder = make_folder("bad", {"a.png": ["Hand"]}, contents={"a.png": b"no picture"})
    with pytest.raises(FolderError, match=r"No picture of .* can be transformed"):
        run(folder, tmp_path / "t", "invert")
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


def test_wrong_steps_are_refused_before_any_work(two_classes: Path, tmp_path: Path) -> None:
    """No step, or one that does not exist."""
    with pytest.raises(ConfigError, match=r"There is no step to apply\. Name at least one of: bitwise"):
        run(two_classes, tmp_path / "t")
    with pytest.raises(UnknownNameError, match="contrast_enhancing"):
        run(two_classes, tmp_path / "t", "contrast_enhancer:4")
    assert not (tmp_path / "t").exists()


def test_the_source_is_never_replaced(two_classes: Path, tmp_path: Path) -> None:
    """A target that holds something is kept unless asked; the source always."""
    run(two_classes, tmp_path / "t", "invert")
    with pytest.raises(TargetExistsError):
        run(two_classes, tmp_path / "t", "invert")
    assert run(two_classes, tmp_path / "t", "invert", overwrite=True).num_pictures == 40
    with pytest.raises(ConfigError, match="holds the folder that is read"):
        run(two_classes, two_classes, "invert", overwrite=True)


def test_16_bits_stay_16_bits_where_every_step_takes_them(make_folder, picture_bytes, tmp_path: Path) -> None:
    """And lose nothing on the way; `to_8_bits` turns them into 8 for the steps that need it."""
    deep = np.random.default_rng(0).integers(0, 65536, (9, 7), dtype=np.uint16)
    folder = make_folder("deep", {"a.png": ["Hand"]}, contents={"a.png": picture_bytes(deep)})
    run(folder, tmp_path / "deep_out", "invert")
    after = read_plain_picture((tmp_path / "deep_out" / "images" / "a.png").read_bytes())
    assert after.dtype == np.uint16
    assert np.array_equal(after, 65535 - deep)
    run(folder, tmp_path / "flat", "to_8_bits", "bitwise_downsampling:8")
    assert read_plain_picture((tmp_path / "flat" / "images" / "a.png").read_bytes()).dtype == np.uint8


def test_a_picture_that_a_step_would_blow_up_is_left_out(make_folder, picture_bytes, tmp_path: Path) -> None:
    """The square around a long line has no place in memory."""
    line = picture_bytes(np.zeros((1, 60_000), np.uint8))
    folder = make_folder("long", {"a.png": ["Hand"], "b.png": ["Hand"]}, contents={"a.png": line})
    assert run(folder, tmp_path / "t", "pad_to_square").left_out == {"unfit_picture": 1}


def test_pictures_without_labels_and_labels_without_pictures(make_folder, tmp_path: Path) -> None:
    """The first are transformed and stay without; the second are told."""
    folder = make_folder("mixed", {"a.png": None, "b.png": []})
    (folder / "labels" / "gone.txt").write_text("Hand\n")
    report = run(folder, tmp_path / "t", "invert")
    assert (report.num_pictures, report.left_out) == (2, {"no_picture": 1})
    assert [entry.labels for entry in open_image_folder(tmp_path / "t").entries] == [(), ()]


def test_a_recipe_file_does_what_its_steps_do(two_classes: Path, tmp_path: Path) -> None:
    """What one run writes down another one takes, and the result is the same."""
    first = run(two_classes, tmp_path / "one", "clahe:3", "resize:20", write_recipe=tmp_path / "r.json")
    second = run(two_classes, tmp_path / "two", recipe_file=tmp_path / "r.json")
    assert second.recipe == first.recipe == ("clahe:clip=3,tiles=8", "resize:20x20")
    assert second.recipe_fingerprint == first.recipe_fingerprint == Recipe.parse(first.recipe).fingerprint
    one, two = (read_lineage(tmp_path / name) for name in ("one", "two"))
    assert one is not None
    assert two is not None
    assert one.fingerprint == two.fingerprint


def test_recipes_that_cannot_be_used_are_refused_before_any_work(two_classes: Path, tmp_path: Path) -> None:
    """Two of them, an empty one, and names that cannot be written later."""
    recipe = tmp_path / "r.json"
    recipe.write_text("[]")
    with pytest.raises(ConfigError, match="both steps and a recipe"):
        run(two_classes, tmp_path / "t", "invert", recipe_file=recipe)
    with pytest.raises(ConfigError, match="no step to apply in"):
        run(two_classes, tmp_path / "t", recipe_file=recipe)
    with pytest.raises(TargetExistsError, match=r"r\.json"):
        run(two_classes, tmp_path / "t", "invert", write_recipe=recipe)
    with pytest.raises(ConfigError, match="in a folder that is there"):
        run(two_classes, tmp_path / "t", "invert", sheet=tmp_path / "no" / "s.png")
    with pytest.raises(ConfigError, match="lies in"):
        run(two_classes, tmp_path / "t", "invert", sheet=two_classes / "s.png")
    assert not (tmp_path / "t").exists()


def test_a_sheet_is_written_when_asked(two_classes: Path, tmp_path: Path) -> None:
    """The report names its pictures."""
    report = run(two_classes, tmp_path / "t", "invert", sheet=tmp_path / "s.png", sheet_pictures=2)
    assert report.sheet_names == ("p00", "p39")
    assert (tmp_path / "s.png").stat().st_size > 1000


class StoppingExecutor(InProcessExecutor):
    """Fails like a full disk after a number of batches, and counts pictures."""

    def __init__(self, batches: int) -> None:
        self.left, self.pictures = batches, 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Run a batch, or let it fail."""
        if not self.left:
            failed: Future[Any] = Future()
            failed.set_exception(OSError("no space left"))
            return failed
        self.left -= 1
        self.pictures += len(args[0])
        return super().submit(fn, *args, **kwargs)


def interrupt(folder: Path, target: Path, *steps: str, batches: int = 2) -> None:
    """Begin a run that ends after some batches."""
    with pytest.raises(OSError, match="no space left"):
        transform(
            TransformConfig(folder=folder, target=target, steps=steps), executor=StoppingExecutor(batches)
        )


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but its lineage, which holds a time."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lineage.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def forty(make_folder, tmp_path: Path) -> Path:
    """Forty pictures, three of which are none."""
    bad = {f"p{number:02d}.png": b"no picture" for number in (1, 17, 38)}
    return make_folder("forty", {f"p{n:02d}.png": ["Hand"] for n in range(40)}, contents=bad)


def test_an_interrupted_run_goes_on_and_ends_as_if_undisturbed(forty: Path, tmp_path: Path) -> None:
    """What was finished is not made again, what was left out stays so, and every byte is the same."""
    run(forty, tmp_path / "whole", "resize:30")
    interrupt(forty, tmp_path / "t", "resize:30", batches=3)
    assert not (tmp_path / "t").exists()
    counting = StoppingExecutor(100)
    report = transform(
        TransformConfig(folder=forty, target=tmp_path / "t", steps=("resize:30",)), executor=counting
    )
    assert (report.num_pictures, report.num_resumed, report.left_out) == (37, 22, {"not_a_picture": 3})
    assert counting.pictures == 16
    assert contents(tmp_path / "t") == contents(tmp_path / "whole")
    one, two = (read_lineage(tmp_path / name) for name in ("whole", "t"))
    assert one is not None
    assert two is not None
    assert one.fingerprint == two.fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forty", "t", "whole"]


def test_finished_pictures_that_were_harmed_are_made_again(forty: Path, tmp_path: Path) -> None:
    """From the first one that is not as it was noted."""
    run(forty, tmp_path / "whole", "invert")
    interrupt(forty, tmp_path / "t", "invert", batches=3)
    (hidden,) = tmp_path.glob(".t.*.resumable")
    (hidden / "content" / "images" / "p10.png").write_bytes(b"half a pic")
    (hidden / "content" / "labels" / "p20.txt").unlink()
    report = run(forty, tmp_path / "t", "invert")
    assert report.num_resumed == 9
    assert contents(tmp_path / "t") == contents(tmp_path / "whole")


@pytest.mark.parametrize("change", ["recipe", "picture", "label", "more"])
def test_a_changed_recipe_or_source_is_not_mixed(
    change: str, forty: Path, tmp_path: Path, picture_bytes
) -> None:
    """The run begins anew, and nothing of the old one stays."""
    interrupt(forty, tmp_path / "t", "invert")
    steps = ("grayscale",) if change == "recipe" else ("invert",)
    if change == "picture":
        (forty / "images" / "p00.png").write_bytes(picture_bytes(np.zeros((8, 8), np.uint8)))
    elif change == "label":
        (forty / "labels" / "p00.txt").write_text("Skull\n")
    elif change == "more":
        (forty / "images" / "q.png").write_bytes(picture_bytes(np.zeros((8, 8), np.uint8)))
    report = run(forty, tmp_path / "t", *steps)
    assert report.num_resumed == 0
    run(forty, tmp_path / "whole", *steps)
    assert contents(tmp_path / "t") == contents(tmp_path / "whole")
    assert list(tmp_path.glob(".t.*")) == []


@pytest.mark.slow
def test_a_killed_command_goes_on(make_folder, tmp_path: Path) -> None:
    """Kill -9 in the middle of a pool's work: the same command ends with the bytes of an undisturbed run."""
    folder = make_folder("many", {f"p{n:03d}.png": ["Hand"] for n in range(40)})
    # Slow enough to be killed in the middle.
    steps = ["resize:150", "denoise_non_local_means:5"]
    words = [sys.executable, "-c", "from cli.main import run; run()", "transform"]
    words += [str(folder), str(tmp_path / "t"), "--workers", "2"]
    words += [word for step in steps for word in ("--step", step)]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            journals = list(tmp_path.glob(".t.*/journal.jsonl"))
            if journals and len(journals[0].read_bytes().splitlines()) >= 8:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    assert not (tmp_path / "t").exists()
    report = run(folder, tmp_path / "t", *steps, workers=1)
    assert (report.num_pictures, report.num_resumed >= 8) == (40, True)
    run(folder, tmp_path / "whole", *steps, workers=1)
    assert contents(tmp_path / "t") == contents(tmp_path / "whole")

"""Finding the weights that a path means; nothing here needs TensorFlow."""

from __future__ import annotations

import re
from pathlib import Path

from foundation.errors import CheckpointError
from training.artifact import ARTIFACT_FILE, MODEL_FILE, open_artifact
from training.checkpoints.sources import Place

# A file's ending to its form.
_ENDINGS = {
    ".h5": "keras_h5",
    ".keras": "keras",
    ".safetensors": "safetensors",
}
_PICKLES = (".bin", ".pkl", ".pt", ".pth", ".tar")
_ARCHIVES = (".tar.gz", ".tgz", ".zip")
# checkpoint, as tf.train writes it: the first line names the latest one.
_LATEST = re.compile(r'^model_checkpoint_path:\s*"(?P<name>.+)"', re.MULTILINE)
_STATE_FILE = "checkpoint"
_PART = re.compile(r"(?P<prefix>.+)\.(index|meta|data-\d{5}-of-\d{5})")


def find_place(path: Path) -> Place:
    """Return where the weights stand that a path means.

    Args:
        path: a file; a prefix such as `model.ckpt-8400`; one of a checkpoint's own files; tf.train's state
            file `checkpoint`; or a folder: of an artifact, of checkpoints (the latest is meant), of a
            SavedModel, or with one file of weights.

    Raises:
        CheckpointError: there are none, or more than one.
        ArtifactError: the folder is a broken artifact.
    """
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        return _of_file(path)
    place = _of_prefix(path)
    if place is None:
        raise CheckpointError(
            f"There is no checkpoint at {path}: expected a file, a folder, or the prefix of "
            "PREFIX.index and PREFIX.data-00000-of-00001. Check the path."
        )
    return place


def _of_file(path: Path) -> Place:
    name = path.name.lower()
    if name.endswith(_ARCHIVES):
        raise CheckpointError(f"{path} is an archive: unpack it, and give the checkpoint that it holds.")
    if name.endswith(_PICKLES):
        raise CheckpointError(
            f"{path} is a PyTorch pickle, which may run code when it is read: it is not opened. Save its "
            "state dict with safetensors.torch.save_file and give that file."
        )
    if path.suffix in _ENDINGS:
        return Place(_ENDINGS[path.suffix], path, (path,))
    part = _PART.fullmatch(path.name)
    if part:
        prefix = path.with_name(part["prefix"])
        place = _of_prefix(prefix)
        if place is None and prefix.is_file():
            return Place("tf1", prefix, (prefix,))  # the graph of a V1 checkpoint
        if place is None:
            raise CheckpointError(
                f"{path} is one file of a checkpoint whose other files are not beside it: expected "
                f"{part['prefix']}.index and {part['prefix']}.data-00000-of-00001."
            )
        return place
    if path.name == _STATE_FILE and _LATEST.search(path.read_text(encoding="utf-8", errors="replace")):
        return _latest(path.parent, path)
    return Place("tf1", path, (path,))  # V1: one file, of any name


def _of_prefix(prefix: Path) -> Place | None:
    """Return the V2 checkpoint of a prefix, if its files are there."""
    parts = tuple(
        sorted(
            file
            for file in prefix.parent.glob("*")
            if file.name.startswith(f"{prefix.name}.data-") and _PART.fullmatch(file.name)
        )
    )
    index = prefix.with_name(f"{prefix.name}.index")
    if not index.is_file() or not parts:
        return None
    wanted = int(parts[0].name.rsplit("-", 1)[1])
    if len(parts) != wanted:
        raise CheckpointError(
            f"The checkpoint {prefix} is not whole: expected {wanted} files of values. Copy the missing "
            f"ones. Received: {len(parts)}"
        )
    return Place("tf1", prefix, (index, *parts))


def _in_folder(folder: Path) -> Place:
    if (folder / ARTIFACT_FILE).is_file():
        open_artifact(folder)
        return Place("artifact", folder, (folder / MODEL_FILE,))
    saved = _of_prefix(folder / "variables" / "variables")
    if saved is not None:
        return saved
    state = folder / _STATE_FILE
    if state.is_file():
        return _latest(folder, state)
    prefixes = [file.with_suffix("") for file in folder.glob("*.index")]
    found = sorted(prefixes + [file for file in folder.iterdir() if file.suffix in (*_ENDINGS, ".ckpt")])
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise CheckpointError(
            f"{folder} should hold one checkpoint, or a file named `checkpoint` that says which is the "
            f"latest. Give the path of one. Received: {names}"
        )
    return find_place(found[0])


def _latest(folder: Path, state: Path) -> Place:
    """Return the checkpoint that tf.train's state file calls the latest."""
    found = _LATEST.search(state.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise CheckpointError(f"{state} names no checkpoint: it is cut. Give the path of one.")
    # Its folder may be that of the machine it was written on.
    name = Path(found["name"]).name
    place = _of_prefix(folder / name)
    if place is None and (folder / name).is_file():
        place = _of_file(folder / name)
    if place is None:
        raise CheckpointError(
            f"{state} calls {name} the latest checkpoint, but it is not there. Give the path of another one."
        )
    return place

"""The README, followed word by word."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS, dicomill
from cli.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURES_A_CLASS = 30


def blocks_of(name: str) -> str:
    """Return the blocks that follow `<!-- tested: NAME -->`, in order."""
    blocks = re.findall(rf"^<!-- tested: {name} -->\n```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert blocks
    return "".join(blocks)


def follow(text: str, folder: Path) -> str:
    """Run lines of a shell in a folder and return what they printed."""
    script = shutil.which("bash")
    assert script is not None
    own = {name: value for name, value in os.environ.items() if not name.startswith("DICOMILL_")}
    own["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), own["PATH"]])
    done = subprocess.run(
        [script, "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def named_files(folder: str) -> list[str]:
    """Return the files and folders that the README's list names below one of `out/`."""
    (about,) = re.findall(rf"^- `{folder}` (.*?)(?=^- |^$)", README, re.MULTILINE | re.DOTALL)
    found = [name for name in re.findall("`([^` ]+)`", about) if re.search(r"/$|\.\w+$", name)]
    return [f"{folder}/{name}" for name in found if not name.startswith("tf.")]


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_whole_way_on_phantoms(tmp_path: Path) -> None:
    """Every command works, and every file that the README names is there."""
    told = follow(blocks_of("phantoms"), tmp_path)
    assert re.search(r"^body_part +images +patients$", told, re.MULTILINE)
    named = [
        path for name in ("export", "records", "model", "evaluation") for path in named_files(f"out/{name}")
    ]
    assert len(named) > 10
    paths = [*named, "out/predictions.tsv", "dicomill.db", "dicomill.key"]
    assert [path for path in paths if not (tmp_path / path).exists()] == []
    again = follow("dicomill ingest my-dicom\ndicomill records verify out/records", tmp_path)
    assert "stored" not in again
    assert again.splitlines()[-1].startswith("0 problems in ")


@pytest.mark.corpus
@pytest.mark.tensorflow
@pytest.mark.slow
def test_class_folders_of_plain_pictures(corpus: Path, tmp_path: Path) -> None:
    """A part of Medical MNIST by the README's own commands; how good the whole is, a benchmark says."""
    for folder in sorted(path for path in (corpus / "medical-mnist").iterdir() if path.is_dir()):
        target = tmp_path / "medical-mnist" / folder.name
        target.mkdir(parents=True)
        pictures = sorted(path for path in folder.iterdir() if path.is_file())
        for picture in pictures[:PICTURES_A_CLASS]:
            shutil.copy(picture, target)
    told = follow(blocks_of("medical-mnist"), tmp_path)
    assert f"{6 * PICTURES_A_CLASS} images in out/export" in told
    named = [path for name in ("export", "model", "evaluation") for path in named_files(f"out/{name}")]
    assert [path for path in named if not (tmp_path / path).exists()] == []
    assert float(re.findall(r"^accuracy ([\d.]+)", told, re.MULTILINE)[0]) > 0.6


def shell_lines() -> list[str]:
    """Return every `dicomill` line of the README's blocks, continued lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    joined = re.sub(r'("[^"\n]*)\n\s+([^"\n]*")', r"\1 \2", "\n".join(blocks))
    lines = [line.strip() for line in joined.splitlines()]
    app = re.compile(r"^docker compose run --rm .*?\bapp (?=[a-z])")
    lines = [app.sub("dicomill ", line) for line in lines]
    return [line for line in lines if line.startswith("dicomill ")]


@pytest.mark.parametrize("line", shell_lines())
def test_every_line_is_one_that_the_command_line_takes(line: str) -> None:
    """Also those that need a server, containers or a hospital."""
    command: click.Command = dicomill
    words = shlex.split(line)[1:]
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command, obj=Settings()), words.pop(0))
        assert found is not None
        command = found
    command.make_context("dicomill", words, obj=Settings())


def test_the_table_names_every_command() -> None:
    """And no other."""
    (table,) = re.findall(r"^## Commands\n(.*?)(?=^## )", README, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = {name.split()[0] for row in rows for name in re.findall("`([a-z ]+)`", row)}
    assert named == set(COMMANDS)


def test_every_link_leads_somewhere() -> None:
    """To a file of the repository, or to a heading of this page."""
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall("^#+ (.*)$", README, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    broken = [
        link
        for link in links
        if not (link[1:] in headings if link.startswith("#") else (ROOT / link.split("#")[0]).exists())
    ]
    assert broken == []


def test_every_word_of_make_is_in_the_makefile() -> None:
    """The first two commands of all."""
    words = set(
        re.findall(r"\bmake ([a-z]+)\b", "\n".join(re.findall("`[^`]+`|^make .*$", README, re.MULTILINE)))
    )
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= words <= rules

"""`dicomill.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.settings import Settings, read_settings
from foundation.errors import ConfigError


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """Nothing has to be set up."""
    assert read_settings(tmp_path) == Settings(
        database="sqlite:///dicomill.db", key_file=None, profile="research", workers=None
    )


def test_a_file_sets_what_it_names(tmp_path: Path) -> None:
    """The rest keeps its default."""
    (tmp_path / "dicomill.toml").write_text('database = "mysql://host/images"\nworkers = 3\n')
    assert read_settings(tmp_path) == Settings(database="mysql://host/images", workers=3)


def test_privacy_is_set_once(tmp_path: Path) -> None:
    """Options are a list; a single text would be a list of letters."""
    text = 'options = ["retain-uids", "clean-descriptors"]\nallow_list = "site.tsv"\n'
    (tmp_path / "dicomill.toml").write_text(text)
    settings = read_settings(tmp_path)
    assert settings.options == ("retain-uids", "clean-descriptors")
    assert settings.allow_list == "site.tsv"


def test_the_current_folder_is_read() -> None:
    """A project keeps its settings beside its products."""
    Path("dicomill.toml").write_text('profile = "strict"')
    assert read_settings().profile == "strict"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("database", "cannot be read as TOML"),
        ('databse = "x"', 'sets "databse". Known: database, key_file, profile, options, allow_list, workers'),
        ('options = "retain-uids"', "\"options\" expects a list of texts. Received: 'retain-uids'."),
        ("options = [1]", '"options" expects a list of texts. Received: [1].'),
        ("database = 5", '"database" expects text. Received: 5.'),
        ('workers = "3"', "\"workers\" expects a whole number. Received: '3'."),
        ("workers = true", '"workers" expects a whole number. Received: True.'),
        ("[database]\nurl = 'x'", '"database" expects text'),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    """A mistyped name would otherwise be passed over in silence."""
    (tmp_path / "dicomill.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_settings(tmp_path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A file in another encoding is told as such."""
    (tmp_path / "dicomill.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path)

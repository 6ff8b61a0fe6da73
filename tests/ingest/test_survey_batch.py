"""One batch of a dry run."""

from __future__ import annotations

import pickle
from pathlib import Path

from database.opening import require_key
from database.session import Database
from imaging.settings import ReadSettings
from ingest.ingest import IngestConfig, ingest
from ingest.sources import find_files
from ingest.survey_batch import SurveySettings, survey_batch


def settings_for(database: Database | None, key: bytes = bytes(32)) -> SurveySettings:
    """Return what every batch of a dry run shares."""
    url = None if database is None else database.url_text
    return SurveySettings(url, "default", ReadSettings(key=key, default_issuer="default"))


def test_each_file_is_told_in_its_place(mixed_folder: Path) -> None:
    """As far as headers tell, and without a database."""
    files = list(find_files([mixed_folder]))
    looks = survey_batch(files, settings_for(None))
    told = {
        file.path.name: (look.disposition, look.modality) for file, look in zip(files, looks, strict=True)
    }
    assert told == {
        "a.dcm": ("stored", "CT"),
        "b": ("stored", "MR"),
        "c.dcm": ("stored", "MR"),
        "report.dcm": ("not_an_image", None),
        "notes.txt": ("rejected", None),
        "empty.dcm": ("rejected", None),
    }
    assert looks[1].patient is not None
    assert looks[1].instance == looks[2].instance


def test_what_is_stored_is_unchanged_and_its_copies_are_resent(
    database: Database, mixed_folder: Path
) -> None:
    """By place and size, and by UID."""
    ingest(
        IngestConfig(paths=(mixed_folder,), workers=1, operator_file=mixed_folder.with_name("p.tsv")),
        database=database,
    )
    (mixed_folder / "copy.dcm").write_bytes((mixed_folder / "a.dcm").read_bytes())
    files = list(find_files([mixed_folder]))
    looks = survey_batch(files, settings_for(database, require_key(database)))
    ends = {file.path.name: look.disposition for file, look in zip(files, looks, strict=True)}
    assert ends["a.dcm"] == ends["b"] == ends["c.dcm"] == "unchanged"
    assert ends["copy.dcm"] == "resent"


def test_settings_travel_without_showing_secrets(sqlite_database: Database) -> None:
    """They are pickled to workers; their representation may end in a log."""
    settings = settings_for(sqlite_database, b"k" * 32)
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert "k" * 32 not in repr(settings)
    assert sqlite_database.url_text not in repr(settings)

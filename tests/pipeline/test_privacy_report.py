"""The door `privacy_report`."""

from __future__ import annotations

from pathlib import Path

import pytest

from database.session import open_database
from foundation.errors import ConfigError, PipelineError
from pipeline.privacy_report import PrivacyReportConfig, privacy_report


@pytest.mark.parametrize(("name", "begins"), [("r.html", "<!doctype html>"), ("r.MD", "# Privacy report")])
def test_the_ending_says_the_form(sqlite_url: str, tmp_path: Path, name: str, begins: str) -> None:
    """HTML for a browser, Markdown for a file."""
    with open_database(sqlite_url) as database:
        figures = privacy_report(PrivacyReportConfig(output=tmp_path / name), database=database)
    assert figures.output == tmp_path / name
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_without_a_file_there_are_figures(sqlite_url: str) -> None:
    """The command shows them."""
    with open_database(sqlite_url) as database:
        assert privacy_report(PrivacyReportConfig(), database=database).output is None


def test_no_file_is_replaced_unasked(sqlite_url: str, tmp_path: Path) -> None:
    """And another ending is refused before anything is counted."""
    (tmp_path / "r.md").write_text("mine")
    with open_database(sqlite_url) as database:
        with pytest.raises(ConfigError, match="there already"):
            privacy_report(PrivacyReportConfig(output=tmp_path / "r.md"), database=database)
        with pytest.raises(ConfigError, match=r"ends in \.html or \.md"):
            privacy_report(PrivacyReportConfig(output=tmp_path / "r.pdf"), database=database)
        config = PrivacyReportConfig(output=tmp_path / "r.md", overwrite=True)
        privacy_report(config, database=database)
    assert (tmp_path / "r.md").read_text() != "mine"
    with pytest.raises(PipelineError, match="open database"):
        privacy_report(PrivacyReportConfig())

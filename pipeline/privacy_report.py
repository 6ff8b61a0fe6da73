"""The door `privacy_report`: what a database keeps of whom, for the person who signs for it."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

from database.session import Database
from foundation.contracts import Config
from foundation.errors import ConfigError, PipelineError
from foundation.files import write_file
from foundation.progress import Progress
from pipeline.privacy_figures import PrivacyFigures, count_privacy
from pipeline.privacy_page import privacy_page

_SUFFIXES = (".html", ".md")


class PrivacyReportConfig(Config):
    """Where to write the report.

    Attributes:
        output: a file that ends in .html or .md; None for the figures alone.
        overwrite: replace a file of that name.
    """

    output: Path | None = None
    overwrite: bool = False


def privacy_report(
    config: PrivacyReportConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> PrivacyFigures:
    """Count what a database keeps, and write it as one page for people.

    Args:
        config: where to.
        database: open; nothing in it is changed.
        executor: not used.
        progress: not used.

    Raises:
        ConfigError: the file's name ends in something else, or it is there already.
        PipelineError: no database was given.
    """
    del executor, progress
    if database is None:
        raise PipelineError("privacy report counts rows: give it an open database.")
    _check_output(config)
    figures = count_privacy(database)
    if config.output is None:
        return figures
    write_file(config.output, privacy_page(figures, markdown=config.output.suffix.lower() == ".md"))
    return figures.model_copy(update={"output": config.output})


def _check_output(config: PrivacyReportConfig) -> None:
    output = config.output
    if output is None:
        return
    if output.suffix.lower() not in _SUFFIXES:
        raise ConfigError(
            f"The report is written to a file that ends in .html or .md. Received: {output.name}."
        )
    if output.exists() and not config.overwrite:
        raise ConfigError(f"{output} is there already. Give another name, or --overwrite.")

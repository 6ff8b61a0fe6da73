"""Progress: bars at a terminal, lines elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from cli.terminal import LineProgress, TerminalProgress, watched


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def as_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of standard error, for the rest of the test."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def test_a_terminal_gets_a_bar_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the stage's name, and how much of it is done."""
    terminal = as_terminal(monkeypatch)
    with watched() as progress:
        assert isinstance(progress, TerminalProgress)
        progress.begin("ingest", 4)
        progress.advance()
        progress.advance(3)
        progress.end()
        progress.advance()  # between two stages there is nothing to count
        progress.begin("export")
        progress.tell("$ dicomill export [a] b")
    told = terminal.getvalue()
    assert "ingest" in told
    assert "4/4" in told
    assert "export" in told
    assert "$ dicomill export [a] b" in told


def test_the_terminal_is_given_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor, hidden by the bars, is shown again."""
    terminal = as_terminal(monkeypatch)
    with pytest.raises(ZeroDivisionError), watched():
        raise ZeroDivisionError
    assert terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l")


def test_a_log_gets_lines_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, so that a report on standard output stays whole."""
    with watched() as progress:
        assert isinstance(progress, LineProgress)
        progress.begin("ingest", 4)
        progress.advance()
        progress.end()
        progress.tell("$ dicomill ingest a")
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err == "$ dicomill ingest a\n"

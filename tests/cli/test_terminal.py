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


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """The first after ten seconds, then every thirty: rate and remaining time, where the total is known."""
    clock = Clock()
    progress = LineProgress(clock=clock)
    progress.begin("ingest", 1000)
    for clock.now in range(1, 41):
        progress.advance(10)
    progress.end()
    progress.begin("export")
    clock.now = 60
    progress.advance(30)
    progress.advance(1)
    assert capsys.readouterr().err.splitlines() == [
        "ingest: 100 of 1,000, 10/s, 1 min 30 s left",
        "ingest: 400 of 1,000, 10/s, 1 min 0 s left",
        "export: 30, 1.5/s",
    ]


def test_a_short_stage_leaves_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Most are over before anybody looks."""
    progress = LineProgress()
    progress.begin("ingest", 10)
    progress.advance(10)
    progress.end()
    assert capsys.readouterr().err == ""


def test_what_is_for_one_pair_of_eyes_goes_to_the_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path may name a patient; what is not a terminal may be kept."""
    LineProgress().tell("A file was rejected.", aside="It is /in/DOE^JANE.dcm")
    assert capsys.readouterr().err == "A file was rejected.\n"
    terminal = as_terminal(monkeypatch)
    with watched() as progress:
        progress.tell("A file was rejected.", aside="It is /in/DOE^JANE.dcm")
    assert "A file was rejected." in terminal.getvalue()
    assert "It is /in/DOE^JANE.dcm" in terminal.getvalue()


def test_an_unknown_total_has_a_bar_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spool folder goes on; what is done is counted."""
    terminal = as_terminal(monkeypatch)
    with watched() as progress:
        progress.begin("ingest", None)
        progress.advance(7)
        progress.end()
    assert "7/?" in terminal.getvalue()

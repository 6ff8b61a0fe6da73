"""Ctrl-C in two steps."""

from __future__ import annotations

import signal
import threading

import pytest

from foundation.stopping import gentle_interrupts


def test_the_first_asks_and_the_second_ends() -> None:
    """What is under way may finish, unless somebody presses again."""
    told: list[str] = []
    with gentle_interrupts(lambda: told.append("finishing")) as stop:
        assert not stop.is_asked
        signal.raise_signal(signal.SIGINT)
        assert stop.is_asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert told == ["finishing"]


def test_a_service_that_is_told_to_end_does_so_gently() -> None:
    """SIGTERM is what containers and services are stopped by."""
    with gentle_interrupts(lambda: None) as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_asked


def test_signals_mean_again_what_they_meant_before() -> None:
    """Also after an error."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), gentle_interrupts(lambda: None):
        raise ZeroDivisionError
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_another_thread_leaves_signals_alone() -> None:
    """Only the main thread may take them; a door in a web worker's thread just runs."""
    before, found = signal.getsignal(signal.SIGINT), []

    def run() -> None:
        with gentle_interrupts(lambda: None) as stop:
            found.append((stop.is_asked, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [(False, before)]

"""Telling how far a door has come."""

from foundation.progress import Progress, SilentProgress


def test_the_silent_listener_is_a_listener() -> None:
    """It takes every call and does nothing."""
    listener: Progress = SilentProgress()
    listener.begin("ingest", 3)
    listener.begin("ingest")
    listener.advance()
    listener.advance(2)
    listener.end()
    assert vars(listener) == {}

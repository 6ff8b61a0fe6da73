"""Where weights stand."""

from __future__ import annotations

import hashlib

from training.checkpoints.sources import Place, told_shape


def test_the_hash_of_several_files_is_that_of_their_bytes_in_the_order_of_names(tmp_path):
    """As `cat b a | sha256sum` would not give it, but `cat a b | sha256sum`."""
    (tmp_path / "b").write_bytes(b"second")
    (tmp_path / "a").write_bytes(b"first")
    place = Place("tf1", tmp_path / "x", (tmp_path / "b", tmp_path / "a"))
    assert place.sha256 == hashlib.sha256(b"firstsecond").hexdigest()


def test_a_shape_is_told_with_crosses():
    """A scalar is one number, an unknown side a question mark."""
    assert told_shape((None, 3)) == "?x3"
    assert told_shape(()) == "one number"

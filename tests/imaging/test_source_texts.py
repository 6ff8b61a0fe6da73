"""The texts that cleaned columns come from."""

from __future__ import annotations

import pytest

from imaging.pseudonyms import Pseudonymiser
from imaging.source_texts import LONGEST_TEXT, hash_texts, normalise_text, split_words

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Schädel/HWS", ("SCHADEL", "HWS")),
        ("CHEST\x00 ", ("CHEST",)),
        ("Füße", ("FUSSE",)),
        ("胸部CT平扫", ("胸部", "CT", "平扫")),
        ("ABD_PEL 01", ("ABD", "PEL", "01")),
        (" \x00", ()),
    ],
)
def test_words_have_no_accents_and_no_punctuation(text: str, words: tuple[str, ...]) -> None:
    """The same word is written in many ways; Chinese is at least parted from other letters."""
    assert split_words(text) == words


def test_texts_that_differ_in_writing_only_have_one_hash() -> None:
    """So that a site's table need not list each of them."""
    hashes = hash_texts({"a": "C-Spine  AP", "b": "c spine ap\x00", "c": "c spine pa"}, Pseudonymiser(KEY))
    assert hashes["a"] == hashes["b"] != hashes["c"]


def test_a_hash_tells_nothing_without_the_key() -> None:
    """Sixteen digits, other ones under another key, none for a text without words."""
    mine = hash_texts({"a": "Knee", "b": " - "}, Pseudonymiser(KEY))
    other = hash_texts({"a": "Knee"}, Pseudonymiser(bytes(32)))
    assert set(mine) == {"a"}
    assert len(mine["a"]) == 16
    assert mine != other


def test_only_the_beginning_of_a_long_text_counts() -> None:
    """A header may hold megabytes."""
    assert normalise_text("A" * 10_000) == "A" * LONGEST_TEXT

"""`dicomill models`."""

from __future__ import annotations

from training.networks.registry import MODELS


def test_every_network_is_a_line(works) -> None:
    """By name, with its size and what it is."""
    table = works("models", "list").out.splitlines()
    assert [line.split()[0] for line in table[2:]] == sorted(MODELS)
    assert all(MODELS[line.split()[0]].summary in line for line in table[2:])


def test_json_names_the_source_too(works) -> None:
    """A network says which paper it comes from."""
    models = works("models", "list", "--json").json["models"]
    assert {model["name"]: model["source"] for model in models} == {
        name: entry.source for name, entry in MODELS.items()
    }

"""Equal content, equal fingerprint."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.contracts import Config
from foundation.fingerprints import canonical_json, fingerprint, sha256_of_bytes, sha256_of_file

ROOT = Path(__file__).parents[2]
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


class SizeConfig(Config):
    """Two options."""

    height: int
    width: int


@given(PLAIN)
def test_canonical_json_reads_back_as_the_same_value(value: Any) -> None:
    """Nothing is lost."""
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), st.integers(), max_size=6))
def test_the_order_of_keys_changes_nothing(value: dict[str, int]) -> None:
    """The same pairs in another order have the same fingerprint."""
    assert fingerprint(dict(reversed(value.items()))) == fingerprint(value)


def test_a_model_counts_as_its_plain_values() -> None:
    """A config and its JSON are one thing."""
    assert fingerprint(SizeConfig(height=2, width=3)) == fingerprint({"width": 3, "height": 2})


def test_what_is_no_json_is_refused() -> None:
    """NaN equals nothing, and an object has no text of its own."""
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))
    with pytest.raises(TypeError, match="serializable"):
        canonical_json({"a": object()})


def test_a_file_hashes_like_its_bytes(tmp_path: Path) -> None:
    """Also when it is longer than one piece."""
    content = os.urandom(1 << 20) * 2 + b"end"
    (tmp_path / "long").write_bytes(content)
    expected = hashlib.sha256(content).hexdigest()
    assert sha256_of_file(tmp_path / "long") == sha256_of_bytes(memoryview(content)) == expected


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_gives_the_same_fingerprint(hash_seed: str) -> None:
    """Whatever seed Python hashes words with."""
    command = (
        "from foundation.fingerprints import fingerprint; print(fingerprint({'b': [1, 'x'], 'a': None}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == fingerprint({"a": None, "b": [1, "x"]})

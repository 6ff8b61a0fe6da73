"""Rows of the registry: families are imported only when they are built."""

from __future__ import annotations

import subprocess
import sys

from training.networks.entries import built_by, named_by


def test_a_builder_imports_its_family_when_it_is_called():
    """Making one loads nothing."""
    code = (
        "import sys\n"
        "from training.networks.entries import built_by, named_by\n"
        "built_by('vit', 'build_vit', width=64), named_by('resnet_slim', size=50)\n"
        "sys.exit(any('training.networks.' + name in sys.modules for name in ('vit', 'resnet_slim')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_variant_reaches_the_family(monkeypatch):
    """With the plan, or the model, before it."""
    from training.networks import entries

    monkeypatch.setattr(
        entries,
        "_function_of",
        lambda family, function: lambda *given, **variant: (family, function, given, variant),
    )
    assert built_by("vit", "build_vit", width=64)("plan") == ("vit", "build_vit", ("plan",), {"width": 64})
    assert named_by("resnet_slim", size=50)("model") == (
        "resnet_slim",
        "checkpoint_names",
        ("model",),
        {"size": 50},
    )

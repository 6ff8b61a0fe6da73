"""Which versions made a product."""

import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from foundation.versions import installed_versions

ROOT = Path(__file__).parents[2]


def test_python_and_installed_libraries_are_recorded() -> None:
    """By the names of their distributions."""
    versions = installed_versions()
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == metadata.version("numpy")


def test_what_is_not_installed_is_left_out() -> None:
    """A base installation has no TensorFlow, and that is no error."""
    versions = installed_versions()
    assert None not in versions.values()
    assert not {"tensorflow", "tensorflow-cpu"} <= versions.keys()


def test_asking_imports_nothing() -> None:
    """Reading the version of a library must not cost its import."""
    command = (
        "import sys; from foundation.versions import installed_versions; installed_versions(); "
        "print(sorted({'numpy', 'tensorflow', 'keras', 'pydicom'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"

"""The networks as a list to read."""

from __future__ import annotations

import subprocess
import sys

from training.networks.listing import list_models
from training.networks.registry import MODELS


def test_every_network_is_listed_in_alphabetical_order():
    """With what the registry says of it."""
    models = list_models().models
    assert [model.name for model in models] == sorted(MODELS)
    for model in models:
        entry = MODELS[model.name]
        assert (model.default_size, model.minimum_size) == (entry.default_size, entry.minimum_size)
        assert (model.summary, model.source) == (entry.summary, entry.source)
        assert model.summary
        assert model.source


def test_listing_does_not_load_tensorflow():
    """It answers on a machine without."""
    code = (
        "import sys\n"
        "from training.networks.listing import list_models\n"
        "list_models()\n"
        "sys.exit(', '.join({'tensorflow', 'keras'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""

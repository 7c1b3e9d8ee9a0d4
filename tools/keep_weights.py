"""Train the language model of Python code whose weights are kept in data/models/: part of make experiments.

    .venv/bin/python tools/keep_weights.py

Five minutes alone on two cores. The files are written when all is done; an interrupt leaves the old ones as they are.
"""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import numpy as np

import rnncourse
from rnncourse.datasets import python_source
from rnncourse.measure.experiments import text

NAME, SEED, UPDATES = "python_gru", 0, 3500
MODELS = Path(__file__).resolve().parent.parent / "data" / "models"


def main() -> None:
    """The command."""
    import keras
    import tensorflow as tf

    print(NAME)
    model, seconds = text.train_writer(SEED, updates=UPDATES)
    half = [weight.astype(np.float16) for weight in model.get_weights()]
    model.set_weights([weight.astype(np.float32) for weight in half])  # what is scored is what is kept
    nats = text.loss_on(model, *python_source(characters=text.CHARACTERS).test)
    conditions = {
        "many_to_many": text.NET,
        "trained": f"seed {SEED}, {UPDATES} updates; all else as in the table {text.PYTHON.name}",
        "text": f"the training split of datasets.python_source(characters={text.CHARACTERS})",
        "nats": round(nats, 4),
        "scored": "a character of the test split, with the state carried along each stream",
        "versions": {
            "python": platform.python_version(),
            "rnncourse": rnncourse.__version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
    }
    MODELS.mkdir(exist_ok=True)
    np.savez_compressed(MODELS / f"{NAME}.npz", *half)
    (MODELS / f"{NAME}.json").write_text(json.dumps(conditions, indent=1) + "\n", encoding="utf-8")
    print(f"  {nats:.3f} nats a character after {seconds:.0f} s")


if __name__ == "__main__":
    main()

"""How well ``models.train_text`` predicts after three minutes, beside other recipes and plain Keras.

    .venv/bin/python benchmarks/bench_train_text.py speeds    # ten minutes; let nothing else run
    .venv/bin/python benchmarks/bench_train_text.py train     # hours of a core; what else runs does not matter
    .venv/bin/python benchmarks/bench_train_text.py clock     # a quarter of an hour; let nothing else run
    .venv/bin/python benchmarks/bench_train_text.py table

The comparison is one at equal time. How fast each recipe is gets measured first; then it makes as many updates as it
makes in three minutes at that speed, so that what it reaches does not depend on what else the machine does. ``clock``
measures what a user is promised: minutes in, a model out. What was measured waits in ``build/train_text.json``, so all
of it can be interrupted. All on Python's standard library, as much of it as tiny Shakespeare has characters, the last
tenth held out.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import about
import keras
import text_table
from text_rivals import KERAS, train_keras

from rnncourse.datasets import python_source
from rnncourse.models.clock import Clock
from rnncourse.models.recipe import recipe_for
from rnncourse.models.streams import pieces
from rnncourse.models.text_training import train, train_text

if not any("Keras" in argument for argument in sys.argv):
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"  # as train_text sets it; plain Keras is faster with both
CHARACTERS = 1_115_394
BUDGET, SPEED_SECONDS = 180, 30
TIMES, WINDOW = (12.5, 15, 35, 75, 180), 64
KEPT = Path(__file__).parents[1] / "build" / "train_text.json"
RECIPE = recipe_for(CHARACTERS, BUDGET / 60)
RECIPES = {  # by name, what differs from RECIPE
    "the recipe": {},
    "256 units": {"units": 256},
    "512 units": {"units": 512},
    "two layers of 256 units": {"units": 256, "depth": 2},
    "half the learning rate": {"learning_rate": RECIPE.learning_rate / 2},
    "1.5 × the learning rate": {"learning_rate": 1.5 * RECIPE.learning_rate},
    "half as many streams": {"streams": RECIPE.streams // 2},
    "twice as many streams": {"streams": 2 * RECIPE.streams},
    "pieces of half the steps": {"steps": RECIPE.steps // 2},
    "an embedding of 128": {"embedding_dim": 128},
    "no average of the weights": {"averaging": 0.0},
    "nothing dropped": {"dropped_outputs": 0.0, "dropped_weights": 0.0},
    "outputs alone dropped": {"dropped_weights": 0.0},
    "weights alone dropped": {"dropped_outputs": 0.0},
    "twice as much dropped": {
        "dropped_outputs": 2 * RECIPE.dropped_outputs,
        "dropped_weights": 2 * RECIPE.dropped_weights,
    },
    "as many weights as outputs dropped": {
        "dropped_outputs": (RECIPE.dropped_outputs + RECIPE.dropped_weights) / 2,
        "dropped_weights": (RECIPE.dropped_outputs + RECIPE.dropped_weights) / 2,
    },
}
COSTS_THE_SAME = {"learning_rate", "averaging", "dropped_outputs", "dropped_weights"}
SEEDS = {name: (0, 1, 2) if name in ("the recipe", "Keras, GRU of 384") else (0,) for name in (*RECIPES, *KERAS)}


def text() -> str:
    """What is learned from, and at its end what is held out."""
    source = python_source(characters=CHARACTERS)
    return "".join(source.decode(ids) for ids, _ in (source.train, source.validation, source.test))


def speed(name: str, _: int) -> float:
    """Updates that fit into ``BUDGET`` seconds, set-up included."""
    found = _run(name, 0, seconds=SPEED_SECONDS)
    return found["updates"] * (BUDGET - found["begun"]) / (found["seconds"] - found["begun"])


def loss(name: str, seed: int) -> float:
    """After the updates that fit."""
    timed = "the recipe" if RECIPES.get(name, {"cell": name}).keys() <= COSTS_THE_SAME else name
    return _run(name, seed, steps=round(_kept()[f"speed|{timed}|0"]))["loss"]


def on_the_clock(seconds: str, seed: int) -> dict[str, float]:
    """A user's run: speed, memory, and the loss on all of the held-out text and on separate windows of it."""
    everything = text()
    model = train_text(everything, float(seconds) / 60, seed=seed)
    ids = model.encode(everything[-(len(everything) // 10) :])
    (windows,) = pieces(ids, rows=(len(ids) - 1) // WINDOW, steps=WINDOW)
    model.model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = {name: values[-1] for name, values in model.history.items()}
    return {
        "seconds": history["seconds"],
        "characters a second": history["characters"] / history["seconds"],
        "loss": history["validation"],
        "loss on windows": model.model.evaluate(windows.x, windows.y, batch_size=256, verbose=0),
        "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _run(name: str, seed: int, *, seconds: float = 1e9, steps: int | None = None) -> dict[str, float]:
    """One training: the "updates", the "seconds" they took and had "begun" after, and the "loss" in the end."""
    clock = Clock(seconds / 60, steps)
    if name in KERAS:
        found = train_keras(text(), name, clock, seed)
    else:
        history = train(text(), clock, seed, replace(RECIPE, **RECIPES[name])).history
        found = {"seconds": history["seconds"][-1], "loss": history["validation"][-1]}
    return found | {"updates": clock.updates, "begun": clock.begun}


MEASURES: dict[str, tuple[Callable, list[tuple[str, int]]]] = {
    "speeds": (speed, [(name, 0) for name in SEEDS]),
    "train": (loss, [(name, seed) for name, seeds in SEEDS.items() for seed in seeds]),
    "clock": (on_the_clock, [(str(seconds), seed) for seconds in TIMES for seed in range(3)]),
}


def _kept() -> dict:
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def _measure(what: str) -> None:
    """Everything of a kind that is not there yet, each in a process of its own."""
    function, calls = MEASURES[what]
    for name, seed in calls:
        key = f"{function.__name__}|{name}|{seed}"
        if key not in _kept():
            command = [sys.executable, __file__, what, name, str(seed)]
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(_kept() | {key: found}, indent=1), encoding="utf-8")
            print(f"{key}: {found}", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [what, name, seed] if what in MEASURES:
            print(json.dumps(MEASURES[what][0](name, int(seed))))
        case [what] if what in MEASURES:
            _measure(what)
        case ["table"]:
            print(text_table.write(_kept(), SEEDS, TIMES, about.conditions(load=False)))
        case _:
            sys.exit(__doc__)

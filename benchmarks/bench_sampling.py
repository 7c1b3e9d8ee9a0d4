"""How many characters per second ``models.sample`` writes, beside the usual ways to write with a trained network.

    .venv/bin/python benchmarks/bench_sampling.py

A minute on 2 cores; let nothing else run. One network for all: an Embedding of 65 characters, a GRU of 256 units, a
Dense read-out; batch 1, temperature 1. PyTorch is no part of the course: where it is missing its row is left out, and
the kept table stays as it is.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable

import about
import keras
import numpy as np
import tensorflow as tf
from keras import layers

import rnncourse
from rnncourse import models

VOCABULARY, EMBEDDED, UNITS, VISITS = 65, 256, 256, 9


def network(stateful: bool = False) -> keras.Model:
    """The network; stateful for one step at a time."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((1,) if stateful else (None,), batch_size=1 if stateful else None, dtype="int32")
    states = layers.GRU(UNITS, return_sequences=True, stateful=stateful)(layers.Embedding(VOCABULARY, EMBEDDED)(ids))
    return keras.Model(ids, layers.Dense(VOCABULARY)(states))


def ours() -> Callable[[int], object]:
    model = network()
    return lambda length: models.sample(model, [1], length, seed=0)


def one_step_function() -> Callable[[int], object]:
    """A compiled step that takes and returns the state, called once a character from Python."""
    embed, read = layers.Embedding(VOCABULARY, EMBEDDED), layers.Dense(VOCABULARY)
    recurrent = layers.GRU(UNITS, return_state=True)

    @tf.function
    def step(ids, state):
        output, state = recurrent(embed(ids), initial_state=state)
        return tf.random.categorical(read(output), 1, dtype=tf.int32), state

    def write(length: int) -> list[int]:
        ids, state, written = tf.constant([[1]]), tf.zeros((1, UNITS)), []
        for _ in range(length):
            ids, state = step(ids, state)
            written.append(ids)
        return tf.concat(written, axis=1).numpy()

    return write


def torch_cell() -> Callable[[int], object]:
    import torch

    torch.set_num_threads(about.THREADS)
    embed, cell = torch.nn.Embedding(VOCABULARY, EMBEDDED), torch.nn.GRUCell(EMBEDDED, UNITS)
    read = torch.nn.Linear(UNITS, VOCABULARY)

    def write(length: int) -> list[int]:
        ids, state, written = torch.tensor([1]), torch.zeros(1, UNITS), []
        with torch.inference_mode():
            for _ in range(length):
                state = cell(embed(ids), state)
                ids = torch.multinomial(torch.softmax(read(state), dim=-1), 1)[:, 0]
                written.append(ids.item())
        return written

    return write


def predict() -> Callable[[int], object]:
    """``model.predict`` for each character, of a stateful network."""
    model, rng = network(stateful=True), np.random.default_rng(0)

    def write(length: int) -> list[int]:
        ids, written = np.array([[1]]), []
        for _ in range(length):
            scores = model.predict(ids, verbose=0)[0, -1]
            chances = np.exp(scores - scores.max(), dtype=np.float64)
            ids = np.array([[rng.choice(VOCABULARY, p=chances / chances.sum())]])
            written.append(ids[0, 0])
        return written

    return write


RIVALS = {  # name: (how to make it, characters a visit, the ratio aimed at)
    "models.sample": (ours, 2000, None),
    "PyTorch, GRUCell in a loop": (torch_cell, 500, 4),
    "tf.function, one call a step": (one_step_function, 200, 15),
    "model.predict, one call a step": (predict, 10, 500),
}


def main() -> None:
    """Measure all rivals in turns and print the table."""
    rnncourse.seed()
    missing = [name for name in RIVALS if "PyTorch" in name and importlib.util.find_spec("torch") is None]
    writers = {name: make() for name, (make, _, _) in RIVALS.items() if name not in missing}
    speeds: dict[str, list[float]] = {name: [] for name in writers}
    for visit in range(VISITS + 1):
        for name, write in writers.items():
            length = RIVALS[name][1]
            started = time.perf_counter()
            write(length)
            if visit:  # the first visit compiles
                speeds[name].append(length / (time.perf_counter() - started))
    lines = [
        about.conditions(),
        "",
        f"Writing with a GRU of {UNITS} units, batch 1. Median over {VISITS} interleaved visits [least – most].",
        "",
        f"{'':<32} {'characters/s':>12}  {'[least – most]':<21} {'ours is … times as fast':>23}  aim",
    ]
    for name, found in speeds.items():
        ratio = statistics.median(a / b for a, b in zip(speeds["models.sample"], found, strict=True))
        aim = RIVALS[name][2]
        beside = f"{ratio:23.1f}  {aim}" if aim else ""
        span = f"[{min(found):,.0f} – {max(found):,.0f}]"
        lines.append(f"{name:<32} {statistics.median(found):12,.0f}  {span:<21} {beside}".rstrip())
    text = "\n".join(lines) + "\n"
    print(text)
    print(about.keep("sampling.txt", text, complete=not missing))


if __name__ == "__main__":
    main()

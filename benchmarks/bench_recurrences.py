"""Training steps and tokens per second of a minimal GRU, beside Keras' GRU and LSTM and a key/value cache.

    .venv/bin/python benchmarks/bench_recurrences.py

Two minutes on 2 quiet cores. One training step: a layer of 128 units that reads 128 features, a mean
squared error over all its outputs, gradients, an update of Adam, in one ``tf.function``; each layer with and without
XLA, and the better of the two counts. One token: what a layer carries after ``context`` tokens takes one more; a
recurrent state has one size, a cache holds the keys and values of every token before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import about
import keras
import numpy as np
import tensorflow as tf

import rnncourse
from rnncourse import models

BATCH, FEATURES, UNITS, HEADS = 16, 128, 128, 4
LENGTHS = (64, 256, 1024, 4096)
CONTEXTS = (64, 256, 1024, 4096, 8192)
TOKENS = 64
VISITS, LEAST = 7, 0.2  # visits of each, and how many seconds of calls a visit has at least
AIM = 3.0
COMPILED_UP_TO = 256  # beyond it XLA's loops of Keras' own layers take minutes: their time grows with T²

OURS = "models.MinGRU"
LAYERS = {
    OURS: lambda: models.MinGRU(UNITS, return_sequences=True),
    "keras GRU": lambda: keras.layers.GRU(UNITS, return_sequences=True),
    "keras LSTM": lambda: keras.layers.LSTM(UNITS, return_sequences=True),
}


@dataclass
class Seconds:
    """Of one call, one for each visit: by the clock, and of CPU, which other programs on the machine change less."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def training_step(name: str, length: int, jit_compile: bool) -> Callable[[], tf.Tensor]:
    """One update of a layer on one batch of random numbers."""
    layer = LAYERS[name]()
    layer.build((BATCH, length, FEATURES))
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(layer.trainable_variables)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(BATCH, length, FEATURES)), tf.float32)
    y = tf.constant(rng.normal(size=(BATCH, length, UNITS)), tf.float32)

    @tf.function(jit_compile=jit_compile, autograph=False)
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(layer(x, training=True) - y))
        optimizer.apply(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables)
        return loss

    return step.get_concrete_function()


def tokens(name: str, context: int) -> tuple[Callable[[], tf.Tensor], int]:
    """``TOKENS`` steps of one sequence with ``context`` steps behind it, and the bytes carried from step to step."""
    rng = np.random.default_rng(0)
    first = tf.constant(rng.normal(size=(1, FEATURES)), tf.float32)
    if name == "attention":
        layer = models.MultiHeadSelfAttention(HEADS, causal=True)
        layer.build((1, None, FEATURES))
        carried = layer.initial_cache(1, context + TOKENS)
        for part in ("key", "value"):
            carried[part] = tf.constant(rng.normal(size=carried[part].shape), tf.float32)
        carried["counts"] = tf.range(context + TOKENS)[tf.newaxis] < context
        carried["read"] = tf.constant([context])
        size = 2 * context * HEADS * layer.size * carried["key"].dtype.size
    else:
        layer = LAYERS[name]()
        layer.build((1, None, FEATURES))
        carried = [tf.zeros((1, UNITS)) for _ in layer.state_size]
        size = sum(UNITS * a.dtype.size for a in carried)
    one = layer.step if name != "keras GRU" else layer.cell

    @tf.function(jit_compile=True, autograph=False)
    def write(x: tf.Tensor, carried: list | dict) -> tf.Tensor:
        def body(t: tf.Tensor, x: tf.Tensor, carried: list | dict) -> tuple:
            x, after = one(x, carried)
            return t + 1, tf.tanh(x), after

        return tf.while_loop(lambda t, *_: t < TOKENS, body, (0, x, carried))[1]

    compiled = write.get_concrete_function(first, carried)
    return lambda: compiled(first, carried), size


def measured(calls: dict[str, Callable[[], tf.Tensor]]) -> dict[str, Seconds]:
    """Seconds a call of each, in turns; the first call compiles and does not count."""
    repeats = {}
    for name, call in calls.items():
        call().numpy()
        started = time.perf_counter()
        call().numpy()
        repeats[name] = max(1, round(LEAST / (time.perf_counter() - started)))
    seconds = {name: Seconds() for name in calls}
    for _ in range(VISITS):
        for name, call in calls.items():
            clocks = time.perf_counter(), time.process_time()
            for _ in range(repeats[name]):
                result = call()
            result.numpy()
            seconds[name].wall.append((time.perf_counter() - clocks[0]) / repeats[name])
            seconds[name].cpu.append((time.process_time() - clocks[1]) / repeats[name])
    return seconds


def times_as_long(rival: list[float], ours: list[float]) -> float:
    """The median over the visits of the rival's seconds by ours."""
    return statistics.median(a / b for a, b in zip(rival, ours, strict=True))


def of_training() -> list[str]:
    """T, layer, milliseconds, how many times the minimal GRU is as fast."""
    lines = [
        f"A training step: batch {BATCH}, {FEATURES} features, {UNITS} units, float32. Median over {VISITS}",
        "interleaved visits [least – most], without XLA or with it, whichever is faster. The last two columns: how",
        f"many times as fast models.MinGRU is, by the clock and in CPU seconds of both threads; the aim is {AIM:.0f}.",
        "",
        f"{'T':>5}  {'layer':<14} {'by':<4} {'ms':>9}  {'[least – most]':<22} {'ratio':>6} {'in CPU seconds':>15}",
    ]
    for length in LENGTHS:
        kinds = {
            (name, by): training_step(name, length, by == "XLA")
            for name in LAYERS
            for by in ("TF", "XLA")
            if by == "TF" or length <= COMPILED_UP_TO or name == OURS
        }
        seconds = measured(kinds)
        best = {}
        for name in LAYERS:
            best[name] = min((k for k in kinds if k[0] == name), key=lambda k: statistics.median(seconds[k].wall))
        ours = seconds[best[OURS]]
        for name, kind in best.items():
            ms, found = [1e3 * value for value in seconds[kind].wall], seconds[kind]
            ratios = f"{times_as_long(found.wall, ours.wall):6.1f} {times_as_long(found.cpu, ours.cpu):15.1f}"
            span = f"[{min(ms):,.1f} – {max(ms):,.1f}]"
            line = f"{length:5}  {name:<14} {kind[1]:<4} {statistics.median(ms):9,.1f}  {span:<22} "
            lines.append((line + ("" if name == OURS else ratios)).rstrip())
            print(lines[-1], flush=True)
    return lines


def of_tokens() -> list[str]:
    """Context, layer, microseconds and bytes."""
    lines = [
        "",
        f"One more token of one sequence, {TOKENS} of them in one loop by XLA: {FEATURES} features, {UNITS} units,",
        f"{HEADS} heads, float32. Median over {VISITS} visits; the last column: beside its own time at context",
        f"{CONTEXTS[0]}, in CPU seconds.",
        "",
        f"{'context':>7}  {'layer':<14} {'µs a token':>10} {'bytes carried':>14} {'times as long':>14}",
    ]
    first: dict[str, list[float]] = {}
    for context in CONTEXTS:
        made = {name: tokens(name, context) for name in (OURS, "keras GRU", "attention")}
        for name, found in measured({name: call for name, (call, _) in made.items()}).items():
            first.setdefault(name, found.cpu)
            us, ratio = 1e6 * statistics.median(found.wall) / TOKENS, times_as_long(found.cpu, first[name])
            lines.append(f"{context:7}  {name:<14} {us:10.1f} {made[name][1]:14,} {ratio:14.1f}")
            print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Measure both tables and print them."""
    rnncourse.seed()
    text = "\n".join([about.conditions(), "", *of_training(), *of_tokens()]) + "\n"
    (Path(__file__).parent / "recurrences.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

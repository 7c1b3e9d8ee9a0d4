"""How fast ``rnncourse.scratch`` trains beside its rivals, and how its cost grows with the length of the sequences.

    .venv/bin/pytest benchmarks/bench_scratch.py

Some minutes on 2 cores; let nothing else run. The rivals take turns, so that a slow moment of the machine hits all of
them. PyTorch is no part of the course: where it is missing its rows are skipped and the kept table stays as it is.
"""

from __future__ import annotations

import functools
import importlib.util
import tracemalloc

import numpy as np
import pytest
from rivals import BATCH, RIVALS, STEPS, VOCABULARY, TorchLoop
from tables import GROWTH_UNITS, LENGTHS, UNITS, VISITS

import rnncourse.scratch

pytestmark = pytest.mark.benchmark(min_rounds=3, max_time=0.25, warmup=False)


@functools.cache
def text(steps):
    """Random characters: what they are does not matter to the time."""
    ids = np.random.default_rng(0).integers(VOCABULARY, size=(BATCH, steps + 1))
    return ids[:, :-1], ids[:, 1:]


@functools.cache
def rival(name, units):
    """Built once, with what is compiled at the first updates already compiled."""
    if name == TorchLoop.name and importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed: pip install torch, into an environment of your own")
    built = RIVALS[name](units, *text(STEPS))
    for _ in range(3):
        built.update()
    return built


def visit(benchmark, function):
    """Seconds a call, the median of the calls that fit into a visit."""
    benchmark(function)
    return benchmark.stats.stats.median


@pytest.mark.parametrize("name", RIVALS)
@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("turn", range(VISITS))
def test_update(turn, units, name, benchmark, measured):
    candidate = rival(name, units)
    measured.speeds[units, name].append(candidate.characters / visit(benchmark, candidate.update))


@functools.cache
def loss_and_gradients(length):
    model = rnncourse.scratch.LanguageModel([chr(33 + i) for i in range(VOCABULARY)], GROWTH_UNITS)
    return functools.partial(model.loss_and_gradients, *text(length))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("turn", range(VISITS))
def test_growth(turn, length, benchmark, measured):
    measured.seconds[length].append(visit(benchmark, loss_and_gradients(length)))


@pytest.mark.parametrize("length", LENGTHS)
def test_memory(length, measured):
    compute = loss_and_gradients(length)
    compute()
    tracemalloc.start()
    kept = compute()
    measured.peaks[length] = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.isfinite(kept[0])

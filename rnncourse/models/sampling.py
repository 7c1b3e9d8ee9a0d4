"""Writing with a model: sampling one token after the other, in one compiled loop."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnncourse._checks import check_whole
from rnncourse.models import stepping

_PROBE = (1, 0, 1, 1)  # ids that every vocabulary has


@dataclass(eq=False)
class _Known:
    """What is known of a model.

    Attributes:
        vocab: V, how many tokens it gives scores to.
        jit_compile: False once XLA has failed.
        loops: traced loops by what they were traced for.
    """

    vocab: int
    jit_compile: bool = True
    loops: dict[tuple, Callable] = field(default_factory=dict)


_known: weakref.WeakKeyDictionary[keras.Model, _Known] = weakref.WeakKeyDictionary()


def sample(
    model: keras.Model,
    prompt: Any,
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | None = None,
    *,
    condition: Any = None,
) -> np.ndarray:
    """Continue a prompt, token by token.

    Each token is drawn from softmax(scores / temperature), after the prompt and all tokens drawn before it. The states
    of the recurrent layers are carried from step to step, so that time grows with the length and memory does not; of
    self-attention the keys and values of all steps are kept, so that memory grows with the length and time for a token
    too. The whole loop is compiled; the first call for a model, a batch and a power of two of steps takes a second or
    two more.

    Args:
        model: a Keras model from ids (B, T), or one-hot vectors (B, T, V), to raw scores (B, T, V), or (B, V) for the
            last step alone; recurrent or a causal Transformer (``models.TransformerBlock``,
            ``MultiHeadSelfAttention``, positions), reading from the left to the right. It is left as it was.
        prompt: (P,) whole numbers from 0 to V − 1, P ≥ 1; or a batch, (B, P) or a list of B prompts of any lengths.
        length: int ≥ 0, how many tokens to draw; 0 gives an empty array.
        temperature: float ≥ 0. 1 draws from what the model says, less is bolder, more is wilder; 0 takes the token of
            the highest score.
        top_k: draw among the k tokens of the highest scores, 1 ≤ k; None for all.
        top_p: draw among the fewest likely tokens that together have this probability, 0 < p ≤ 1 (nucleus sampling,
            Holtzman et al. 2020), after ``top_k``.
        seed: int ≥ 0: the same seed, the same tokens. None draws one from Keras' global generator,
            which ``rnncourse.seed()`` sets.
        condition: the model's other input or list of inputs, those before the tokens, (B, …) or for one prompt (…).

    Returns:
        (length,) int32, the new tokens alone; for a batch (B, length).

    Raises:
        ValueError: an argument outside its range; an empty prompt; an unknown id; or a model that cannot be run step by
            step, or gives probabilities instead of scores.

    Warns:
        RuntimeWarning: XLA cannot compile the model; a ``tf.function`` runs in its place, once said for a model.
    """
    prompts, alone = _prompts(prompt)
    check_whole("length", length, least=0)
    conditions = _conditions(condition, len(prompts), alone)
    _check_options(temperature, top_k, top_p)
    if seed is None:
        seed = int(keras.random.randint((), 0, 2**31 - 1))
    check_whole("seed", seed, least=0)
    if not isinstance(model, keras.Model):
        raise ValueError(f"model must be a keras.Model, received {type(model).__name__}")
    if model not in _known:
        _known[model] = _Known(_check_model(model, len(prompts), conditions))
    known = _known[model]
    _check_ids(prompts, known.vocab)
    if length == 0:
        return np.zeros((0,) if alone else (len(prompts), 0), np.int32)

    lengths = np.array([len(ids) for ids in prompts], np.int32)
    total = int(lengths.max()) + int(length)
    width = 1 << (total - 1).bit_length()  # one compiled loop serves all lengths up to a power of two
    width = int(min(width, max(total, stepping.most_steps(model) + 1)))  # the last token is not read
    padded = np.zeros((len(prompts), width), np.int32)
    for row, ids in zip(padded, prompts, strict=True):
        row[: len(ids)] = ids
    kind = (temperature == 0, None if top_k is None else min(int(top_k), known.vocab), top_p is not None)
    uniform = np.random.default_rng(seed).random((width, len(prompts)), np.float32)
    inputs = (padded, lengths, np.int32(total), uniform, np.float32(temperature or 1), np.float32(top_p or 1))
    written = _run(model, known, kind, inputs, conditions)
    drawn = np.stack([row[n : n + length] for row, n in zip(written, lengths, strict=True)])
    return drawn[0] if alone else drawn


def _run(model: keras.Model, known: _Known, kind: tuple, inputs: tuple, conditions: list[np.ndarray]) -> np.ndarray:
    """Call the loop, traced before or now; without XLA where XLA fails."""
    arguments = [*map(tf.convert_to_tensor, inputs), [tf.convert_to_tensor(value) for value in conditions]]
    spec = (*kind, inputs[0].shape, *((a.shape, a.dtype.str) for a in conditions))

    def call() -> np.ndarray:
        if spec not in known.loops:
            loop = _loop(weakref.ref(model), kind, jit_compile=known.jit_compile)
            known.loops[spec] = loop.get_concrete_function(*arguments)
        return known.loops[spec](*arguments).numpy()

    try:
        return call()
    except tf.errors.OpError as error:
        if not known.jit_compile:
            raise
        reason = str(error).strip().splitlines()[0]
        warnings.warn(f"XLA cannot compile {model.name!r}, so that sampling is slower: {reason}", RuntimeWarning, 3)
        known.jit_compile = False
        known.loops.clear()
        return call()


def _loop(model: weakref.ref, kind: tuple, *, jit_compile: bool) -> Callable:
    greedy, top_k, nucleus = kind

    @tf.function(jit_compile=jit_compile, autograph=False)
    def loop(prompts, lengths, total, uniform, temperature, top_p, conditions):
        """(B, width) ids: the prompts, and what follows up to ``total``."""
        batch, width = prompts.shape
        columns = tf.transpose(prompts)  # (width, B)

        def body(t, ids, states, written):
            scores, states = stepping.step(model(), ids, states, conditions)  # (B, V)
            if greedy:
                drawn = tf.argmax(scores, axis=-1, output_type=tf.int32)
            else:
                drawn = _draw(_cut(scores / temperature, top_k, top_p if nucleus else None), uniform[t])
            ids = tf.where(t < lengths, columns[t], drawn)  # (B,)
            return t + 1, ids, states, written.write(t, ids)

        written = tf.TensorArray(tf.int32, width, element_shape=(batch,)).write(0, columns[0])
        states = stepping.initial_states(model(), columns[0], conditions, steps=width - 1)
        _, _, _, written = tf.while_loop(
            lambda t, *_: t < total, body, (tf.constant(1), columns[0], states, written), maximum_iterations=width
        )
        return tf.transpose(written.stack())

    return loop


def _cut(scores: tf.Tensor, top_k: int | None, top_p: tf.Tensor | None) -> tf.Tensor:
    """Scores (B, V), minus infinity where a token may not be drawn."""
    if top_k is not None:
        least = tf.math.top_k(scores, top_k).values[:, -1:]
        scores = tf.where(scores >= least, scores, -np.inf)
    if top_p is not None:
        ordered = tf.sort(scores, axis=-1, direction="DESCENDING")
        likely = tf.nn.softmax(ordered)
        before = tf.cumsum(likely, axis=-1, exclusive=True)  # the mass of all that are likelier
        least = tf.reduce_min(tf.where(before < top_p, ordered, np.inf), axis=-1, keepdims=True)
        scores = tf.where(scores >= least, scores, -np.inf)
    return scores


def _draw(scores: tf.Tensor, uniform: tf.Tensor) -> tf.Tensor:
    """Ids (B,) from softmax(scores): the first whose cumulative probability exceeds a number (B,) from [0, 1)."""
    mass = tf.cumsum(tf.nn.softmax(scores), axis=-1)  # (B, V)
    return tf.reduce_sum(tf.cast(mass <= uniform[:, tf.newaxis] * mass[:, -1:], tf.int32), axis=-1)


def _prompts(prompt: Any) -> tuple[list[np.ndarray], bool]:
    """A list of prompts (P,), and whether it was one alone."""
    nested = isinstance(prompt, Sequence) and len(prompt) > 0 and np.ndim(prompt[0]) == 1
    alone = not nested and np.ndim(prompt) == 1
    if not nested and not alone and np.ndim(prompt) != 2:
        raise ValueError(f"prompt must be ids (P,), (B, P) or a list of prompts, received shape {np.shape(prompt)}")
    prompts = [np.asarray(ids) for ids in ([prompt] if alone else prompt)]
    for ids in prompts:
        if ids.ndim != 1 or not ids.size:
            raise ValueError("prompt must hold at least one id for the model to start from, received an empty one")
        if ids.dtype.kind not in "iu":
            raise ValueError(f"prompt must hold whole numbers, received {ids.dtype}")
    if not prompts:
        raise ValueError("prompt must hold at least one id for the model to start from, received an empty batch")
    return prompts, alone


def _conditions(condition: Any, batch: int, alone: bool) -> list[np.ndarray]:
    if condition is None:
        return []
    several = isinstance(condition, list | tuple) and all(hasattr(value, "shape") for value in condition)
    conditions = [np.asarray(value) for value in (condition if several else [condition])]
    conditions = [value[np.newaxis] if alone else value for value in conditions]
    for value in conditions:
        if not value.ndim or len(value) != batch:
            raise ValueError(f"condition must have a row for each of {batch} prompts, received shape {value.shape}")
    return conditions


def _check_options(temperature: Any, top_k: Any, top_p: Any) -> None:
    if not np.isscalar(temperature) or not 0 <= temperature < np.inf:
        raise ValueError(f"temperature must be a number from 0 up, received {temperature!r}")
    if top_k is not None:
        check_whole("top_k", top_k, least=1)
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must lie above 0 and be at most 1, received {top_p!r}")


def _check_ids(prompts: list[np.ndarray], vocab: int) -> None:
    for ids in prompts:
        if ids.min() < 0 or ids.max() >= vocab:
            raise ValueError(
                f"prompt must hold ids from 0 to {vocab - 1}, received {ids[(ids < 0) | (ids >= vocab)][0]}"
            )


def _check_model(model: keras.Model, batch: int, conditions: list[np.ndarray]) -> int:
    """V, of a model that gives the same scores step by step as on the whole sequence."""
    ids = tf.repeat(tf.constant([_PROBE]), batch, axis=0)  # (B, 4)
    given = [tf.convert_to_tensor(value) for value in conditions]
    whole = stepping.whole(model, ids, given).numpy()  # first, since it also builds a subclassed model
    states = stepping.initial_states(model, ids[:, 0], given, steps=len(_PROBE))
    for t in range(len(_PROBE)):
        scores, states = stepping.step(model, ids[:, t], states, given)
    if scores.shape.rank != 2:
        raise ValueError(f"model must give scores (batch, time, vocabulary), received {tuple(scores.shape)} for a step")
    if not np.allclose(scores, whole, rtol=1e-3, atol=1e-3 * float(np.abs(whole).max())):
        raise ValueError(
            "model must give the same scores step by step as on the whole sequence: a layer that is not recurrent "
            "looks at several steps"
        )
    if (whole >= 0).all() and np.allclose(whole.sum(axis=-1), 1, atol=1e-3):
        raise ValueError("model must give raw scores, received probabilities: leave out the last softmax")
    return int(scores.shape[-1])

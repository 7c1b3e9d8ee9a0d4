"""What the cells of rnncourse.scratch are compared with: Keras' layers, and the equations in TensorFlow."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from rnncourse import scratch

B, T, D, H = 3, 7, 4, 5
CELLS = {
    "tanh": (scratch.SimpleRNN, {"activation": "tanh"}),
    "relu": (scratch.SimpleRNN, {"activation": "relu"}),
    "linear": (scratch.SimpleRNN, {"activation": "linear"}),
    "lstm": (scratch.LSTM, {}),
    "gru": (scratch.GRU, {"reset_after": True}),
    "gru_before": (scratch.GRU, {"reset_after": False}),
}
MASKS = {
    "none": None,
    "right": [[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0, 0]],
    "left": [[0, 0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 1]],
    "interior": [[1, 1, 0, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0, 1], [1, 1, 1, 1, 1, 1, 1]],
    "everywhere": [[0, 1, 0, 0, 1, 0, 0], [1, 1, 1, 1, 0, 1, 0], [0, 0, 1, 0, 1, 1, 1]],
    "whole sequence": [[0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0]],
}


def mask_of(name):
    return None if MASKS[name] is None else np.array(MASKS[name], dtype=bool)


def make(name, *, input_dim=D, units=H, seed=0, dtype="float64"):
    """A cell with random weights, no two alike, the biases included."""
    kind, options = CELLS[name]
    cell = kind(input_dim, units, **options, dtype=dtype)
    rng = np.random.default_rng(seed)
    cell.set_weights([rng.normal(scale=0.5, size=weight.shape) for weight in cell.weights])
    return cell


def keras_layer(name, cell, **options):
    """Keras' layer with a cell's weights, in float64."""
    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "gru_before": keras.layers.GRU}
    layer = kind.get(name, keras.layers.SimpleRNN)(
        cell.units, **CELLS[name][1], return_sequences=True, return_state=True, dtype="float64", **options
    )
    layer.build((None, None, cell.input_dim))
    layer.set_weights(cell.weights)
    return layer


@dataclass
class Problem:
    """Random inputs, an initial state, and a loss linear in all outputs and in the final state."""

    x: np.ndarray
    initial: list
    d_outputs: np.ndarray
    d_final: list

    @classmethod
    def draw(cls, cell, *, seed=1, steps=T):
        rng = np.random.default_rng(seed)
        x, d_outputs = (rng.normal(size=(B, steps, n)) for n in (cell.input_dim, cell.units))
        initial, d_final = ([rng.normal(size=(B, cell.units)) for _ in cell.state_names] for _ in range(2))
        return cls(x, initial, d_outputs, d_final)


def as_list(state):
    return list(state) if isinstance(state, list | tuple) else [state]


def as_state(parts):
    return parts if len(parts) > 1 else parts[0]


def relative(received, expected):
    """The largest difference, relative to the largest expected number."""
    received, expected = np.asarray(received), np.asarray(expected)
    assert received.shape == expected.shape, (received.shape, expected.shape)
    return float(abs(received - expected).max() / (abs(expected).max() or 1.0))


def step(name, weights, x, state, mask, bumps):
    """One step by the published equations, in TensorFlow.

    Args:
        weights, x (B, D), state, mask (B, 1) or None: of this step.
        bumps: zeros to add to each state of this step the moment it is known: their gradients are the states'.
    """
    W, U, b = weights
    h = state[0]
    if name == "lstm":
        i, f, g, o = tf.split(x @ W + h @ U + b, 4, axis=-1)
        c = tf.sigmoid(f) * state[1] + tf.sigmoid(i) * tf.tanh(g)
        c = _masked(mask, c, state[1]) + bumps[1]
        return [_masked(mask, tf.sigmoid(o) * tf.tanh(c), h) + bumps[0], c]
    if name in ("gru", "gru_before"):
        (W_z, W_r, W_h), (U_z, U_r, U_h) = tf.split(W, 3, axis=1), tf.split(U, 3, axis=1)
        b_x, b_h = (b[0], b[1]) if name == "gru" else (b, tf.zeros_like(b))
        (p_z, p_r, p_h), (q_z, q_r, q_h) = tf.split(b_x, 3), tf.split(b_h, 3)
        z = tf.sigmoid(x @ W_z + p_z + h @ U_z + q_z)
        r = tf.sigmoid(x @ W_r + p_r + h @ U_r + q_r)
        inner = r * (h @ U_h + q_h) if name == "gru" else (r * h) @ U_h
        new = z * h + (1 - z) * tf.tanh(x @ W_h + p_h + inner)
    else:
        new = {"tanh": tf.tanh, "relu": tf.nn.relu, "linear": tf.identity}[name](x @ W + h @ U + b)
    return [_masked(mask, new, h) + bumps[0]]


def _masked(mask, new, old):
    return new if mask is None else tf.where(mask, new, old)


def unrolled_gradients(name, cell, problem, mask=None, *, steps=None, every=None, final=True):
    """All gradients by automatic differentiation of the unrolled equations; truncated where ``steps`` is given.

    Each window of a truncated pass is run anew from the state before it, behind a ``tf.stop_gradient`` unless that is
    the initial state, with the losses of its own chunk alone.

    Returns:
        outputs (B, T, H), and a dict of gradients: weights, inputs, initial_state, states, cells.
    """
    length = problem.x.shape[1]
    weights = [tf.Variable(weight) for weight in cell.weights]
    inputs = [tf.Variable(problem.x[:, t]) for t in range(length)]
    initial = [tf.Variable(part) for part in problem.initial]
    bumps = [[tf.Variable(tf.zeros_like(part)) for part in problem.initial] for _ in range(length)]
    masks = [None if mask is None else tf.constant(mask[:, t, np.newaxis]) for t in range(length)]
    started = np.ones((B, length), bool) if mask is None else np.logical_or.accumulate(mask, axis=1)

    def run(first, last, state):
        outputs, states = [], []
        for t in range(first, last):
            state = step(name, weights, inputs[t], state, masks[t], bumps[t])
            states.append(state)
            outputs.append(tf.where(started[:, t, np.newaxis], state[0], 0.0))
        return outputs, states

    sources = [*weights, *inputs, *initial, *(bump for at_t in bumps for bump in at_t)]
    with tf.GradientTape() as tape:
        outputs, states = run(0, length, initial)
        if steps is None:
            loss = sum(tf.reduce_sum(out * d) for out, d in zip(outputs, problem.d_outputs.swapaxes(0, 1), strict=True))
            if final:
                loss += sum(tf.reduce_sum(part * d) for part, d in zip(states[-1], problem.d_final, strict=True))
        else:
            loss = 0.0
            for start in range(0, length, every):
                end = min(start + every, length)
                first = max(0, end - steps)
                before = [tf.stop_gradient(part) for part in states[first - 1]] if first else initial
                windowed, _ = run(first, end, before)
                for t in range(start, end):
                    loss += tf.reduce_sum(windowed[t - first] * problem.d_outputs[:, t])
    # A mask over a whole sequence leaves some sources without influence: zeros, not None.
    gradients = [g.numpy() for g in tape.gradient(loss, sources, unconnected_gradients="zero")]
    parts = [3, 3 + length, 3 + length + len(initial)]
    w, x, s, bumped = (gradients[a:b] for a, b in zip([0, *parts], [*parts, None], strict=True))
    found = {"weights": w, "inputs": np.stack(x, axis=1), "initial_state": s}
    found["states"] = np.stack(bumped[:: len(initial)], axis=1)
    if len(initial) > 1:
        found["cells"] = np.stack(bumped[1 :: len(initial)], axis=1)
    return np.stack([out.numpy() for out in outputs], axis=1), found


def errors(gradients, expected):
    """By name, how far scratch's gradients are from a dict of expected ones."""
    found = {}
    for name, value in expected.items():
        own = getattr(gradients, name)
        pairs = zip(as_list(own), as_list(value), strict=True)
        found[name] = max(relative(a, b) for a, b in pairs)
    return found

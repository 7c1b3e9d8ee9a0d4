"""Five ways to make one training update of a character model: one-hot input, one tanh RNN, a read-out.

All start from random weights of the same shapes, compute in float32 and clip gradients at a global norm of 1. A rival
is built with ``(units, inputs, targets)``, ids of shape (BATCH, STEPS); ``update()`` makes one update, from
``characters`` characters.
"""

from __future__ import annotations

import numpy as np

VOCABULARY = 65  # distinct characters: about what English prose has
BATCH, STEPS = 64, 100
PLAIN_STEPS = 25
MAX_NORM = 1.0
LEARNING_RATE = 0.001


class Ours:
    """``rnncourse.scratch``: whole batches in NumPy, our own backpropagation through time, Adam."""

    name = "rnncourse.scratch"
    characters = BATCH * STEPS

    def __init__(self, units: int, inputs: np.ndarray, targets: np.ndarray) -> None:
        from rnncourse import scratch

        self._clip = scratch.clip_by_global_norm
        self._model = scratch.LanguageModel([chr(33 + i) for i in range(VOCABULARY)], units)
        self._optimizer = scratch.Adam(LEARNING_RATE)
        self._inputs, self._targets = inputs, targets

    def update(self) -> None:
        _, gradients, _ = self._model.loss_and_gradients(self._inputs, self._targets)
        gradients, _ = self._clip(gradients, MAX_NORM)
        self._optimizer.update(self._model.weights, gradients)


class PlainLoop:
    """One sequence at a time: 25 steps, a vector a step, states in a list, Adagrad; as short character RNNs do."""

    name = "plain NumPy loop, batch 1"
    characters = PLAIN_STEPS

    def __init__(self, units: int, inputs: np.ndarray, targets: np.ndarray) -> None:
        rng = np.random.default_rng(0)
        shapes = [(units, VOCABULARY), (units, units), (units, 1), (VOCABULARY, units), (VOCABULARY, 1)]
        self._weights = [0.01 * rng.normal(size=shape).astype(np.float32) for shape in shapes]
        self._squares = [np.zeros_like(weight) for weight in self._weights]
        self._state = np.zeros((units, 1), np.float32)
        self._inputs, self._targets = inputs[0, :PLAIN_STEPS].tolist(), targets[0, :PLAIN_STEPS].tolist()

    def update(self) -> None:
        for weight, gradient, squares in zip(self._weights, self._gradients(), self._squares, strict=True):
            squares += gradient * gradient
            weight -= LEARNING_RATE * gradient / np.sqrt(squares + 1e-8)

    def _gradients(self) -> list[np.ndarray]:
        w_x, w_h, b, w_y, b_y = self._weights
        symbols, states, guesses, loss = [], [self._state], [], 0.0
        for token, target in zip(self._inputs, self._targets, strict=True):
            symbols.append(np.zeros((VOCABULARY, 1), np.float32))
            symbols[-1][token] = 1.0
            states.append(np.tanh(w_x @ symbols[-1] + w_h @ states[-1] + b))
            exponentials = np.exp(w_y @ states[-1] + b_y)
            guesses.append(exponentials / exponentials.sum())
            loss -= np.log(guesses[-1][target, 0])
        self._state = states[-1]

        gradients = [np.zeros_like(weight) for weight in self._weights]
        dw_x, dw_h, db, dw_y, db_y = gradients
        d_later = np.zeros_like(self._state)
        for t in reversed(range(PLAIN_STEPS)):
            d_scores = guesses[t].copy()
            d_scores[self._targets[t]] -= 1.0
            dw_y += d_scores @ states[t + 1].T
            db_y += d_scores
            d_sum = (1.0 - states[t + 1] ** 2) * (w_y.T @ d_scores + d_later)
            dw_x += d_sum @ symbols[t].T
            dw_h += d_sum @ states[t].T
            db += d_sum
            d_later = w_h.T @ d_sum
        norm = np.sqrt(sum(float((gradient * gradient).sum()) for gradient in gradients))
        return [gradient * min(1.0, MAX_NORM / norm) for gradient in gradients]


class TorchLoop:
    """The recurrence written out in PyTorch, a step of the loop a step in time; autograd finds the gradients; Adam."""

    name = "PyTorch, loop + autograd"
    characters = BATCH * STEPS

    def __init__(self, units: int, inputs: np.ndarray, targets: np.ndarray) -> None:
        import torch

        self._torch = torch
        rng = np.random.default_rng(0)
        shapes = [(VOCABULARY, units), (units, units), (units,), (units, VOCABULARY), (VOCABULARY,)]
        scale = 1.0 / np.sqrt(units)
        self._weights = [
            torch.tensor(scale * rng.normal(size=shape), dtype=torch.float32, requires_grad=True) for shape in shapes
        ]
        self._optimizer = torch.optim.Adam(self._weights, lr=LEARNING_RATE)
        self._inputs = torch.tensor(inputs, dtype=torch.int64)
        self._targets = torch.tensor(targets, dtype=torch.int64)

    def update(self) -> None:
        torch = self._torch
        w_x, w_h, b, w_y, b_y = self._weights
        symbols = torch.nn.functional.one_hot(self._inputs.T, VOCABULARY).float()  # (time, batch, vocabulary)
        state = torch.zeros(len(self._inputs), len(w_h))
        scores = []
        for symbol in symbols:
            state = torch.tanh(symbol @ w_x + state @ w_h + b)
            scores.append(state @ w_y + b_y)
        scores = torch.stack(scores, 1)
        loss = torch.nn.functional.cross_entropy(scores.reshape(-1, VOCABULARY), self._targets.reshape(-1))
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._weights, MAX_NORM)
        self._optimizer.step()


class KerasLayers:
    """Keras on TensorFlow: SimpleRNN and Dense, ``train_on_batch``; Adam."""

    name = "Keras, train_on_batch"
    characters = BATCH * STEPS
    compiled = False

    def __init__(self, units: int, inputs: np.ndarray, targets: np.ndarray) -> None:
        import keras

        ids = keras.Input((STEPS,), dtype="int32")
        states = keras.layers.SimpleRNN(units, return_sequences=True)(keras.ops.one_hot(ids, VOCABULARY))
        self._model = keras.Model(ids, keras.layers.Dense(VOCABULARY)(states))
        self._model.compile(
            optimizer=keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=MAX_NORM),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=self.compiled,
        )
        self._inputs, self._targets = inputs, targets

    def update(self) -> None:
        self._model.train_on_batch(self._inputs, self._targets)


class KerasCompiled(KerasLayers):
    """The same with ``jit_compile=True``: XLA compiles the whole update."""

    name = "Keras, jit_compile=True"
    compiled = True


RIVALS = {rival.name: rival for rival in (Ours, PlainLoop, TorchLoop, KerasLayers, KerasCompiled)}

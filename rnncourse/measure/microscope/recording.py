"""Gradients as they pass through the optimizer, before and after it clips them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnncourse._checks import check_whole
from rnncourse.models.overriding import overridden


class Probe:
    """Reads the gradients of every training step of a model, in the graph, and changes none.

    Attributes:
        values: a variable (4,), float64: the squared norm before clipping, after it, the product of both, and how many
            updates there were.
    """

    def __init__(self) -> None:
        self.values = tf.Variable(np.zeros(4), dtype=tf.float64, trainable=False)

    def start(self, model: keras.Model) -> None:
        """Watch a model that is about to train. Its training function is made anew, with those of other probes."""
        if model.optimizer is None:
            raise ValueError("model must be compiled with an optimizer")
        probes = [probe for probe in getattr(model.train_function, "probes", ()) if probe is not self] + [self]
        model.make_train_function(force=True)
        step = model.train_function

        def watched(iterator: Any) -> Any:
            with ExitStack() as stack:
                for probe in probes:
                    stack.enter_context(probe._attached(model.optimizer))
                return step(iterator)

        watched.probes = probes
        model.train_function = watched
        self.values.assign(np.zeros(4))

    @staticmethod
    def stop(model: keras.Model) -> None:
        """Leave a model as it is after ``compile``: the next training makes its function anew."""
        model.train_function = None

    @contextmanager
    def _attached(self, optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
        """Stand between the optimizer and its clipping: what it does is traced while this lasts."""
        optimizer = inner_optimizer(optimizer)
        clip = optimizer._clip_gradients

        def clip_and_read(gradients: list) -> list:
            clipped = clip(gradients)
            pairs = [(_dense(g), _dense(c)) for g, c in zip(gradients, clipped, strict=True) if g is not None]
            sums = [tf.add_n([tf.reduce_sum(pair[i] * pair[j]) for pair in pairs]) for i, j in ((0, 0), (1, 1), (0, 1))]
            self.values.assign(tf.stack([*sums, self.values[3] + 1]))
            return clipped

        with overridden([(optimizer, {"_clip_gradients": clip_and_read})]):
            yield


class GradientRecorder(keras.callbacks.Callback):
    """Records the global norm of the gradient during ``fit``, before and after clipping.

    The norm is that of the gradients of all weights taken together, ``√Σ_w ‖g_w‖²``, as ``global_clipnorm`` uses it
    (Pascanu et al. 2013), whatever the optimizer clips by: ``clipnorm``, ``global_clipnorm``, ``clipvalue`` or nothing.
    Training is not changed by it, up to rounding.

    With ``steps_per_execution`` = n Keras runs n steps between two calls of a callback, and the last is recorded. With
    gradient accumulation the accumulated gradient of each update is recorded. Where a model has an Embedding, Keras'
    clipping counts the rows of an id that occurs several times one by one: the norm afterwards may then miss the
    threshold a little.

    Args:
        every: int ≥ 1, record one update of so many; the first is always recorded.

    Attributes:
        steps: (n,) int, which update of this ``fit``, from 0.
        before, after: (n,) float64, the norm before and after clipping.
        cosine: (n,) float64, of the angle between the gradient before and after: 1 where clipping keeps the direction,
            NaN where one of them is 0 or not finite.

    Raises:
        ValueError: ``every`` is no whole number from 1 up; in ``fit``, a model without an optimizer.

    Example:
        >>> recorder = measure.GradientRecorder(every=10)
        >>> model.fit(x, y, callbacks=[recorder])
        >>> recorder.before.max(), recorder.after.max()
    """

    def __init__(self, *, every: int = 1) -> None:
        check_whole("every", every, least=1)
        super().__init__()
        self.every = int(every)
        self._probe = Probe()
        self._rows: list[np.ndarray] = []
        self._next = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._rows, self._next = [], 0
        self._probe.start(self.model)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        row = self._probe.values.numpy()
        update = int(row[3]) - 1
        if update >= self._next:
            self._rows.append(row)
            self._next = (update // self.every + 1) * self.every

    def on_train_end(self, logs: dict | None = None) -> None:
        self._probe.stop(self.model)

    @property
    def steps(self) -> np.ndarray:
        return self._column(3).astype(int) - 1

    @property
    def before(self) -> np.ndarray:
        return np.sqrt(self._column(0))

    @property
    def after(self) -> np.ndarray:
        return np.sqrt(self._column(1))

    @property
    def cosine(self) -> np.ndarray:
        norms = self.before * self.after
        valid = np.isfinite(norms) & (norms > 0)
        return np.divide(self._column(2), norms, out=np.full(norms.shape, np.nan), where=valid)

    def _column(self, k: int) -> np.ndarray:
        return np.array(self._rows).reshape(-1, 4)[:, k]


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that clips and updates: the one within, where another scales the loss."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _dense(gradient: Any) -> tf.Tensor:
    """float64, whose squares do not overflow; what an Embedding gives for one id several times is added up."""
    return tf.cast(tf.convert_to_tensor(gradient), tf.float64)

"""Training many small nets of one architecture: one compiled program, one net after the other.

With a small net ``fit`` spends most of its time around the arithmetic: it builds the graph anew for each net and leaves
it after every batch. Here the graph is built and compiled by XLA once, runs a hundred updates before it comes back, and
serves every net in turn. Stacking the nets into one batched product gains nothing on a CPU: XLA's batched product is
slower there than one product after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncourse._checks import check_whole
from rnncourse._runtime import progress

if TYPE_CHECKING:
    import keras

UPDATES_AT_ONCE = 100

_INITIAL_ONLY = ("name", "seed", "unit_forget_bias")  # entries of a layer's config in which replicas may differ


@dataclass(frozen=True)
class Replicas:
    """What was seen while the nets were trained.

    Attributes:
        losses: (nets, updates) float32, the loss of each batch before its update; NaN once a net has diverged.
        gradient_norms: (nets, updates) float32, the norm of the whole gradient at each update, before any clipping.
    """

    losses: np.ndarray
    gradient_norms: np.ndarray


def train_replicas(
    models: Sequence[keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    *,
    seeds: Iterable[int],
    loss: str | Callable | keras.losses.Loss,
    optimizer: str | keras.optimizers.Optimizer,
    updates: int,
    batch_size: int = 128,
    jit_compile: bool = True,
    label: str = "training",
) -> Replicas:
    """Train each model in place on its own order of examples: the updates that ``fit`` would make, sooner.

    The models are alike but for their initial weights: several seeds, or several initialisers. Each goes through the
    examples in an order drawn from its seed, every example once before any comes again.

    Args:
        models: R ≥ 1 models of the same architecture, each with one input and one output.
        x: (n, …) inputs, n ≥ ``batch_size``.
        y: (n, …) targets.
        seeds: R ints ≥ 0, for each model the seed of its order.
        loss: what ``model.compile`` takes as loss. Masks have no effect on it.
        optimizer: each model starts with a fresh copy of it; the one given is not changed.
        updates: int ≥ 1, the batches that each model is trained on.
        batch_size: int ≥ 1, examples in a batch.
        jit_compile: bool; False for a layer that XLA cannot compile.
        label: str, shown beside the progress bar.

    Returns:
        Replicas: losses and gradient norms, (R, updates) each.

    Raises:
        ValueError: an argument is outside its range, the numbers of models and seeds or of inputs and targets do not
            agree, or the models differ in more than their initial weights.

    Example:
        >>> models = [build() for _ in range(5)]
        >>> run = measure.train_replicas(models, x, y, seeds=range(5), loss="mse",
        ...                              optimizer=keras.optimizers.Adam(global_clipnorm=1.0), updates=2000)
        >>> errors = [np.square(model(x_test) - y_test).mean() for model in models]
    """
    models, seeds = list(models), list(seeds)
    _check(models, seeds, x, y, updates, batch_size)
    for model in models:
        if not model.built:
            model(x[:1])
    _check_alike(models)
    program = _Program(models[0], loss, optimizer, batch_size, jit_compile)
    seen = np.empty((len(models), 2, updates), dtype=np.float32)
    orders = [order_of(seed, len(x), updates, batch_size) for seed in seeds]
    starts = range(0, updates, UPDATES_AT_ONCE)
    # The first model is the one that is trained, on behalf of the others before itself.
    pieces = [(row, start) for row in reversed(range(len(models))) for start in starts]
    first = values_of(models[0])
    data = program.tensors(x, y)
    for row, start in progress(pieces, label):
        if start == 0:
            program.start_from(values_of(models[row]) if row else first)
        part = slice(start, start + UPDATES_AT_ONCE)
        seen[row, :, part] = program.train(*data, orders[row][part])
        if start == starts[-1]:
            assign(models[row], values_of(models[0]))
    return Replicas(losses=seen[:, 0], gradient_norms=seen[:, 1])


class _Program:
    """A model, a loss and an optimizer as one compiled function that makes up to ``UPDATES_AT_ONCE`` updates."""

    def __init__(self, model: keras.Model, loss: Any, optimizer: Any, batch_size: int, jit_compile: bool) -> None:
        import keras
        import tensorflow as tf

        given = keras.optimizers.get(optimizer)
        loss, optimizer = keras.losses.get(loss), type(given).from_config(given.get_config())
        optimizer.build(model.trainable_variables)

        @tf.function(jit_compile=jit_compile)
        def run(x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
            seen = tf.TensorArray(tf.float32, size=UPDATES_AT_ONCE, element_shape=(2,))
            for i in tf.range(count):
                tf.autograph.experimental.set_loop_options(maximum_iterations=UPDATES_AT_ONCE)
                with tf.GradientTape() as tape:
                    answers = model(tf.gather(x, order[i]), training=True)
                    value = tf.add_n([tf.reduce_mean(loss(tf.gather(y, order[i]), answers)), *model.losses])
                gradients = tape.gradient(value, model.trainable_variables)
                optimizer.apply(gradients)
                seen = seen.write(i, tf.stack([value, tf.linalg.global_norm(gradients)]))
            return seen.stack()  # (UPDATES_AT_ONCE, 2)

        self._model, self._optimizer, self._run = model, optimizer, run
        self._traced = None
        self._fresh = values_of(optimizer)
        self._batch_size = batch_size

    @staticmethod
    def tensors(x: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
        """Inputs and targets, copied once to where the program runs."""
        import tensorflow as tf

        return tf.convert_to_tensor(x), tf.convert_to_tensor(y)

    def start_from(self, values: list[np.ndarray]) -> None:
        """Give the model these values and the optimizer an empty memory."""
        assign(self._model, values)
        assign(self._optimizer, self._fresh)

    def train(self, x: Any, y: Any, order: np.ndarray) -> np.ndarray:
        """Make one update for each row of ``order`` (count, batch); returns loss and gradient norm, (2, count)."""
        import tensorflow as tf

        padded = np.zeros((UPDATES_AT_ONCE, self._batch_size), dtype=np.int32)  # one shape, so one compilation
        padded[: len(order)] = order
        arguments = x, y, tf.constant(padded), tf.constant(len(order))
        if self._traced is None:  # by hand: of program after program TensorFlow would warn that they are traced
            self._traced = self._run.get_concrete_function(*arguments)
        return self._traced(*arguments).numpy()[: len(order)].T


def order_of(seed: int, chosen: int | np.ndarray, updates: int, batch_size: int) -> np.ndarray:
    """(updates, batch_size) int32: the places of each batch's examples, permutation after permutation.

    Args:
        seed: int ≥ 0.
        chosen: the places to draw from, or how many there are.
        updates, batch_size: int ≥ 1.
    """
    rng, needed = np.random.default_rng(seed), updates * batch_size
    places = np.arange(chosen) if np.isscalar(chosen) else chosen
    rounds = [rng.permutation(places) for _ in range(-(-needed // len(places)))]
    return np.concatenate(rounds)[:needed].reshape(updates, batch_size).astype(np.int32)


def values_of(owner: Any) -> list[np.ndarray]:
    """Of the variables of a model or an optimizer."""
    return [np.array(variable.numpy()) for variable in owner.variables]


def assign(owner: Any, values: Sequence[np.ndarray]) -> None:
    """Give the variables of a model or an optimizer these values."""
    for variable, value in zip(owner.variables, values, strict=True):
        variable.assign(value)


def _check(models: list, seeds: list, x: np.ndarray, y: np.ndarray, updates: int, batch_size: int) -> None:
    check_whole("updates", updates, least=1)
    check_whole("batch_size", batch_size, least=1)
    for seed in seeds:
        check_whole("every seed", seed, least=0)
    if not models or len(models) != len(seeds):
        raise ValueError(f"models and seeds must be as many, at least one, received {len(models)} and {len(seeds)}")
    if len({id(model) for model in models}) < len(models):
        raise ValueError("models must be different objects, received one of them twice")
    if len(x) != len(y) or len(x) < batch_size:
        raise ValueError(
            f"x and y must hold the same number of examples, at least batch_size = {batch_size}, received {len(x)} and "
            f"{len(y)}"
        )


def _check_alike(models: list) -> None:
    first = _architecture(models[0])
    for place, model in enumerate(models):
        for mine, other in zip_longest(_architecture(model), first):
            if mine != other:
                raise ValueError(
                    f"models must be alike but for their initial weights: models[{place}] has {mine}, models[0] {other}"
                )


def _architecture(model: keras.Model) -> list:
    """Its layers' settings, without those that only matter for initial weights, and the shapes of its variables."""
    return [*_layers(model), [(tuple(variable.shape), str(variable.dtype)) for variable in model.variables]]


def _layers(model: keras.Model) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        if hasattr(layer, "layers"):  # a model within the model
            yield from _layers(layer)
            continue
        try:
            yield type(layer).__name__, _without_initial(layer.get_config())
        except NotImplementedError:  # a layer of the user's own that does not say how it was made
            yield type(layer).__name__, None


def _without_initial(config: Any) -> Any:
    if isinstance(config, dict):
        return {
            key: _without_initial(value)
            for key, value in config.items()
            if key not in _INITIAL_ONLY and not key.endswith("initializer")
        }
    if isinstance(config, list | tuple):
        return [_without_initial(value) for value in config]
    return config

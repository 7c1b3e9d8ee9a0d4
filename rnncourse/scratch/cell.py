"""What every cell is: weights in Keras' layout, a step forward, and the same step backward."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.scratch.arrays import numbers, one_of
from rnncourse.scratch.initializers import Initializer

Arrays = Sequence[np.ndarray]
DTYPES = {"float64": np.dtype(np.float64), "float32": np.dtype(np.float32)}
WEIGHT_NAMES = ("kernel", "recurrent_kernel", "bias")
SMALL_VOCABULARY = 128  # up to here a product with the one-hot matrix is quicker than to sort the ids


class Cell(ABC):
    """The base of SimpleRNN, LSTM and GRU.

    A subclass says in ``step`` how one step is computed, and in ``step_back`` what the chain rule makes of it. Both
    work on any leading axes: a batch (B, …), or several steps of it at once (N, B, …).

    Args:
        input_dim: int ≥ 1, D, numbers in an input x_t.
        units: int ≥ 1, H, numbers in a state h_t.
        dtype: "float64", or "float32" for training at speed.

    Raises:
        ValueError: an argument is outside its range.
    """

    gates: ClassVar[int] = 1  # the kernels have gates · units columns, in Keras' order
    state_names: ClassVar[tuple[str, ...]] = ("h",)
    kept_names: tuple[str, ...] = ()  # what a step hands to its backward step beside the states, each (…, H)

    def __init__(self, input_dim: int, units: int, *, dtype: str = "float64") -> None:
        check_whole("input_dim", input_dim, least=1)
        check_whole("units", units, least=1)
        self.input_dim, self.units = int(input_dim), int(units)
        self.dtype = one_of("dtype", dtype, DTYPES)
        columns = self.gates * self.units
        shapes = [(self.input_dim, columns), (self.units, columns), self._bias_shape()]
        self.weights = [np.zeros(shape, self.dtype) for shape in shapes]

    def _bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    @property
    def kernel(self) -> np.ndarray:
        """W_x (D, gates · H)."""
        return self.weights[0]

    @property
    def recurrent_kernel(self) -> np.ndarray:
        """W_h (H, gates · H)."""
        return self.weights[1]

    @property
    def bias(self) -> np.ndarray:
        """b (gates · H,); for a GRU with reset_after (2, gates · H)."""
        return self.weights[2]

    @property
    def input_bias(self) -> np.ndarray:
        """The bias that is added to x_t W_x, (gates · H,)."""
        return self.bias

    def set_weights(self, weights: Arrays) -> None:
        """Copy weights into the cell's own arrays.

        Args:
            weights: [kernel, recurrent_kernel, bias] in the layout of ``keras_layer.get_weights()``.

        Raises:
            ValueError: not three arrays, a wrong shape, NaN or infinity. The cell then keeps what it had.
        """
        weights = list(weights)
        if len(weights) != len(WEIGHT_NAMES):
            raise ValueError(f"weights must be [{', '.join(WEIGHT_NAMES)}], received {len(weights)} arrays")
        checked = [
            numbers(f"weights[{k}] ({name})", new, own.shape, self.dtype)
            for k, (name, new, own) in enumerate(zip(WEIGHT_NAMES, weights, self.weights, strict=True))
        ]
        for own, new in zip(self.weights, checked, strict=True):
            own[...] = new

    def copy(self, *, dtype: str | None = None) -> Cell:
        """A cell of its own with the same weights, in another ``dtype`` if one is given."""
        twin = copy.copy(self)
        twin.dtype = self.dtype if dtype is None else one_of("dtype", dtype, DTYPES)
        twin.weights = [weight.astype(twin.dtype) for weight in self.weights]
        return twin

    def project(self, x: np.ndarray) -> np.ndarray:
        """What the inputs add to each gate, x_t W_x + b, for every step at once: it waits for no state.

        Args:
            x: (T, B, D), or ids (T, B): a one-hot x_t W_x is the id's row of W_x.

        Returns:
            (T, B, gates · H).
        """
        rows = self.kernel[x] if x.ndim == 2 else flat(x) @ self.kernel
        rows += self.input_bias
        return rows.reshape(*x.shape[:2], -1)

    @abstractmethod
    def step(self, xW: np.ndarray, before: Arrays) -> tuple[Arrays, Arrays]:
        """One step.

        Args:
            xW: (…, gates · H), x_t W_x + b.
            before: the states after step t − 1, each (…, H).

        Returns:
            after: the states after step t, each (…, H); kept: what ``kept_names`` names, each (…, H).
        """

    @abstractmethod
    def step_back(
        self, d_after: Arrays, before: Arrays, after: Arrays, kept: Arrays
    ) -> tuple[np.ndarray, Arrays, Arrays]:
        """The chain rule through one step, its last equation first.

        Args:
            d_after: dL/d of the states after step t, each (…, H), of all that later steps and the loss add to it.
            before, after, kept: as in ``step``.

        Returns:
            d_a: (…, gates · H), dL/d of x_t W_x + b; d_before: what this step adds to dL/d of the states before it,
            each (…, H); d_total: dL/d of the states after step t, now with what one of them owes to another.
        """

    def recurrent_gradients(self, h: np.ndarray, kept: Arrays, d_a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """dL/dW_h and dL/db: the steps share the weights, so what each contributes is summed.

        Args:
            h: (n, H), the states before each step of each sequence, n = T · B.
            kept: as in ``step``, each (n, H).
            d_a: (n, gates · H), as in ``step_back``.

        Returns:
            (H, gates · H), and an array in the shape of the bias.
        """
        return h.T @ d_a, d_a.sum(axis=0)

    def kernel_gradient(self, x: np.ndarray, d_a: np.ndarray) -> np.ndarray:
        """dL/dW_x (D, gates · H) for x (T, B, D) or ids (T, B), and d_a (n, gates · H), n = T · B."""
        if x.ndim == 3:
            return flat(x).T @ d_a
        ids = x.ravel()
        if self.input_dim <= SMALL_VOCABULARY:
            one_hot = np.zeros((len(ids), self.input_dim), self.dtype)
            one_hot[np.arange(len(ids)), ids] = 1
            return one_hot.T @ d_a
        order = np.argsort(ids, kind="stable")  # the steps of one id then stand together, and each run is summed
        present, runs = np.unique(ids[order], return_index=True)
        gradient = np.zeros_like(self.kernel)
        gradient[present] = np.add.reduceat(d_a[order], runs, axis=0)
        return gradient

    def split(self, a: np.ndarray) -> list[np.ndarray]:
        """The gates' parts of (…, gates · H), each a view (…, H)."""
        return [a[..., k * self.units : (k + 1) * self.units] for k in range(a.shape[-1] // self.units)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(input_dim={self.input_dim}, units={self.units}, dtype={self.dtype.name!r})"


def flat(a: np.ndarray) -> np.ndarray:
    """(T, B, n) as (T · B, n)."""
    return a.reshape(-1, a.shape[-1])


def draw(cell: Cell, seed: int, kernel: Initializer, recurrent: Initializer) -> None:
    """Draw a cell's kernels with two initializers from one generator; the bias stays 0."""
    check_whole("seed", seed, least=0)
    rng = np.random.default_rng(seed)
    for weight, initializer in zip(cell.weights, (kernel, recurrent), strict=False):
        weight[...] = initializer(rng, *weight.shape)

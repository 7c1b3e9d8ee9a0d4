"""How a state depends on earlier states of the same layer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from rnncourse._checks import check_whole
from rnncourse.measure.microscope.layers import check_state, find_layers, states_layer
from rnncourse.measure.microscope.passes import arrays, state_jacobians


def jacobians(
    model: keras.Layer, x: Any, t: int | None = None, layer: keras.Layer | str | None = None, *, state: str | int = "h"
) -> np.ndarray:
    """The total Jacobians dh_t/dh_s of one example, for one t and every s.

    A small change of h_s changes h_t by ``Δh_t = Δh_s @ J[s]``, in row vectors, through every way that leads from one
    to the other (Pascanu et al. 2013). For a SimpleRNN or a GRU it is the product of the steps between,
    ``J[s] = S[s+1] @ … @ S[t]`` with S from ``step_jacobians``; for an LSTM it is not, since c carries on too.

    Args:
        model: a Keras model with a recurrent layer, or such a layer.
        x: the model's inputs for one example, (1, T, …), as for ``gradient_norms``.
        t: int, 0 … T − 1, the later step; None is the last that the layer takes.
        layer: as for ``gradient_norms``, one direction of a Bidirectional; not stateful.
        state: "h", "c" for the total dc_t/dc_s of an LSTM, or the number of a state.

    Returns:
        (T, H, H), float64, ``[s, i, j] = dh_t[j] / dh_s[i]``: the unit matrix at s = t, 0 where s comes after t.

    Raises:
        ValueError: more than one example, t outside 0 … T − 1, a stateful layer or one that is not recurrent, and as
            ``gradient_norms``.
    """
    if t is not None:
        check_whole("t", t, least=0)
    return _jacobians(model, x, layer, state, t=t, cut=False)


def step_jacobians(
    model: keras.Layer, x: Any, layer: keras.Layer | str | None = None, *, state: str | int = "h"
) -> np.ndarray:
    """The Jacobian of every single step, ∂h_t/∂h_{t−1}, all else held, of one example.

    For a SimpleRNN ``W_h · diag(φ′)``; for the cell state of an LSTM ``diag(f_t)``.

    Args:
        model, x, layer: as for ``jacobians``.
        state: "h", "c" for ∂c_t/∂c_{t−1} of an LSTM with h_{t−1} held, or the number of a state.

    Returns:
        (T, H, H), float64, ``[t, i, j] = ∂h_t[j] / ∂h_{t−1}[i]``, the first with respect to the initial state.

    Raises:
        ValueError: as ``jacobians``.
    """
    return _jacobians(model, x, layer, state, t=None, cut=True)


def jacobian_spectrum(
    model: keras.Layer, x: Any, t: int | None = None, layer: keras.Layer | str | None = None, *, state: str | int = "h"
) -> np.ndarray:
    """The singular values of the total Jacobian dh_t/dh_s, for one t and every s.

    The largest says how much the change that matters most grows on its way from s to t, the smallest what becomes of
    the one that matters least.

    Args:
        model, x, t, layer, state: as for ``jacobians``.

    Returns:
        (T, H), float64, [s] from the largest to the smallest; those below about 1e-7 of the largest are rounding in
        a float32 model.

    Raises:
        ValueError: as ``jacobians``.
    """
    return np.linalg.svd(jacobians(model, x, t, layer, state=state), compute_uv=False)


def _jacobians(model: Any, x: Any, layer: Any, state: str | int, *, t: int | None, cut: bool) -> np.ndarray:
    layers = find_layers(model, layer)
    recurrent = states_layer(layers)
    check_state(layers, state)
    x = arrays("x", x)
    examples = [a.shape[0] for a in keras.tree.flatten(x)]
    if any(count != 1 for count in examples):
        raise ValueError(f"x must hold one example, with a batch axis of 1, received {examples[0]} of them")
    sizes = keras.tree.flatten(recurrent.state_size)
    units = sizes[{"c": 1}.get(state, state)] if state != "h" else getattr(recurrent.cell, "output_size", sizes[0])
    return state_jacobians(model, x, recurrent, units, t=t, state=state, cut=cut)

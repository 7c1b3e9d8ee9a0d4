"""How much a loss depends on each state and on each input step."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from rnncourse.measure.microscope.layers import check_state, embeddings, find_layers, only
from rnncourse.measure.microscope.losses import find_loss
from rnncourse.measure.microscope.passes import arrays, loss_gradients


def gradient_norms(
    model: keras.Model,
    x: Any,
    y: Any,
    layer: keras.Layer | str | None = None,
    loss: Any = None,
    *,
    state: str | int = "h",
) -> np.ndarray:
    """The norm of the gradient at each step, ‖dL_b/dh_t‖₂, mean over the batch.

    L_b is each example's own loss: what the loss is for a batch of it alone. With Keras' usual reduction that is the
    mean over the example's own steps and outputs, with "sum" their sum; steps that a mask leaves out count for
    nothing; penalties on weights, class and sample weights are no part of it. dL_b/dh_t is the total derivative: later
    steps read the state that is varied, down to the loss (the curves of Bengio et al. 1994 and Pascanu et al. 2013). A
    padded step keeps the state, and its gradient is that of the state it keeps.

    The model runs as for ``predict``, without dropout, and is left as it was. A layer that mixes the examples of a
    batch even then would mix their gradients. The pass is traced once for a model, a loss and a shape and kept; as with
    ``fit``, an attribute such as an activation that is replaced afterwards has no effect on it.

    Args:
        model: a Keras model, Sequential, functional or subclassed, with a recurrent layer (SimpleRNN, LSTM, GRU, RNN of
            any cell, Bidirectional around them) or attention.
        x: the inputs of one batch, (B, T, …) numbers or (B, T) ids; several inputs as for ``model.predict``. All
            sequences have one length T ≥ 1; a stateful model needs its own batch size, and starts from its own state.
        y: the targets, B of them, as for ``model.fit``.
        layer: the layer, or its name; needed where the model has several recurrent layers. One direction of a
            Bidirectional has a name of its own, such as "forward_lstm". Of any layer that is not recurrent,
            attention included, the output of each step takes the place of h_t.
        loss: what to differentiate instead of the compiled loss: a name, a ``keras.losses.Loss``, or a function of
            (y, outputs) with the examples on its result's first axis.
        state: "h", the state that is the layer's output; "c" for an LSTM's cell state, whose total derivative includes
            the way through h_t; or the number of a custom cell's state, as later steps read it.

    Returns:
        (T,), float64, ≥ 0; t counts the inputs, so that h_t is the state right after x_t was read, in whichever
        direction. For a Bidirectional (2, T): forward, backward. In float32 an entry of a gradient below about 1e-38
        is 0.

    Raises:
        ValueError: no such layer, or several and none named; no loss, or one without a value for each example; x and y
            of different lengths, or no steps.
    """
    return _mean_norms(_gradients(model, x, y, layer, loss, state))


def state_gradients(
    model: keras.Model,
    x: Any,
    y: Any,
    layer: keras.Layer | str | None = None,
    loss: Any = None,
    *,
    state: str | int = "h",
) -> np.ndarray:
    """The gradient of each example's own loss at each step, dL_b/dh_t itself: ``gradient_norms`` before the norm.

    Args:
        model, x, y, layer, loss, state: as for ``gradient_norms``.

    Returns:
        (B, T, H), float64; for a Bidirectional (2, B, T, H).

    Raises:
        ValueError: as ``gradient_norms``.
    """
    gradients = _gradients(model, x, y, layer, loss, state)
    return gradients[0] if len(gradients) == 1 else np.stack(gradients)


def saliency(
    model: keras.Model, x: Any, y: Any, layer: keras.Layer | str | None = None, loss: Any = None
) -> np.ndarray:
    """How much each input step matters to the loss, to first order: ‖dL_b/dx_t‖₂, mean over the batch.

    For ids, which have no derivative, x_t is what the Embedding makes of them (Simonyan et al. 2014 for images, Li et
    al. 2016 for words).

    Args:
        model, y, loss: as for ``gradient_norms``.
        x: one array of numbers (B, T, …), or ids (B, T) for a model with one Embedding.
        layer: another layer whose output takes the place of the input, or its name; needed for a model with several
            inputs or several Embeddings.

    Returns:
        (T,), float64, ≥ 0.

    Raises:
        ValueError: ids and no Embedding or several, several inputs and no layer, and as ``gradient_norms``.
    """
    x = arrays("x", x)
    if layer is None:
        if keras.tree.is_nested(x):
            raise ValueError("x must be one array: for several inputs pass layer=, the layer that reads the one meant")
        if not x.dtype.is_floating:
            layer = only(embeddings(model), "Embedding for whole-number inputs", "pass layer=, or x as floats")
        elif x.shape.rank < 3:
            raise ValueError(f"x must have shape (batch, time, features), or be whole-number ids, received {x.shape}")
    if layer is None:
        layers, found = [], find_loss(model, loss)
        return _mean_norms(loss_gradients(model, x, _targets(x, y), layers, loss=found))
    return _mean_norms(_gradients(model, x, y, layer, loss, "h"))


def _gradients(model: Any, x: Any, y: Any, layer: Any, loss: Any, state: str | int) -> list[np.ndarray]:
    """dL_b/dh_t (B, T, …) of one layer, or of two directions."""
    layers = find_layers(model, layer)
    check_state(layers, state)
    found = find_loss(model, loss)
    x = arrays("x", x)
    gradients = loss_gradients(model, x, _targets(x, y), layers, loss=found, state=state)
    for layer, gradient in zip(layers, gradients, strict=True):
        if gradient.ndim < 3:
            raise ValueError(f"layer must give (batch, time, …), {layer.name!r} gives shape {gradient.shape}")
    return gradients


def _targets(x: Any, y: Any) -> Any:
    """y as arrays, checked to have as many examples as x."""
    y = arrays("y", y)
    lengths = {name: {a.shape[0] for a in keras.tree.flatten(values)} for name, values in (("x", x), ("y", y))}
    if lengths["x"] != lengths["y"] or len(lengths["x"]) > 1:
        received = ", ".join(f"{name} with {' and '.join(map(str, sorted(n)))}" for name, n in lengths.items())
        raise ValueError(f"x and y must have the same number of examples, received {received}")
    return y


def _mean_norms(gradients: list[np.ndarray]) -> np.ndarray:
    """(T,), or (2, T), from (B, T, …)."""
    norms = [np.linalg.norm(a.reshape(*a.shape[:2], -1), axis=-1).mean(axis=0) for a in gradients]
    return norms[0] if len(norms) == 1 else np.stack(norms)

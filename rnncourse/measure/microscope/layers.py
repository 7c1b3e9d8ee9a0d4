"""Which layers of a model are looked at."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import keras

from rnncourse.models import MultiHeadSelfAttention, TransformerBlock

_ATTENTION = (
    MultiHeadSelfAttention,
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
    keras.layers.Attention,
    keras.layers.AdditiveAttention,
)


def find_layers(model: keras.Layer, layer: keras.Layer | str | None) -> list[keras.Layer]:
    """The layer to look at; for a Bidirectional its two directions.

    Args:
        model: a Keras model, or a layer.
        layer: a layer of the model or its name, one direction of a Bidirectional included; None where the model has
            one recurrent layer, or without any one Transformer block, or without either one attention layer.

    Returns:
        One layer, or [forward, backward].

    Raises:
        ValueError: no such layer, none to be found, or several.
    """
    if not isinstance(model, keras.Layer):
        raise ValueError(f"model must be a Keras model or layer, received {type(model).__name__}")
    within = sublayers(model)
    if layer is None:
        found = _only(_outermost(within), within)
    elif isinstance(layer, keras.Layer):
        if not any(layer is own for own in within):
            raise ValueError(f"layer must be one of the model's own, received {layer.name!r} of another model")
        found = layer
    else:
        named = [own for own in within if own.name == layer and own is not model] or [
            own for own in within if own.name == layer
        ]
        if not named:
            raise ValueError(f"layer must be one of {_names(_to_name(within))}, received {layer!r}")
        if len(named) > 1:
            raise ValueError(f"layer must name one layer, {len(named)} are called {layer!r}: pass the layer itself")
        found = named[0]
    if isinstance(found, keras.layers.Bidirectional) and isinstance(found.forward_layer, keras.layers.RNN):
        return [found.forward_layer, found.backward_layer]
    return [found]


def sublayers(model: keras.Layer) -> list[keras.Layer]:
    """The model itself and every layer in it, in order, those of nested models and wrappers included."""
    return list(model._flatten_layers())


def embeddings(model: keras.Layer) -> list[keras.Layer]:
    """The Embedding layers of a model."""
    return [layer for layer in sublayers(model) if isinstance(layer, keras.layers.Embedding)]


def states_layer(layers: list[keras.Layer]) -> keras.layers.RNN:
    """The one recurrent layer that has a trajectory of states (batch, units).

    Raises:
        ValueError: two directions, a layer without states, images for states, or a stateful layer.
    """
    if len(layers) > 1:
        raise ValueError(f"layer must name one direction: one of {_names(layers)}")
    (layer,) = layers
    if not isinstance(layer, keras.layers.RNN) or not all(
        isinstance(size, int) for size in keras.tree.flatten(layer.state_size)
    ):
        raise ValueError(
            f"layer must be recurrent, with states (batch, units), received {layer.name!r}, a {type(layer).__name__}"
        )
    if layer.stateful:
        raise ValueError(f"layer {layer.name!r} is stateful, with a fixed batch: give its weights to one that is not")
    return layer


def check_state(layers: list[keras.Layer], state: str | int) -> None:
    """Check which state of the layers is meant.

    Raises:
        ValueError: "c" of a layer that is no LSTM, a number that no state has, or no state at all.
    """
    for layer in layers:
        recurrent = isinstance(layer, keras.layers.RNN)
        count = len(keras.tree.flatten(layer.state_size)) if recurrent else 0
        if state == "c" and not (recurrent and type(layer.cell).call is keras.layers.LSTMCell.call):
            raise ValueError(f'state "c" is that of a keras.layers.LSTM, received layer {layer.name!r}')
        whole = isinstance(state, Integral) and not isinstance(state, bool)
        if state not in ("h", "c") and not (whole and 0 <= state < count):
            raise ValueError(
                f'state must be "h", "c" for an LSTM, or the number of a state, 0 … {count - 1}, received {state!r}'
                if count
                else f'state must be "h" for layer {layer.name!r}, which has no states, received {state!r}'
            )


def only(layers: list[Any], what: str, remedy: str) -> Any:
    """The one layer of a list.

    Raises:
        ValueError: none or several.
    """
    if len(layers) != 1:
        found = f"several: {_names(layers)}" if layers else "none"
        raise ValueError(f"the model must have one {what}, received {found}: {remedy}")
    return layers[0]


def _outermost(within: list[keras.Layer]) -> list[keras.Layer]:
    """Recurrent layers, a Bidirectional for its two; where there is none, Transformer blocks, then attention layers."""
    wrappers = [own for own in within if isinstance(own, keras.layers.Bidirectional)]
    inside = {id(part) for own in wrappers for part in (own.forward_layer, own.backward_layer)}
    recurrent = [own for own in within if isinstance(own, keras.layers.RNN) and id(own) not in inside]
    recurrent += [own for own in wrappers if isinstance(own.forward_layer, keras.layers.RNN)]
    blocks = [own for own in within if isinstance(own, TransformerBlock)]
    return recurrent or blocks or [own for own in within if isinstance(own, _ATTENTION)]


def _only(found: list[keras.Layer], within: list[keras.Layer]) -> keras.Layer:
    names = _names(found or _to_name(within))
    return only(found, "recurrent layer (or, without any, one attention layer)", f"pass layer=, one of {names}")


def _to_name(within: list[keras.Layer]) -> list[keras.Layer]:
    """The layers that somebody may mean: not the model, the inputs, the cells, or what only attention uses."""
    inside = {
        id(part)
        for own in within
        if isinstance(own, (keras.layers.RNN, TransformerBlock, *_ATTENTION))
        for part in sublayers(own)[1:]
    }
    return [own for own in within[1:] if id(own) not in inside and not isinstance(own, keras.layers.InputLayer)]


def _names(layers: list[keras.Layer]) -> str:
    return ", ".join(repr(layer.name) for layer in layers)

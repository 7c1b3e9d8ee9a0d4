"""The parts of a finished model: what is computed once, what runs at every step, where attention looked."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from rnncourse.models.attention import BahdanauAttention, LuongAttention
from rnncourse.models.pooling import AttentionPooling

_WITH_WEIGHTS = (BahdanauAttention, LuongAttention, AttentionPooling)


class Part(keras.Model):
    """A piece of a functional model's graph as a model of its own, with the same layers.

    Args:
        given: symbolic tensors of that graph, wherever they stand in it, to be given when the part is called.
        wanted: a symbolic tensor that is computed from these, or a tuple of them.
        nodes: the calls of layers and operations on the way, in order.
    """

    def __init__(self, given: list[Any], wanted: Any, nodes: list[Any]) -> None:
        super().__init__()
        self.given, self.wanted, self.nodes = tuple(given), wanted, tuple(nodes)
        self.shared = [node.operation for node in nodes if isinstance(node.operation, keras.Layer)]
        self.supports_masking = True

    def call(self, inputs: list[Any]) -> Any:
        values = {id(symbol): value for symbol, value in zip(self.given, inputs, strict=True)}
        for node in self.nodes:
            args, kwargs = node.arguments.fill_in(values)
            results = keras.tree.flatten(node.operation(*args, **kwargs))
            values |= {id(symbol): value for symbol, value in zip(node.outputs, results, strict=True)}
        return keras.tree.map_structure(lambda symbol: values[id(symbol)], self.wanted)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None  # the outputs carry their masks already


def split(model: keras.Model) -> tuple[Part, Part]:
    """Cut a model into what its last input, the tokens, has no part in, and the rest.

    Args:
        model: a functional model of two inputs or more.

    Returns:
        encoder: from the other inputs to what the decoder needs of them, a tuple; decoder: from these and the tokens to
        the model's output.

    Raises:
        ValueError: a model of another kind.
    """
    if not isinstance(model, keras.Model) or len(getattr(model, "inputs", None) or []) < 2:
        raise ValueError(
            "model must read a source and the tokens written so far, as encoder_decoder and one_to_many build it, "
            f"received {getattr(model, 'name', model)!r}"
        )
    *others, tokens = model.inputs
    nodes = _nodes(model)
    after, boundary, decoding = {id(tokens)}, {}, []
    for node in nodes:
        if any(id(tensor) in after for tensor in node.input_tensors):
            boundary |= {id(tensor): tensor for tensor in node.input_tensors if id(tensor) not in after}
            after |= {id(tensor) for tensor in node.outputs}
            decoding.append(node)
    memory = tuple(boundary.values())
    encoding = [node for node in nodes if all(node is not other for other in decoding)]
    return Part(others, memory, encoding), Part([*memory, tokens], model.outputs[0], decoding)


def attention_weights(model: keras.Model, x: Any) -> np.ndarray:
    """Where a model's attention looks: the weights that its one attention layer gives.

    Args:
        model: what ``encoder_decoder`` builds with attention, or ``many_to_one`` with ``pooling="attention"``.
        x: the inputs of one batch, as for ``model.predict``. To see how a sequence was decoded, pass [source, previous
            tokens] with ``previous`` made by ``teacher_forcing`` from what was written.

    Returns:
        (B, T, S), row t the weights of the source's steps while token t is written; of a pooling (B, T). From 0 to 1,
        each row sums to 1, padding in the source gets exactly 0.

    Raises:
        ValueError: a model without such a layer, or with several.
    """
    found = [node for node in _nodes(model) if isinstance(node.operation, _WITH_WEIGHTS) and len(node.outputs) == 2]
    if len(found) != 1:
        raise ValueError(
            "model must have one attention layer that is called with return_scores=True, as encoder_decoder and "
            f"many_to_one build it, received {len(found)}"
        )
    part = Part(model.inputs, found[0].outputs[1], _nodes(model))
    inputs = x if isinstance(x, list | tuple) and len(model.inputs) > 1 else [x]
    weights = part([keras.ops.convert_to_tensor(value) for value in inputs], training=False)
    return keras.ops.convert_to_numpy(weights)


def _nodes(model: keras.Model) -> list[Any]:
    """The calls of layers and operations of a functional model, each after those whose results it needs."""
    if not isinstance(model, keras.Model) or not hasattr(model, "_nodes_by_depth"):
        raise ValueError(f"model must be a functional keras.Model, received {getattr(model, 'name', model)!r}")
    by_depth = model._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input]

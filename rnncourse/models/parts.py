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
        inputs: symbolic tensors of that graph, wherever they stand in it.
        outputs: what is computed from them alone.
        layers: the layers on the way.
    """

    def __init__(self, inputs: list[Any], outputs: Any, layers: list[keras.Layer]) -> None:
        super().__init__()
        self.function = keras.Function(inputs, outputs)
        self.shared = layers
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return self.function(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None  # the outputs carry their masks already


def split(model: keras.Model) -> tuple[Part, Part]:
    """Cut a model into what its last input, the tokens, has no part in, and the rest.

    Args:
        model: a functional model of two inputs or more.

    Returns:
        encoder: from the other inputs to a list of what the decoder needs of them; decoder: from these and the tokens
        to the model's output.

    Raises:
        ValueError: a model of another kind.
    """
    if not isinstance(model, keras.Model) or len(getattr(model, "inputs", None) or []) < 2:
        raise ValueError(
            "model must read a source and the tokens written so far, as encoder_decoder and one_to_many build it, "
            f"received {getattr(model, 'name', model)!r}"
        )
    *others, tokens = model.inputs
    after, needed, steps = {id(tokens)}, {}, []
    for node in _nodes(model):
        if any(id(tensor) in after for tensor in node.input_tensors):
            needed |= {id(tensor): tensor for tensor in node.input_tensors if id(tensor) not in after}
            after |= {id(tensor) for tensor in node.outputs}
            steps.append(node.operation)
    boundary = list(needed.values())
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    decoding = [layer for layer in layers if any(layer is step for step in steps)]
    encoding = [layer for layer in layers if not any(layer is step for step in steps)]
    return Part(others, boundary, encoding), Part([*boundary, tokens], model.outputs[0], decoding)


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
    weights = keras.Function(model.inputs, found[0].outputs[1])
    inputs = x if isinstance(x, list | tuple) and len(model.inputs) > 1 else [x]
    return keras.ops.convert_to_numpy(weights([keras.ops.convert_to_tensor(value) for value in inputs]))


def _nodes(model: keras.Model) -> list[Any]:
    """The calls of layers and operations of a functional model, each after those whose results it needs."""
    if not isinstance(model, keras.Model) or not hasattr(model, "_nodes_by_depth"):
        raise ValueError(f"model must be a functional keras.Model, received {getattr(model, 'name', model)!r}")
    by_depth = model._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input]

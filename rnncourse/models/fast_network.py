"""The loss of a character model and its gradient, faster than by calling the model."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from rnncourse.models.fused_gru import gru_sequence


class FastNetwork:
    """A model of :func:`many_to_many` with cell "gru" and tokens, computed time first from its own weights.

    What reads a token is one row of a table: Embedding and input kernel are multiplied once for all tokens.

    Args:
        model: keras.Model, not bidirectional; its weights are read at each call.
        dropped_weights: float in [0, 1), the share of the recurrent kernels' numbers left out of an update (Wan et al.
            2013; Merity et al. 2018).
        dropped_outputs: float in [0, 1), the share of each layer's outputs left out.
    """

    def __init__(self, model: keras.Model, *, dropped_weights: float = 0.0, dropped_outputs: float = 0.0) -> None:
        self.embedding = next(layer for layer in model.layers if isinstance(layer, keras.layers.Embedding))
        self.cells = [layer.cell for layer in model.layers if isinstance(layer, keras.layers.GRU)]
        self.read_out = model.layers[-1]
        self.dropped_weights, self.dropped_outputs = dropped_weights, dropped_outputs

    def zeros(self, rows: int) -> list[tf.Tensor]:
        """The states (rows, H) before the first step, one a layer."""
        return [tf.zeros((rows, cell.units)) for cell in self.cells]

    def loss(
        self, x: tf.Tensor, y: tf.Tensor, states: Sequence[tf.Tensor], *, training: bool
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Mean cross-entropy, and the states after the last step.

        Args:
            x: (B, T) ids, T known.
            y: (B, T) the ids that follow.
            states: (B, H) a layer, from :meth:`zeros` or the call before.
            training: bool, whether something is dropped.

        Returns:
            The loss () in nats a token, and the new states.
        """
        outputs, after = None, []
        for level, (cell, state) in enumerate(zip(self.cells, states, strict=True)):
            kernel, bias = tf.convert_to_tensor(cell.kernel), tf.convert_to_tensor(cell.bias)
            recurrent_kernel = tf.convert_to_tensor(cell.recurrent_kernel)
            if training and self.dropped_weights:
                recurrent_kernel = tf.nn.dropout(recurrent_kernel, self.dropped_weights)
            if level == 0:
                projected = _rows(tf.matmul(self.embedding.embeddings, kernel) + bias[0], tf.transpose(x))
            else:
                projected = tf.matmul(outputs, kernel) + bias[0]
            outputs = gru_sequence(projected, state, recurrent_kernel, bias[1])  # (T, B, H)
            after.append(outputs[-1])
            if training and self.dropped_outputs:
                outputs = tf.nn.dropout(outputs, self.dropped_outputs)
        scores = tf.matmul(tf.reshape(outputs, [-1, outputs.shape[-1]]), self.read_out.kernel) + self.read_out.bias
        targets = tf.reshape(tf.transpose(y), [-1])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores)), after


@tf.custom_gradient
def _rows(table: tf.Tensor, ids: tf.Tensor) -> tf.Tensor:
    """``tf.gather`` whose gradient is a product with one-hot rows: here faster than adding row by row."""

    def backward(d_rows: tf.Tensor) -> tuple[tf.Tensor, None]:
        flat = tf.reshape(d_rows, [-1, table.shape[-1]])
        return tf.matmul(tf.one_hot(tf.reshape(ids, [-1]), table.shape[0]), flat, transpose_a=True), None

    return tf.gather(table, ids), backward

"""A GRU over a fixed number of steps with its backward pass written by hand, for training on long texts.

Automatic differentiation multiplies for the gradient of the recurrent kernel at every step. Here the steps are only
walked back through for the states, and that gradient is one large product at the end (lesson 04's sum over steps).
"""

from __future__ import annotations

import tensorflow as tf


@tf.custom_gradient
def gru_sequence(
    projected: tf.Tensor, initial_state: tf.Tensor, recurrent_kernel: tf.Tensor, recurrent_bias: tf.Tensor
) -> tf.Tensor:
    """The outputs of ``keras.layers.GRU`` (``reset_after=True``) from inputs that are projected already.

    The loop is unrolled in the graph, so the number of steps must be known.

    Args:
        projected: (T, B, 3H), x_t W + b of each step, time first; T known.
        initial_state: (B, H).
        recurrent_kernel: (H, 3H), blocks z, r, h̃.
        recurrent_bias: (3H,).

    Returns:
        (T, B, H). Gradients flow to all four arguments.
    """
    units = recurrent_kernel.shape[0]
    h, outputs, kept = initial_state, [], []
    for p in tf.unstack(projected):
        q = tf.matmul(h, recurrent_kernel) + recurrent_bias  # (B, 3H)
        z, r = tf.split(tf.sigmoid(p[:, : 2 * units] + q[:, : 2 * units]), 2, axis=1)
        recalled = q[:, 2 * units :]
        candidate = tf.tanh(p[:, 2 * units :] + r * recalled)
        kept.append((z, r, recalled, candidate, h))
        h = candidate + z * (h - candidate)
        outputs.append(h)
    outputs = tf.stack(outputs)  # (T, B, H)

    def backward(d_outputs: tf.Tensor) -> tuple[tf.Tensor, ...]:
        dh = tf.zeros_like(initial_state)
        of_q, of_candidate = [], []  # with respect to each step's q and to the sum inside its tanh, last step first
        for d_output, (z, r, recalled, candidate, before) in zip(
            reversed(tf.unstack(d_outputs)), reversed(kept), strict=True
        ):
            dh += d_output
            d_candidate = dh * (1 - z) * (1 - candidate * candidate)
            dz = dh * (before - candidate) * z * (1 - z)
            dr = d_candidate * recalled * r * (1 - r)
            dq = tf.concat([dz, dr, d_candidate * r], axis=1)
            dh = dh * z + tf.matmul(dq, recurrent_kernel, transpose_b=True)
            of_q.append(dq)
            of_candidate.append(d_candidate)
        dq = tf.stack(of_q[::-1])  # (T, B, 3H)
        d_projected = tf.concat([dq[..., : 2 * units], tf.stack(of_candidate[::-1])], axis=-1)
        before = tf.concat([initial_state[tf.newaxis], outputs[:-1]], axis=0)
        rows, columns = tf.reshape(before, [-1, units]), tf.reshape(dq, [-1, 3 * units])
        return d_projected, dh, tf.matmul(rows, columns, transpose_a=True), tf.reduce_sum(columns, axis=0)

    return outputs, backward

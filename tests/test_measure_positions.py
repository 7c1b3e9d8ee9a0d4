"""The blocks of the table on positions: their task, what they are made of, and what a run gives."""

import keras
import numpy as np
import pytest

from rnncourse import models
from rnncourse.measure.experiments import positions


def test_the_answer_stood_some_steps_ago():
    x, y = positions.steps_ago(5, 9, seed=0)
    assert x.shape == y.shape == (5, 9) and {*np.unique(x)} <= set(range(8))
    np.testing.assert_array_equal(y[:, 3:], x[:, :-3])
    assert (y[:, :3] == -1).all()
    np.testing.assert_array_equal(positions.steps_ago(5, 9, seed=0, back=2)[1][:, 2:],
                                  positions.steps_ago(5, 9, seed=0, back=2)[0][:, :-2])  # fmt: skip
    with pytest.raises(ValueError, match="back must be a whole number from 1 up, received 0"):
        positions.steps_ago(5, 9, seed=0, back=0)


@pytest.mark.parametrize("kind", positions.POSITIONS.over["positions"])
def test_the_nets_differ_in_their_positions_alone(kind):
    net = positions.network(kind)
    kinds = [type(layer) for layer in net.layers]
    added = {"sinusoidal": [models.SinusoidalPositions], "learned": [models.LearnedPositions]}.get(kind, [])
    middle = keras.layers.GRU if kind == "gru" else models.TransformerBlock
    assert kinds == [keras.layers.InputLayer, keras.layers.Embedding, *added, middle, keras.layers.Dense]
    if kind != "gru":
        attention = net.layers[-2].attention
        assert attention.causal and attention.rotary == (kind == "rotary")


@pytest.mark.slow
def test_a_run_gives_a_number_a_seed(monkeypatch):
    for name, value in (("UPDATES", 2), ("EXAMPLES", 16), ("BATCH", 8), ("TESTED", 4)):
        monkeypatch.setattr(positions, name, value)
    found = positions.steps_ago_by_positions([0, 1], positions="learned")
    assert [*found] == ["cross_entropy", *(f"to_{end}" for end in range(12, 97, 12))]
    assert all(values.shape == (2,) for values in found.values())
    assert found["cross_entropy"][0] != found["cross_entropy"][1]
    assert all(((values >= 0) & (values <= 1)).all() for name, values in found.items() if name != "cross_entropy")

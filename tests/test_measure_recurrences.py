"""The nets of the tables on recurrences: what each name builds, and that short runs score what they should."""

import keras
import numpy as np
import pytest

from rnncourse import models
from rnncourse.measure.experiments import nets, recurrences


def built(net, sequences=True):
    layer = recurrences._stack(net, 3, sequences=sequences)
    layer.build((None, None, 2))
    return layer


def test_parity_is_that_of_the_ones_so_far():
    x, y = recurrences.parity(7, 9, seed=3)
    assert x.shape == (7, 9, 2) and y.shape == (7, 9, 1) and x.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(x.sum(axis=-1), 1)
    odd = 0
    for t in range(9):
        odd = odd ^ x[:, t, 1].astype(int)
        np.testing.assert_array_equal(y[:, t, 0], odd)


@pytest.mark.parametrize("net", sorted({*recurrences.PARITY_NETS, *recurrences.RECALL_NETS}))
def test_a_name_builds_its_net(net):
    layer, x = built(net), np.ones((2, 4, 2), np.float32)
    assert layer(x).shape == (2, 4, 3)
    assert built(net, sequences=False)(x).shape == (2, 3)
    kind = {"GRU": keras.layers.GRU, "minGRU": models.MinGRU, "minLSTM": models.MinLSTM}
    name, _, option = net.partition(", ")
    layers = layer.layers if isinstance(layer, keras.Sequential) else [layer]
    assert len(layers) == (2 if option == "2 layers" else 1)
    assert all(isinstance(one, kind.get(name, models.LRU)) for one in layers)
    if name in ("minGRU", "minLSTM"):
        assert all(one.cell.signed == (option == "signed") for one in layers)


@pytest.mark.parametrize("name", ["GRU", "minGRU", "minLSTM"])
def test_gates_that_keep_begin_at_the_bias_of_the_table(name):
    """With a weight of zero a state decays by the gate alone: σ(4) where it keeps."""
    layer = built(f"{name}, keeping")
    weights = layer.get_weights()
    layer.set_weights([0 * weight for weight in weights[:-1]] + weights[-1:])
    start = [np.ones((1, 3), np.float32) for _ in layer.state_size]
    found = layer(np.zeros((1, 1, 2), np.float32), initial_state=start)
    kept = 1 / (1 + np.exp(-recurrences.KEPT))
    np.testing.assert_allclose(found, np.full((1, 1, 3), kept), rtol=1e-5)


@pytest.fixture
def short(monkeypatch):
    """Two updates; returns what ``train_replicas`` was called with, call by call."""
    for name in ("UPDATES", "PARITY_UPDATES"):
        monkeypatch.setattr(recurrences, name, 2)
    calls, train = [], nets.train_replicas

    def spy(models, x, y, **options):
        calls.append({"models": models, "x": x, "y": y, **options})
        return train(models, x, y, **options)

    monkeypatch.setattr(nets, "train_replicas", spy)
    return calls


@pytest.mark.slow
def test_parity_is_scored_on_what_was_trained_and_beyond(short):
    found = recurrences.parity_by_net([0, 1], net="minGRU, signed", learning_rate=0.01)
    assert found.keys() == {"accuracy", "beyond"}
    assert all(values.shape == (2,) and ((values >= 0) & (values <= 1)).all() for values in found.values())
    (call,) = short
    assert call["x"].shape == (8000, recurrences.TRAINED_STEPS, 2) and call["seeds"] == [0, 1]


@pytest.mark.slow
def test_recall_is_scored_on_unseen_sequences(short):
    found = recurrences.recall_by_net([0, 1], lag=5, net="LRU")
    assert found.keys() == {"accuracy", "cross_entropy"} and found["cross_entropy"][0] != found["cross_entropy"][1]
    assert short[0]["x"].shape[1:] == (6, 16) and short[0]["updates"] == 2

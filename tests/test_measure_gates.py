"""The LSTMs of the kept tables: that what a table varies is what differs between the nets."""

import keras
import numpy as np
import pytest

from rnncourse.measure.experiments import gates, lags, nets
from rnncourse.models import LSTMVariantCell


@pytest.fixture
def trained(monkeypatch):
    """Short experiments; returns what ``train_replicas`` was called with, call by call."""
    for name in ("ADDING_UPDATES", "RECALL_UPDATES", "TOTAL_UPDATES"):
        monkeypatch.setattr(gates, name, 2)
    monkeypatch.setattr(gates, "BATCH", 8)
    calls, train = [], nets.train_replicas

    def spy(models, x, y, **options):
        calls.append({"cells": [model.layers[0].cell for model in models], "x": x, "y": y, **options})
        return train(models, x, y, **options)

    monkeypatch.setattr(nets, "train_replicas", spy)
    return calls


@pytest.mark.slow
def test_adding_is_learned_by_a_net_a_seed(trained):
    found = gates.lstm_adding_by_lag([0, 1], steps=4)
    (call,) = trained
    assert found.keys() == {"mse"} and found["mse"].shape == (2,) and found["mse"][0] != found["mse"][1]
    assert np.isfinite(found["mse"]).all()
    assert call["x"].shape[1:] == (4, 2) and call["seeds"] == [0, 1] and call["updates"] == 2


@pytest.mark.slow
def test_recall_starts_from_the_forget_bias_asked_for(trained, monkeypatch):
    monkeypatch.setattr(gates, "LAG", 5)
    found = gates.recall_by_forget_bias([0, 1], forget_bias=3.0)
    assert trained[0]["x"].shape[1:] == (6, 16) and {*np.unique(trained[0]["x"])} == {0, 1}
    assert found.keys() == {"accuracy", "cross_entropy"} and found["cross_entropy"][0] != found["cross_entropy"][1]
    assert ((found["accuracy"] >= 0) & (found["accuracy"] <= 1)).all()
    assert [cell.forget_bias for cell in trained[0]["cells"]] == [3.0, 3.0]


@pytest.mark.slow
def test_totals_are_learned_without_each_gate_and_by_a_plain_net(trained, monkeypatch):
    monkeypatch.setattr(gates, "TOTAL_STEPS", 3)
    found = gates.total_without_a_gate([0, 1], reset=0.5)
    assert [*found] == ["whole", "no_input", "no_forget", "no_output", "plain"]
    assert all(errors.shape == (2,) and np.isfinite(errors).all() for errors in found.values())
    *variants, plain = [call["cells"] for call in trained]
    assert [cells[0].remove for cells in variants] == [[], ["input"], ["forget"], ["output"]]
    assert all(isinstance(cell, LSTMVariantCell) for cells in variants for cell in cells)
    assert all(isinstance(cell, keras.layers.SimpleRNNCell) for cell in plain)
    assert all(call["x"].shape[1:] == (3, 4) and call["y"].shape[1:] == (3, 1) for call in trained)


def test_the_plain_rows_have_the_same_conditions():
    assert set(gates.ADDING.over["steps"]) <= set(lags.ADDING.over["steps"])
    assert gates.LEARNING_RATE in lags.ADDING.over["learning_rate"]
    assert gates.LAG == 80 and gates.LEARNING_RATE in lags.RECALL.over["learning_rate"]

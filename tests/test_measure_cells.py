"""RNN, LSTM and GRU on four tasks: sizes as Keras counts them, and nets, data and scores as the tables say."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from rnncourse import datasets
from rnncourse.measure.experiments import cells, nets

KINDS = {"simple": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


@pytest.mark.parametrize(("features", "units"), [(1, 1), (3, 5), (16, 2)])
def test_parameters_are_what_keras_counts(features, units):
    for cell, kind in KINDS.items():
        layer = kind(units)
        layer.build((None, 4, features))
        assert cells.parameters(cell, features=features, units=units) == layer.count_params()


@pytest.mark.parametrize("task", cells.TASKS)
def test_wide_nets_have_as_many_parameters_as_the_lstm_and_no_unit_less(task):
    what = cells.TASKS[task]
    budget = cells.parameters("lstm", features=what.features, units=what.units)
    for net, (cell, wide) in cells.NETS.items():
        units = cells.units_of(net, task)
        if wide:
            below, above = (cells.parameters(cell, features=what.features, units=units + more) for more in (0, 1))
            assert units > what.units and below <= budget < above
        else:
            assert units == what.units


@pytest.mark.parametrize("task", cells.TASKS)
def test_splits_are_those_of_the_data_set_and_fit_the_cell(task):
    what = cells.TASKS[task]
    splits = what.load()
    assert len(splits) == 3 and len(splits[0][0]) >= what.batch_size
    for x, y in splits:
        assert len(x) == len(y) > 0
        assert x.ndim == 2 if what.ids else x.shape[2] == what.features
        assert (y.shape[:2] == x.shape[:2]) if what.each_step else y.shape[1:] == (1,)


def test_temperatures_are_scaled_by_the_training_years_and_scored_in_degrees():
    train, _, (x, y) = cells.TASKS["El Niño"].load()
    raw = datasets.el_nino(steps=cells.WINDOW, horizon=cells.HORIZON)
    assert train[0].mean() == pytest.approx(0, abs=1e-5) and train[0].std() == pytest.approx(1, abs=1e-5)
    naive = float(np.sqrt(np.mean((raw.test[0][:, -1] - raw.test[1]) ** 2)))
    last = keras.Sequential([keras.Input((cells.WINDOW, 1)), keras.layers.Lambda(lambda window: window[:, -1])])
    assert cells.TASKS["El Niño"].score([last], x, y) == pytest.approx([naive], rel=1e-5)


def test_pieces_of_text_follow_each_other_and_are_scored_in_nats():
    (x, y), validation, test = cells.TASKS["Python"].load()
    text = datasets.python_source(characters=cells.CHARACTERS)
    np.testing.assert_array_equal(x.ravel(), text.train[0][: x.size])
    np.testing.assert_array_equal(y.ravel(), text.train[1][: x.size])
    assert x.shape[1] == cells.PIECE and len(validation[0]) == len(test[0]) == cells.SCORED_PIECES
    np.testing.assert_array_equal(test[0].ravel(), text.test[0][: test[0].size])
    uniform = keras.Sequential([keras.layers.Embedding(cells.SYMBOLS, cells.SYMBOLS, embeddings_initializer="zeros")])
    assert cells.TASKS["Python"].score([uniform], *test) == pytest.approx([np.log(cells.SYMBOLS)], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "net"),
    [("adding", "plain"), ("running total", "wide GRU"), ("El Niño", "LSTM"), ("Python", "wide GRU")],
)
def test_each_net_is_trained_on_its_task(task, net, monkeypatch):
    calls, train = [], nets.train_replicas

    def spy(models, x, y, **options):
        calls.append((models, x, options))
        return train(models, x, y, **options)

    monkeypatch.setattr(nets, "train_replicas", spy)
    monkeypatch.setitem(cells.TASKS, task, replace(cells.TASKS[task], updates=2, units=3))
    found = cells.cells_compared([0, 1], task=task, net=net, learning_rate=0.01)
    ((models, x, options),) = calls
    below = models[0].layers[0]
    recurrent = below.layers[-1] if cells.TASKS[task].ids else below
    assert isinstance(recurrent, KINDS[cells.NETS[net][0]])
    assert recurrent.units == cells.units_of(net, task) == found["units"][0]
    assert recurrent.return_sequences == cells.TASKS[task].each_step
    assert len(x) == len(cells.TASKS[task].load()[0][0]) and options["updates"] == 2
    assert float(options["optimizer"].learning_rate) == pytest.approx(0.01)
    for split in ("validation", "test"):
        assert found[split].shape == (2,) and np.isfinite(found[split]).all() and np.ptp(found[split]) > 0

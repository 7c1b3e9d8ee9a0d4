"""A run that meets a loss that is no number: it stops, says why, and goes back."""

import re

import keras
import numpy as np
import pytest
from keras import layers

from rnncourse import measure

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
Y = X @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")


def network(optimizer, x=X):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(x.shape[1:]), layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


class Weights(keras.callbacks.Callback):
    """Everything a run can spoil, before each batch."""

    def __init__(self):
        super().__init__()
        self.before, self.losses = [], []

    def on_train_batch_begin(self, batch, logs=None):
        if not self.model.stop_training:
            variables = [*self.model.variables, *self.model.optimizer.variables]
            self.before.append([np.array(v.numpy()) for v in variables])


def fit(model, x, y, *callbacks, **options):
    options = {"batch_size": 4, "epochs": 40, "shuffle": False, "verbose": 0} | options
    return model.fit(x, y, callbacks=list(callbacks), **options)


def test_a_run_that_explodes_goes_back_to_weights_that_were_good(capsys):
    model = network(keras.optimizers.SGD(3.0, momentum=0.5))
    guard, recorder, weights = measure.StopOnNaN(), measure.GradientRecorder(), Weights()
    fit(model, X, Y, guard, recorder, weights)
    assert guard.stopped
    batch = 3 * (guard.epoch - 1) + guard.batch - 1  # from 0
    assert batch == len(weights.before) - 1 > 10
    assert np.isfinite(guard.loss_before)
    assert guard.loss_before > 1e10
    assert guard.learning_rate == 3
    finite = recorder.before[np.isfinite(recorder.before)]
    assert guard.gradient_norm in (finite[-1], finite[-2])  # the last batch's may be a number where its loss is not
    twin, losses = network("sgd"), []
    for before, start in zip(weights.before, [0, 4, 8] * 40, strict=False):
        twin.set_weights(before[:2])
        losses.append(np.mean((twin(X[start : start + 4]) - Y[start : start + 4]) ** 2))
    good = max(k for k, loss in enumerate(losses) if loss <= 2 * losses[0])
    now = [np.array(v.numpy()) for v in (*model.variables, *model.optimizer.variables)]
    assert all(np.array_equal(a, b) for a, b in zip(now, weights.before[good], strict=True))
    assert guard.usual_gradient_norm == pytest.approx(np.median(recorder.before[: good + 1]))
    text = capsys.readouterr().out
    assert text == guard.explanation + "\n"
    for part in (
        f"loss of batch {guard.batch} of epoch {guard.epoch} is {'inf' if 'inf' in text else 'nan'}",
        f"before batch {good % 3 + 1} of epoch {good // 3 + 1}, whose loss was {losses[good]:.4g}",
        f"Loss of the batch before: {guard.loss_before:.4g}; of the first batch: {losses[0]:.4g}",
        "Learning rate: 3. Clipping: none.",
        "Try: clip with global_clipnorm=1; or a learning rate ten times smaller.",
    ):
        assert part in text


def test_the_run_recovers_with_the_optimizer_it_had():
    model, guard = network(keras.optimizers.Adam(0.1)), measure.StopOnNaN(verbose=0)
    y = Y.copy()
    y[8] = np.nan
    fit(model, X, y, guard)
    assert (guard.epoch, guard.batch) == (1, 3)
    losses = fit(model, X, Y, guard, epochs=10).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    assert not guard.stopped
    assert guard.explanation == ""


def test_a_first_batch_that_is_no_number_points_at_the_data(capsys):
    model, guard = network(keras.optimizers.SGD(0.1)), measure.StopOnNaN(verbose=0)
    before = model.get_weights()
    fit(model, np.where(X > 2, X, np.inf), Y, guard)
    assert (guard.epoch, guard.batch) == (1, 1)
    assert np.isnan(guard.loss_before)
    assert np.isnan(guard.gradient_norm)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert "It is the first batch" in guard.explanation
    assert "look for NaN and infinity in x and y" in guard.explanation
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("clip", "said", "advice"),
    [
        ({}, "Clipping: none.", r"clip with global_clipnorm=\S+ \(that median\) or somewhat above"),
        ({"clipvalue": 1e30}, "Clipping: clipvalue=1e+30.", "a learning rate ten times smaller, or a lower threshold"),
    ],
)
def test_the_advice_fits_the_run(clip, said, advice):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([15], [0.01, 1e4])
    model, guard = network(keras.optimizers.SGD(schedule, **clip)), measure.StopOnNaN(verbose=0)
    fit(model, X, Y, guard)
    assert guard.learning_rate == 1e4
    assert said in guard.explanation
    assert re.search(f"Try: {advice}", guard.explanation)


def test_a_run_that_is_well_is_left_alone():
    model, twin = network(keras.optimizers.Adam(0.1)), network(keras.optimizers.Adam(0.1))
    guard = measure.StopOnNaN()
    assert fit(model, X, Y, guard, epochs=3).history == fit(twin, X, Y, epochs=3).history
    assert not guard.stopped
    assert guard.epoch is None


def test_rise_is_checked():
    with pytest.raises(ValueError, match=r"rise must be at least 1, received 0\.5"):
        measure.StopOnNaN(rise=0.5)


def test_a_model_that_is_not_built_is_refused():
    model = keras.Sequential([layers.Dense(1)], name="unbuilt")
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"begin 'unbuilt' with keras\.Input, or call it once"):
        model.fit(X, Y, verbose=0, callbacks=[measure.StopOnNaN()])

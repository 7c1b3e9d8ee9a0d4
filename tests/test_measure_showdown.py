"""Five architectures on five tasks: sizes as Keras counts them, targets and losses as the tasks say, fair trainings."""

import keras
import numpy as np
import pytest

from rnncourse import datasets, measure
from rnncourse.measure import replicas
from rnncourse.measure.experiments import showdown, showdown_tasks, showdown_training, splits

TASKS, ARCHITECTURES = showdown_tasks.TASKS, showdown.ARCHITECTURES
FIVE = ("Python", "recall 40", "translation", "sentiment", "forecasting")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("task", ["translation", "forecasting"])
def test_parameters_are_what_keras_counts(task, architecture):
    what = TASKS[task]
    model = showdown.net(architecture, what)
    embedding = showdown.EMBEDDING * (what.vocab_size or 0)
    counted = showdown.parameters_of(architecture, what, showdown.units_of(architecture, what))
    assert model.count_params() == counted + embedding
    x = what.load()[0][0][:3]
    assert model(x).shape == (3, *([what.steps] if what.each_step else []), what.outputs)


@pytest.mark.parametrize("task", TASKS)
def test_nets_are_as_large_as_the_transformer(task):
    counts = [showdown.parameters_of(name, TASKS[task], showdown.units_of(name, TASKS[task])) for name in ARCHITECTURES]
    assert max(counts) < 1.06 * min(counts)


@pytest.mark.parametrize("task", TASKS)
def test_a_convolution_reaches_across_the_sequence_and_no_layer_is_spare(task):
    reach = [1 + 4 * sum(2**level for level in range(depth)) for depth in range(12)]
    depth = showdown.depth_of("conv", TASKS[task])
    assert reach[depth - 1] < TASKS[task].steps <= reach[depth]


@pytest.mark.parametrize("task", TASKS)
def test_splits_fit_the_task(task):
    what = TASKS[task]
    for x, y in what.load():
        assert len(x) == len(y) > 0 and x.shape[1] == what.steps
        assert y.shape[1:] == ((what.steps,) if what.each_step else (1,) if what.vocab_size is None else ())
        if what.vocab_size is not None:
            assert x.min() >= 0 and x.max() < what.vocab_size
            assert np.isin(y, range(showdown_tasks.NOT_SCORED, what.outputs)).all()
    assert what.updates % showdown_training.AT_ONCE == 0


def test_a_translation_is_read_after_its_source_and_never_before_it_is_wanted():
    digits = showdown_tasks.DIGITS
    rule = datasets.ciphers(longest=digits, examples=20_000).substitution
    x, y = showdown_tasks.translation()[2]
    for read, wanted in zip(x[:200], y[:200], strict=True):
        source = [int(i) - 3 for i in read[:digits] if i > 0]
        assert (read[: digits - len(source)] == 0).all() and (wanted[:digits] == showdown_tasks.NOT_SCORED).all()
        target = wanted[digits:][wanted[digits:] != showdown_tasks.NOT_SCORED]
        assert target.tolist() == [rule[digit] + 3 for digit in source] + [2]
        assert read[digits] == 13 + 1 and read[digits + 1 :][: len(source)].tolist() == (target[:-1] + 13).tolist()


def test_the_loss_counts_what_is_wanted():
    rng = np.random.default_rng(3)
    targets, answers = rng.integers(-1, 4, size=(5, 6)), rng.normal(size=(5, 6, 4)).astype(np.float32)
    shifted = np.exp(answers - answers.max(axis=-1, keepdims=True))
    nats = -np.log(shifted / shifted.sum(axis=-1, keepdims=True))
    expected = [nats[i, t, targets[i, t]] for i in range(5) for t in range(6) if targets[i, t] >= 0]
    assert 0 < len(expected) < 30
    assert float(showdown_tasks.loss(targets, answers)) == pytest.approx(np.mean(expected), rel=1e-5)
    numbers, wanted = rng.normal(size=(7, 1)), rng.normal(size=(7, 1))
    assert float(showdown_tasks.loss(wanted, numbers)) == pytest.approx(np.mean((numbers - wanted) ** 2))


def test_scores_by_hand():
    answers = np.eye(3)[np.array([[0, 1, 2], [0, 1, 1], [2, 1, 0]])]
    targets = np.array([[0, 1, 2], [0, 1, -1], [2, 1, 1]])
    assert TASKS["translation"].score(answers, targets) == pytest.approx(2 / 3)
    assert TASKS["sentiment"].score(np.eye(2)[[0, 1, 1, 1]], np.array([0, 1, 0, 1])) == pytest.approx(3 / 4)
    raw = datasets.el_nino(steps=splits.WINDOW, horizon=splits.HORIZON)
    _, _, (x, y) = showdown_tasks.forecasting()
    naive = float(np.sqrt(np.mean((raw.test[0][:, -1] - raw.test[1]) ** 2)))
    assert TASKS["forecasting"].score(x[:, -1], y) == pytest.approx(naive, rel=1e-5)


def test_rates_rise_and_fall():
    rates = showdown_training.rates_of(0.01, 200)
    assert rates.shape == (200,) and rates.argmax() == 10 and rates.max() == pytest.approx(0.01)
    assert (np.diff(rates[:11]) > 0).all() and (np.diff(rates[10:]) < 0).all() and 0 < rates[-1] < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("xla", [True, False])
def test_the_program_makes_the_updates_of_keras_and_starts_anew_each_time(xla):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(30, 4, 2)).astype(np.float32), rng.normal(size=(30, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.GRU(3), keras.layers.Dense(1)])
    start = [variable.numpy() for variable in model.variables]
    order, rates = replicas.order_of(1, 30, 100, 8), showdown_training.rates_of(0.02, 100)
    program = showdown_training.Program(model, showdown_tasks.loss, x, y, x[:6], xla=xla)
    answers, seconds = program.train(start, order, rates)
    again, _ = program.train(start, order, rates)
    np.testing.assert_array_equal(again, answers)
    assert seconds > 0

    for variable, value in zip(model.variables, start, strict=True):
        variable.assign(value)
    model.compile(keras.optimizers.Adam(global_clipnorm=showdown_training.MAX_NORM), "mse")
    for places, rate in zip(order, rates, strict=True):
        model.optimizer.learning_rate.assign(rate)
        model.train_on_batch(x[places], y[places])
    np.testing.assert_allclose(answers, model(x[:6]), atol=2e-4)


@pytest.mark.slow
def test_the_better_rate_is_chosen_by_the_first_seeds(monkeypatch):
    calls = []

    def fake(seeds, *, task, architecture, learning_rate, updates, examples=None):
        calls.append((list(seeds), learning_rate))
        better = {"forecasting": 0.01, "sentiment": 0.003}[task]
        return {"validation": np.full(len(seeds), abs(learning_rate - better)), "score": np.array(seeds, float)}

    monkeypatch.setattr(showdown, "fought", fake)
    found = showdown.showdown([4, 5, 6, 7], task="sentiment", architecture="gru")
    assert found["learning_rate"].tolist() == [0.003] * 4 and found["score"].tolist() == [4, 5, 6, 7]
    assert calls == [([4, 5], 0.003), ([4, 5], 0.01), ([6, 7], 0.003)]
    assert showdown.showdown([9], task="forecasting", architecture="gru")["learning_rate"].tolist() == [0.01]


@pytest.mark.slow
def test_a_net_sees_as_many_examples_as_it_may(monkeypatch):
    seen = []

    class Spy:
        def train(self, start, order, rates):
            seen.append(order)
            return np.zeros((168, 1)), 0.5

    monkeypatch.setattr(showdown, "_program", lambda task, architecture: Spy())
    monkeypatch.setattr(showdown, "_start", lambda task, architecture, seed: [])
    found = showdown.fought(
        [0, 1], task="forecasting", architecture="simple", learning_rate=0.01, updates=50, examples=70
    )
    assert [len(np.unique(order)) for order in seen] == [70, 70] and (np.unique(seen[0]) != np.unique(seen[1])).any()
    assert {*found} == {"validation", "test", "score", "seconds"} and found["score"][0] == found["score"][1] > 0


def test_the_tables_agree_about_rates_and_seconds():
    table, seconds = measure.results("showdown"), measure.results("showdown_by_seconds")
    for task in FIVE:
        rates = table[table["task"] == task].groupby("architecture")["learning_rate"].first()
        assert rates.to_dict() == showdown.RATES[task]
        spent = seconds[seconds["task"] == task].groupby("architecture")["seconds"].median()
        assert ((spent / spent["lstm"]).between(0.5, 2)).all()
